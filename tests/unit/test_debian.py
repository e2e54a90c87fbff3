"""The Debian packages that real guests need: one list, which the doctor and the installing script read."""

from pathlib import Path

import pytest

import kumoniwa.run
from kumoniwa.debian import install_command, package_with, packages
from kumoniwa.run import ProgramMissing, find

_ROOT = Path(__file__).parents[2]


def test_every_package_is_listed_once_with_its_purpose_and_what_shows_it() -> None:
    names = [package.name for package in packages()]
    assert names[0] == "qemu-system-x86"
    assert len(set(names)) == len(names)
    assert all(package.purpose and package.shown_by for package in packages())


def test_the_installing_script_reads_the_list_and_names_none_of_it() -> None:
    script = (_ROOT / "scripts" / "install").read_text()
    assert "src/kumoniwa/debian-packages.txt" in script
    words = set(script.replace('"', " ").split())
    assert words.isdisjoint(package.name for package in packages())


def test_a_program_is_found_in_its_package() -> None:
    assert package_with("sfdisk") == "fdisk"
    assert package_with("qemu-img") == "qemu-utils"
    assert package_with("another-program") == "another-program"


def test_a_missing_program_is_refused_with_the_package_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kumoniwa.run, "_PATH", "")
    with pytest.raises(ProgramMissing, match=r"sfdisk is not installed\. On Debian: sudo apt-get install fdisk"):
        find("sfdisk")


def test_the_command_installs_all_of_them_at_once() -> None:
    assert install_command(["ovmf", "socat"], as_root=True) == "apt-get install --no-install-recommends ovmf socat"
    assert install_command(["ovmf"], as_root=False) == "sudo apt-get install --no-install-recommends ovmf"
