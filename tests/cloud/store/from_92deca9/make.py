"""Make `folders.tar.xz`: data folders that servers of 92deca9 left behind, with unfinished workflows of every kind.

Run with the code and the tests of that commit, which stay as they are:

    git worktree add ../kumoniwa-92deca9 92deca9
    cd ../kumoniwa-92deca9 && scripts/install
    .venv/bin/python ../kumoniwa/tests/cloud/store/from_92deca9/make.py

Stories of that commit's `tests/workflows/every_story.py` are begun in a cloud of the simulated driver. At its first
point, with its claim taken, more is asked of the same instance: these workflows wait. At every later point its files
are copied as a `kill -9` would leave them; of those copies that show the same steps in the journal the last one is
kept, in which the step after them was done and is not journaled. Then 92deca9 itself is started on each copy, and what
its API says once all is at rest is kept beside it: later versions must say the same.

In the archive: `<story>/<steps journaled>/cloud.sql`, `simulated.sql`, and `expected.json`.
"""

import asyncio
import difflib
import io
import json
import lzma
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OLD, HERE = Path.cwd(), Path(__file__).parent
sys.path[:0] = [str(OLD / "tests"), str(OLD / "tests" / "workflows"), str(HERE)]

import given as givens  # noqa: E402
import pytest  # noqa: E402
from asgi import Refused  # noqa: E402
from ended import described, ends, settled  # noqa: E402
from every_story import STORIES  # noqa: E402
from life import Life  # noqa: E402
from passing import PassingClock  # noqa: E402
from points import Points  # noqa: E402
from stack import Stack  # noqa: E402

from kumoniwa.hypervisor.simulated import SimulatedWorld  # noqa: E402
from kumoniwa.workflows import engine  # noqa: E402

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
MOST = 3  # copies of one story
BEGUN = (
    "launch",
    "start",
    "stop",
    "terminate",
    "reboot",
    "recover",
    "create a volume",
    "attach",
    "detach",
    "detach what the guest holds",
    "grow",
    "delete a volume",
    "snapshots",
    "copy a snapshot",
    "import",
    "image",
    "live image, frozen",
    "image of one that is stopped",
    "copy an image",
    "replace the root",
)
"""One story of each kind, and more of those that have several ways through. All of them, tried once, end alike too."""
FILES = ("cloud.db", "simulated.db")


@dataclass
class Photographed(Points):
    """Points at which the files are copied. At the first, `wait` is asked for."""

    folder: Path = Path()
    kind: str = ""
    wait: Any = None
    copies: dict[int, dict[str, bytes]] = field(default_factory=dict)
    """By the number of steps in the journal of the first workflow of this kind that was begun after `armed`."""
    _before: set[str] | None = None
    _workflow: str | None = None

    async def pass_one(self, method: str = "") -> None:
        if not self._counts():
            return
        if self._workflow is None:
            self._workflow = self._begun()
            if self._workflow is None:
                return
            await asyncio.create_task(self.wait(), name="what waits")
        with closing(sqlite3.connect(self.folder / "cloud.db")) as database:
            state = database.execute("SELECT state FROM workflows WHERE id = ?", (self._workflow,)).fetchone()
            steps = database.execute("SELECT count(*) FROM steps WHERE workflow_id = ?", (self._workflow,)).fetchone()
        if state == ("running",):
            self.copies[steps[0]] = {name: _copied(self.folder / name) for name in FILES}

    def arm(self) -> None:
        with closing(sqlite3.connect(self.folder / "cloud.db")) as database:
            self._before = {id for (id,) in database.execute("SELECT id FROM workflows")}
        self.armed = True

    def _begun(self) -> str | None:
        with closing(sqlite3.connect(self.folder / "cloud.db")) as database:
            for (id,) in database.execute(
                "SELECT id FROM workflows WHERE kind = ? AND state = 'running' ORDER BY sequence", (self.kind,)
            ):
                if self._before is not None and id not in self._before:
                    return str(id)
        return None


