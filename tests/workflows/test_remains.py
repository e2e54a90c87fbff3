"""What servers left is equal only where nothing that another server could find differs."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
from every_story import Prepared, Told
from given import FILE, serial
from life import Life
from points import Points
from remains import digest

from kumoniwa.hypervisor.driver import GuestId, LayerId

pytestmark = pytest.mark.anyio


def _row(life: Life, prepared: Prepared) -> None:
    with closing(connect(life.folder / "cloud.db")) as database, database:
        database.execute("UPDATE volumes SET size_gib = size_gib + 1 WHERE id = ?", (prepared.given.spare,))


def _file(life: Life, prepared: Prepared) -> None:
    (life.folder / "rubbish").touch()


def _time(life: Life, prepared: Prepared) -> None:
    life.clock.set_forward(timedelta(milliseconds=1))


def _next_id(life: Life, prepared: Prepared) -> None:
    life.ids.randbytes(1)


def _unsynced(life: Life, prepared: Prepared) -> None:
    life.world.machines[GuestId(prepared.given.instance)].write(FILE, b"new", serial(prepared.given.attached))


def _synced(life: Life, prepared: Prepared) -> None:
    _unsynced(life, prepared)
    life.world.machines[GuestId(prepared.given.instance)].sync()


def _guest(life: Life, prepared: Prepared) -> None:
    life.world.machines[GuestId(prepared.given.instance)].ignores_power_button = True


def _layer(life: Life, prepared: Prepared) -> None:
    leaf = next(iter(life.world.layers._writers))
    life.world.layers.grow(LayerId(leaf), 1 << 40)


def _room(life: Life, prepared: Prepared) -> None:
    life.world.room -= 1


@pytest.mark.parametrize("change", [_row, _file, _time, _next_id, _unsynced, _synced, _guest, _layer, _room])
def test_what_differs_in_one_thing_is_not_equal(
    change: Callable[[Life, Prepared], None], prepared: Prepared, tmp_path: Path
) -> None:
    life = prepared.life.copied(tmp_path / "copy")
    assert digest(life) == digest(prepared.life)
    change(life, prepared)
    assert digest(life) != digest(prepared.life)


async def test_what_a_guest_is_about_to_do_is_part_of_it(prepared: Prepared, tmp_path: Path) -> None:
    found = set()
    for number, seconds in enumerate((1.0, 2.0, 2.0)):
        life = prepared.life.copied(tmp_path / str(number))
        machine = life.world.machines[GuestId(prepared.given.instance)]
        machine._timer.set(seconds, machine._power_down)
        found.add(digest(life))
        await life.world.tasks.close()
    assert len(found | {digest(prepared.life)}) == 3


@pytest.mark.parametrize("told", ["image", "replace the root", "import"], indirect=True, scope="module")
@pytest.mark.parametrize("at", [3, 8, 13])
async def test_from_equal_remains_servers_go_on_alike(at: int, told: Told) -> None:
    first, other = await told.left(Points(at)), await told.left(Points(at))
    assert first.digest == other.digest
    assert first.digest != (await told.left(Points(at + 5))).digest
    for second in (4, None):  # where a second server dies, and where it comes to the end
        ends = {(await told.left_again(left, Points(second))).digest for left in (first, other)}
        assert len(ends) == 1
