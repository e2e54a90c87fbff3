"""How the experiment waits for what a shutdown leaves in a guest's log."""

from pathlib import Path
from typing import Any, cast

import pytest

from kumoniwa.lab import evidence
from kumoniwa.lab.evidence import Evidence, look_after_boot
from kumoniwa.lab.shell import Answer, Login, Shell

pytestmark = pytest.mark.anyio
_BOOT = "0" * 8 + "-0000-4000-8000-" + "0" * 12
_LINE = "Nov 30 12:00:00 host systemd-shutdown[1]: Syncing filesystems and block devices."


class Guest:
    """A guest that ends the first of several commands with these statuses, and the others well."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.waits = 0

    async def quietly(self, _: Login, command: str) -> Answer:
        self.waits += 1
        return Answer(self.statuses.pop(0) if self.statuses else 0, "", "")

    async def ssh_text(self, _: Login, command: str) -> str:
        return f"{_BOOT}\n{_LINE}\n"


def _look(guest: Any) -> Any:
    login = Login("127.0.0.1", 22, Path("key"))
    return look_after_boot(cast("Shell", guest), login, Evidence(_BOOT, ()))


async def test_the_guest_waits_in_one_login() -> None:
    guest = Guest()
    assert await _look(guest) == Evidence(_BOOT, (_LINE,))
    assert guest.waits == 1


async def test_a_login_that_is_lost_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "_BETWEEN_LOOKS", 0.0)
    guest = Guest(255)
    await _look(guest)
    assert guest.waits == 2
