"""The Debian packages that real guests need, as `debian-packages.txt` lists them; `scripts/install` reads it too."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kumoniwa.values import dataclass

_LIST = Path(__file__).with_name("debian-packages.txt")


@dataclass(frozen=True, slots=True)
class Package:
    """A package, what it is for, and the names of programs and the paths of files that show whether it is installed."""

    name: str
    purpose: str
    shown_by: tuple[str, ...]


@cache
def packages() -> tuple[Package, ...]:
    """All of them, those first that run guests."""
    lines = _LIST.read_text().splitlines()
    return tuple(_package(line) for line in lines if line and not line.startswith("#"))


def package_with(program: str) -> str:
    """The name of the package that has a program; the program's own where the list does not have it."""
    return next((package.name for package in packages() if program in package.shown_by), program)


def install_command(names: Iterable[str], *, as_root: bool) -> str:
    """The command that installs these packages, for a shell."""
    return " ".join([*([] if as_root else ["sudo"]), "apt-get install --no-install-recommends", *names])


def _package(line: str) -> Package:
    name, purpose, shown_by = (part.strip() for part in line.split("|"))
    return Package(name, purpose, tuple(shown_by.split()))