def _copied(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as database, closing(sqlite3.connect(":memory:")) as copy:
        database.backup(copy)
        file = copy.serialize()
    return file[:18] + b"\1\1" + file[20:]  # without a write-ahead log, which a database in memory cannot have


def _as_sql(copy: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(copy)
        return "\n".join(database.iterdump()).encode()


def _life(folder: Path, at: datetime, patch: pytest.MonkeyPatch) -> Life:
    """A cloud's files, and its time: callers sign by it too."""
    clock = PassingClock(at)
    patch.setattr("botocore.auth.get_current_datetime", lambda: clock.now().replace(tzinfo=None))
    return Life(folder, world=SimulatedWorld.load(folder / "simulated.db"), clock=clock)


async def _ask_for_more(stack: Stack, points: Photographed) -> None:
    """What waits for the claim that the story holds: on each instance that a workflow has now."""
    with closing(sqlite3.connect(points.folder / "cloud.db")) as database:
        running = database.execute("SELECT DISTINCT subject FROM workflows WHERE state = 'running'").fetchall()
        subjects = [subject for (subject,) in running if subject is not None]
    for number, subject in enumerate(subjects):
        for action, parameters in (
            ("CreateSnapshots", {"InstanceSpecification": {"InstanceId": subject}}),
            ("CreateImage", {"InstanceId": subject, "Name": f"waits {number}", "NoReboot": True}),
            ("RebootInstances", {"InstanceIds": [subject]}),
        ):
            try:
                await stack.call(action, **parameters)
            except Refused as refusal:
                print(f"  {action}: {refusal.code}")


async def photographs(name: str, base: Path, given: givens.Given, folder: Path) -> dict[int, dict[str, bytes]]:
    """The copies of one story's files that are kept, by the number of steps in its journal."""
    story = STORIES[name]
    shutil.copytree(base, folder)
    points = Photographed(folder=folder, kind=story.kind)
    with pytest.MonkeyPatch.context() as patch:
        life = _life(folder, NOON.replace(hour=13), patch)
        async with life.server(points, patch) as stack:
            await settled(stack, folder)
            if story.before is not None:
                await story.before(stack, given)
                await stack.idle()
            points.wait = lambda: _ask_for_more(stack, points)
            points.arm()
            await story.begin(stack, given)
            await settled(stack, folder)
    await life.world.close()
    found = sorted(points.copies)
    assert found, f"{name} passed no point"
    wanted = {found[round(place * (len(found) - 1) / (MOST - 1))] for place in range(MOST)}
    return {steps: points.copies[steps] for steps in sorted(wanted)}


def _laid_out(copies: dict[str, bytes], folder: Path) -> list[str]:
    """Write the files into the folder; gives the kinds of their unfinished workflows."""
    folder.mkdir()
    for name, copy in copies.items():
        (folder / name).write_bytes(copy)
    with closing(sqlite3.connect(folder / "cloud.db")) as database:
        return [kind for (kind,) in database.execute("SELECT kind FROM workflows WHERE finished_at IS NULL")]


async def expected(copies: dict[str, bytes], folder: Path, at: datetime) -> dict[str, Any]:
    """What 92deca9 makes of these files."""
    unfinished = _laid_out(copies, folder)
    with pytest.MonkeyPatch.context() as patch:
        life = _life(folder, at, patch)
        async with life.server(Points(), patch) as stack:
            await settled(stack, folder)
            told = {"at": at.isoformat(), "unfinished": sorted(unfinished), "described": await described(stack)}
    await life.world.close()
    return {**told, "ends": ends(folder)}


async def main() -> None:
    made: dict[str, bytes] = {}
    kinds: set[str] = set()
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary) / "base"
        base.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            life = _life(base, NOON, patch)
            async with life.server(Points(), patch) as stack:
                given = await givens.make(stack)
        await life.world.close()
        for number, name in enumerate(BEGUN):
            copies = await photographs(name, base, given, Path(temporary) / f"story-{number}")
            for steps, files in copies.items():
                at = NOON.replace(hour=14)
                first = await expected(files, Path(temporary) / f"{number}-{steps}-first", at)
                again = await expected(files, Path(temporary) / f"{number}-{steps}-again", at)
                assert first == again, "92deca9 itself does not end as it ended\n" + _difference(first, again)
                kinds.update(first["unfinished"])
                place = f"{name}/{steps}"
                made[f"{place}/cloud.sql"] = _as_sql(files["cloud.db"])
                made[f"{place}/simulated.sql"] = _as_sql(files["simulated.db"])
                made[f"{place}/expected.json"] = json.dumps(first, indent=1, sort_keys=True).encode()
                failed = [end[0] + ": " + str(end[2]) for end in first["ends"] if end[1] != "succeeded"]
                print(f"{place}: {first['unfinished']} {failed}")
    stories = set(vars(engine)["STORIES"])  # where 92deca9 has them
    assert kinds == stories, f"no copy has {stories - kinds}"
    _pack(made)


def _difference(first: Any, again: Any) -> str:
    before, after = (json.dumps(one, indent=1, sort_keys=True).splitlines() for one in (first, again))
    return "\n".join(difflib.unified_diff(before, after, lineterm=""))


def _pack(made: dict[str, bytes]) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        # Alike beside alike: that is what makes them small.
        for path in sorted(made, key=lambda path: (Path(path).name, path)):
            entry = tarfile.TarInfo(path)
            entry.size = len(made[path])
            tar.addfile(entry, io.BytesIO(made[path]))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 64 << 20}]
    packed = lzma.compress(archive.getvalue(), filters=filters)
    (HERE / "folders.tar.xz").write_bytes(packed)
    print(f"{len(made) // 3} folders, {len(archive.getvalue()):,} bytes in {len(packed):,}")


if __name__ == "__main__":
    asyncio.run(main())
