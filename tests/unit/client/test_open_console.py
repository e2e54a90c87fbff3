"""`kumoniwa console`: the sign-in code reaches the browser, and nobody else."""

import stat
from pathlib import Path
from typing import Any

import pytest

from kumoniwa.client import open_console as command
from kumoniwa.client.access import Access, CommandFailed

CODE = "a-sign-in-code"


class Cloud:
    """A cloud that gives one code."""

    def __init__(self, _access: Access) -> None:
        pass

    def evidence(self, path: str, *, method: str) -> dict[str, Any]:
        assert (path, method) == ("console/sign-in-codes", "POST")
        return {"code": CODE}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the browser is told to open, on a desktop."""
    access = Access(
        data_dir=tmp_path,
        endpoint="http://127.0.0.1:4566",
        region="us-east-1",
        account="123456789012",
        access_key_id="AKIA",
        secret_access_key="secret",
        pid=1,
    )
    opened: list[str] = []
    monkeypatch.setattr(command, "find_cloud", lambda _: access)
    monkeypatch.setattr(command, "CloudClient", Cloud)
    monkeypatch.setattr(command, "has_display", lambda: True)
    monkeypatch.setattr(command, "is_wsl", lambda: False)

    def open_in_browser(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", open_in_browser)
    return opened


def test_the_browser_is_given_a_file_that_its_owner_alone_reads(
    opened: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command.open_console(tmp_path, browser=True)
    redirect = tmp_path / "console.html"
    assert opened == [redirect.as_uri()]  # a browser's arguments are seen by every user
    assert stat.S_IMODE(redirect.stat().st_mode) == 0o600
    assert f'content="0; url=http://127.0.0.1:4566/console/#code={CODE}"' in redirect.read_text()
    assert CODE not in capsys.readouterr().out


@pytest.mark.parametrize("hindered", ["no browser wanted", "has_display", "is_wsl"])
def test_the_address_is_printed_where_no_browser_can_be_opened(
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hindered: str,
) -> None:
    if hindered != "no browser wanted":
        monkeypatch.setattr(command, hindered, lambda: hindered == "is_wsl")
    command.open_console(tmp_path, browser=hindered != "no browser wanted")
    assert capsys.readouterr().out == f"http://127.0.0.1:4566/console/#code={CODE}\n"
    assert (opened, list(tmp_path.iterdir())) == ([], [])


def test_a_browser_that_does_not_open_is_no_success(
    opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    with pytest.raises(CommandFailed, match="--no-browser"):
        command.open_console(tmp_path, browser=True)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("Linux version 5.15.90.1-microsoft-standard-WSL2", True), ("Linux version 6.1.0-28-amd64 (debian)", False)],
)
def test_linux_within_windows_is_known_by_its_kernel(tmp_path: Path, version: str, *, expected: bool) -> None:
    (tmp_path / "version").write_text(version)
    assert command.is_wsl(tmp_path / "version") is expected
