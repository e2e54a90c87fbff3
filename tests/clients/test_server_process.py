"""The server as a process: how it starts, refuses to start, logs, keeps its files and ends."""

import json
import signal
import socket
import sqlite3
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cloud_process import KUMONIWA, CloudProcess, Failed, Sdk, environment

pytestmark = pytest.mark.clients


@pytest.fixture
def own(tmp_path: Path) -> Iterator[CloudProcess]:
    """A cloud that a test may start and end as it likes; not started yet."""
    cloud = CloudProcess(tmp_path)
    yield cloud
    cloud.kill()


def _refusal(refused: Failed) -> str:
    """What a person reads: one sentence, no traceback."""
    assert refused.status == 1
    lines = [line for line in refused.told.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, refused.told
    return lines[0]


def test_a_second_server_on_a_data_folder_is_refused(cloud: CloudProcess, tmp_path: Path) -> None:
    second = CloudProcess(tmp_path)
    second.data_dir = cloud.data_dir
    with pytest.raises(Failed) as refused:
        second.start()
    assert _refusal(refused.value) == (
        f"kumoniwa: Another server runs on {cloud.data_dir}. Stop it, or choose another folder with --data-dir."
    )
    assert cloud.environment()["AWS_ENDPOINT_URL"] == cloud.endpoint


def test_a_port_that_is_taken_is_told_in_a_sentence(own: CloudProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        own.port = taken.getsockname()[1]
        with pytest.raises(Failed) as refused:
            own.start()
    assert _refusal(refused.value) == (
        f"kumoniwa: Cannot listen on 127.0.0.1:{own.port}: Address already in use. Choose another port with --port."
    )


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_server_ends_cleanly_when_told(own: CloudProcess, told: int) -> None:
    own.start()
    assert (own.data_dir / "server.json").exists()
    assert own.stop(told) == 0
    assert not (own.data_dir / "server.json").exists()
    assert own.logged()[-1]["event"] == "stopped"
    gone = subprocess.run(
        [KUMONIWA, "env", "--data-dir", own.data_dir], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert gone.returncode == 1 and gone.stderr.startswith(f"kumoniwa: No cloud is running in {own.data_dir}.")


def test_what_it_keeps_is_its_owners_alone(cloud: CloudProcess) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in cloud.data_dir.iterdir()}
    assert stat.S_IMODE(cloud.data_dir.stat().st_mode) == 0o700
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


def test_a_folder_that_others_may_read_still_keeps_its_secrets(own: CloudProcess) -> None:
    own.data_dir.mkdir(mode=0o755)
    own.start()
    readable = [path.name for path in own.data_dir.iterdir() if path.stat().st_mode & 0o077]
    assert readable == []


def test_health_is_told_to_anybody(cloud: CloudProcess) -> None:
    with urllib.request.urlopen(f"{cloud.endpoint}/_kumoniwa/health", timeout=10) as answer:
        assert json.load(answer)["status"] == "ok"


def test_every_call_is_logged_with_the_request_id_that_its_caller_got(cloud: CloudProcess, sdk: Sdk) -> None:
    answer = sdk.client().describe_vpcs()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"] == request_id
    (line,) = (line for line in cloud.logged_with(request_id) if line.get("request") == request_id)
    assert (line["event"], line["call"], line["status"], line["code"]) == ("answered", "DescribeVpcs", 200, "ok")
    assert line["level"] == "info" and line["timestamp"].endswith("Z")


def test_a_folder_of_a_newer_version_is_refused_and_left_as_it_is(own: CloudProcess) -> None:
    own.start()
    assert own.stop() == 0
    with closing(sqlite3.connect(own.data_dir / "cloud.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    own.log.unlink()
    with pytest.raises(Failed) as refused:
        own.start()
    told = _refusal(refused.value)
    assert told.startswith("kumoniwa: This cloud was written by a newer Kumoniwa (schema 9999;")
    assert told.endswith("choose another folder with --data-dir.")


def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(own: CloudProcess) -> None:
    own.data_dir.write_text("a file")
    with pytest.raises(Failed) as refused:
        own.start()
    assert refused.value.status in (1, 2)
    assert "Traceback" not in refused.value.told


def test_a_connection_that_stays_open_does_not_keep_the_server_from_ending(own: CloudProcess) -> None:
    own.start()
    with socket.create_connection(("127.0.0.1", own.port), timeout=10) as idle:
        idle.sendall(b"GET /_kumoniwa/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        assert own.stop() == 0
    assert not (own.data_dir / "server.json").exists()
