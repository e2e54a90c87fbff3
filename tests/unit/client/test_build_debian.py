"""`kumoniwa ami build`: what it prints where a script reads it, as in `AMI=$(kumoniwa ami build debian-12)`."""

from pathlib import Path

import pytest

from kumoniwa.client import commands

_IMAGE = "ami-0123456789abcdef0"


@pytest.mark.parametrize("made", [True, False])
def test_standard_output_is_the_images_id_alone_whether_it_was_made_or_existed(
    made: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "find_cloud", lambda data_dir: None)
    monkeypatch.setattr(commands, "CloudClient", lambda access: None)
    monkeypatch.setattr(commands, "_built_disk", lambda: tmp_path / "disk.qcow2")
    monkeypatch.setattr(commands, "_ensure_debian_registered", lambda cloud, disk: (_IMAGE, made))
    commands.build_debian(tmp_path, as_json=False)
    printed = capsys.readouterr()
    assert printed.out == f"{_IMAGE}\n"
    assert printed.err == ("" if made else f"{_IMAGE} existed already\n")
