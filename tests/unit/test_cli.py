"""The command line: what it says and how it ends, without a cloud to speak with."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from click.testing import CliRunner, Result

from kumoniwa.cli.main import main
from kumoniwa.client.access import Access, NoCloud, exports, find_cloud
from kumoniwa.folder import owned

COMMANDS = ("serve", "doctor", "env", "ami", "key", "storage", "ssh", "timeline", "demo", "version")
NEEDING_A_CLOUD = (
    ("env",),
    ("ami", "list"),
    ("key", "create", "somebody"),
    ("key", "list"),
    ("key", "delete", "AKIAIOSFODNN7EXAMPLE"),
    ("ssh", "i-0123456789abcdef0"),
    ("timeline", "i-0123456789abcdef0"),
)
NOBODY = 2**22 + 1  # above any process id that Linux gives


@pytest.fixture(autouse=True)
def own_logging(request: pytest.FixtureRequest) -> None:
    """What the command line logs, and what not, is its own: other tests of this process look for lines."""
    before = structlog.get_config()
    request.addfinalizer(lambda: structlog.configure(**before))


def kumoniwa(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Path]:
    """The data folder of a cloud that runs, as far as its files tell."""
    with owned(tmp_path):
        write_cloud(tmp_path, os.getpid())
        yield tmp_path


def write_cloud(folder: Path, pid: int) -> None:
    server = {"endpoint": "http://127.0.0.1:4566", "pid": pid, "region": "eu-west-1", "account": "123456789012"}
    key = {"access_key_id": "AKIATEST", "secret_access_key": "it's a secret", "account": "123456789012"}
    (folder / "server.json").write_text(json.dumps(server))
    (folder / "credentials.json").write_text(json.dumps(key))


def test_help_names_every_command_and_shows_first_steps() -> None:
    result = kumoniwa("--help")
    assert result.exit_code == 0
    for command in COMMANDS:
        assert f"\n  {command} " in result.output
    assert 'eval "$(kumoniwa env)"' in result.output


@pytest.mark.parametrize(
    "command",
    [
        *((name,) for name in COMMANDS),
        *(("ami", name) for name in ("build", "import", "list")),
        *(("key", name) for name in ("create", "list", "delete")),
        *(("storage", name) for name in ("status", "check")),
    ],
)
def test_every_command_has_help_without_needing_a_cloud(command: tuple[str, ...]) -> None:
    result = kumoniwa(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


@pytest.mark.parametrize("command", NEEDING_A_CLOUD)
def test_without_a_cloud_a_sentence_says_how_to_start_one(command: tuple[str, ...], tmp_path: Path) -> None:
    result = kumoniwa(*command, "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"No cloud is running in {tmp_path}." in result.stderr
    assert f"kumoniwa serve --data-dir {tmp_path}" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("pid", [NOBODY, 1, os.getpid()], ids=["nobody", "init", "ourselves"])
def test_a_server_that_was_killed_counts_as_no_cloud_whoever_has_its_pid_now(tmp_path: Path, pid: int) -> None:
    with owned(tmp_path):
        write_cloud(tmp_path, pid)
    with pytest.raises(NoCloud):
        find_cloud(tmp_path)


def test_what_a_killed_server_left_is_not_believed_while_another_process_holds_the_folder(running: Path) -> None:
    write_cloud(running, pid=1)
    with pytest.raises(NoCloud):
        find_cloud(running)


@pytest.mark.parametrize("written", ["{", "[]", '{"endpoint": "http://127.0.0.1:4566"}', '{"pid": null}'])
def test_a_damaged_announcement_is_told_in_a_sentence(written: str, tmp_path: Path) -> None:
    write_cloud(tmp_path, pid=1)
    (tmp_path / "server.json").write_text(written)
    result = kumoniwa("env", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "is not what a server writes there" in result.stderr


def test_env_prints_exports_that_a_shell_can_evaluate(running: Path) -> None:
    result = kumoniwa("env", "--data-dir", str(running))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566",
        "export AWS_ACCESS_KEY_ID=AKIATEST",
        "export AWS_SECRET_ACCESS_KEY='it'\"'\"'s a secret'",
        "export AWS_DEFAULT_REGION=eu-west-1",
        "export AWS_REGION=eu-west-1",
        "unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
        " AWS_ENDPOINT_URL_EC2 AWS_ENDPOINT_URL_IAM AWS_ENDPOINT_URL_STS"
        " AWS_ENDPOINT_URL_SSM AWS_ENDPOINT_URL_CLOUDTRAIL AWS_ENDPOINT_URL_EC2_INSTANCE_CONNECT",
    ]


def test_env_as_json_is_for_programs(running: Path) -> None:
    told = json.loads(kumoniwa("env", "--json", "--data-dir", str(running)).stdout)
    assert told["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"


def test_exports_quote_whatever_a_key_holds() -> None:
    access = Access(Path("/x"), "http://127.0.0.1:1", "r", "1", "id", "$(reboot)", 1)
    assert "AWS_SECRET_ACCESS_KEY='$(reboot)'" in exports(access)


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("timeline",),
        ("serve", "--driver", "docker"),
        ("serve", "--port", "99999"),
        ("serve", "--region", "mars-north-1"),
        ("ami", "build", "cp/m"),
    ],
)
def test_wrong_use_ends_with_status_2(arguments: tuple[str, ...]) -> None:
    assert kumoniwa(*arguments).exit_code == 2


def test_importing_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert kumoniwa("ami", "import", str(tmp_path / "none.qcow2"), "--name", "x").exit_code == 2


def test_version_is_one_line() -> None:
    result = kumoniwa("version")
    assert result.exit_code == 0
    assert result.output.startswith("kumoniwa ")
    assert result.output.count("\n") == 1


def test_control_characters_in_a_failure_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    result = kumoniwa("env", "--data-dir", str(tmp_path / "\x1b]0;X\x07"))
    assert result.exit_code == 1
    assert "\x1b" not in result.stderr and r"\x1b]0;X\x07" in result.stderr


@pytest.mark.parametrize(
    ("address", "has_one"),
    [
        ("postgresql://me@host/db", False),
        ("postgresql://host:5432,other:5433/db", False),
        ("postgresql:///db?host=/run/a@b&passfile=/x", False),
        ("postgresql://[::1]:5432/db", False),
        ("postgresql://me@[::1/db", False),
        ("postgresql://me:se[cret@host/db", True),
        ("postgresql://me:se?cr#t@host/db", True),
        ("postgresql:///db?password=hush", True),
        ("postgresql:///db?host=h&sslpassword=hush", True),
        ("postgres://:hush@/db", True),
    ],
)
@pytest.mark.parametrize("command", ["storage status --database", "state copy --to"])
def test_a_password_in_the_arguments_is_warned_of_however_it_is_written(
    command: str, address: str, has_one: bool, tmp_path: Path
) -> None:
    result = kumoniwa(*command.split(), address, "--data-dir", str(tmp_path / "cloud"))
    assert ("sees the password" in result.stderr) is has_one
    assert isinstance(result.exception, SystemExit)
    assert "cret" not in result.output and "hush" not in result.output


def test_a_copy_of_the_state_is_not_advised_to_use_a_variable_that_it_does_not_read(tmp_path: Path) -> None:
    result = kumoniwa("state", "copy", "--to", "postgresql://me:hush@/db", "--data-dir", str(tmp_path / "cloud"))
    assert "PGPASSFILE" in result.stderr and "KUMONIWA" not in result.stderr
    assert not (tmp_path / "cloud").exists()
