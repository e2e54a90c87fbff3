"""File systems that cannot be thawed: it is tried on, a person is told after a while, and told when they are."""

from pathlib import Path
from typing import cast

import pytest

from kumoniwa.hypervisor.qemu.guest.drives import freeze
from kumoniwa.hypervisor.qemu.guest.drives.agent_answers import AgentSilent
from kumoniwa.hypervisor.qemu.guest.process.machine import Machine

pytestmark = pytest.mark.anyio


class _Machine:
    """A living QEMU, as far as thawing needs it."""

    alive, name = True, "i-1"

    def __init__(self) -> None:
        self.told: list[str | None] = []

    def stays_frozen(self, why: str | None) -> None:
        self.told.append(why)


async def test_a_person_is_told_of_file_systems_that_stay_frozen_and_when_they_do_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, attempts, waited = _Machine(), 0, []

    async def thaw(folder: Path) -> freeze.Thawed:
        nonlocal attempts
        attempts += 1
        if attempts <= freeze._TOLD_AFTER + 1:
            raise AgentSilent("the guest's agent did not answer")
        (folder / freeze._MARK).unlink()
        return freeze.Thawed(1, 0.0)

    async def wait(seconds: float) -> None:
        assert (len(machine.told) > 0) == (attempts >= freeze._TOLD_AFTER), "not at once, and not too late"
        waited.append(seconds)

    monkeypatch.setattr(freeze, "_thaw", thaw)
    monkeypatch.setattr("asyncio.sleep", wait)
    (tmp_path / freeze._MARK).touch()
    await freeze._thaw_again(cast(Machine, machine), tmp_path)
    assert machine.told == ["the guest's agent did not answer."] * 2 + [None]
    assert waited == [freeze._THAW_AGAIN] * (freeze._TOLD_AFTER - 1) + [freeze._THAW_RARELY] * 2


@pytest.mark.parametrize("how", ["ended", "booted again"])
async def test_a_person_is_told_that_a_guest_which_ended_or_booted_again_has_nothing_frozen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    machine = _Machine()

    async def thaw(folder: Path) -> freeze.Thawed:
        raise AgentSilent("the guest's agent did not answer")

    async def wait(seconds: float) -> None:
        if not machine.told:
            return
        if how == "ended":
            machine.alive = False
        else:
            freeze.forget(tmp_path)

    monkeypatch.setattr(freeze, "_thaw", thaw)
    monkeypatch.setattr("asyncio.sleep", wait)
    (tmp_path / freeze._MARK).touch()
    await freeze._thaw_again(cast(Machine, machine), tmp_path)
    assert machine.told == ["the guest's agent did not answer.", None]
