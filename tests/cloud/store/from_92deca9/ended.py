"""How an opened data folder comes to rest, and what the API says of it then: on 92deca9 and on every later version.

It asks the API and reads the files, and imports nothing of Kumoniwa: what it needs of a cloud stayed as it was.
"""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

_AT_REST = {"running", "stopped", "terminated"}
_TIMES_OF_WORKFLOWS = {"CompletionTime", "EndTime", "CompleteTime", "UpdateTime"}
"""Members that hold when a workflow came to a step: two runs of one version differ in them."""


async def settled(stack: Any, folder: Path) -> None:
    """Let time pass until every workflow has ended and every instance is in a state in which it may stay."""
    async with asyncio.timeout(30):
        await stack.idle()
        while _unfinished(folder):
            await stack.clock.advance(10)
            await stack.idle()


async def described(stack: Any) -> dict[str, Any]:
    """All that the API says of the account's resources, as JSON."""
    found = {
        member: (await stack.call(action))[member]
        for action, member in (
            ("DescribeInstances", "Reservations"),
            ("DescribeNetworkInterfaces", "NetworkInterfaces"),
            ("DescribeSecurityGroups", "SecurityGroups"),
            ("DescribeSubnets", "Subnets"),
            ("DescribeVpcs", "Vpcs"),
            ("DescribeVolumes", "Volumes"),
            ("DescribeVolumesModifications", "VolumesModifications"),
            ("DescribeSnapshots", "Snapshots"),
            ("DescribeImages", "Images"),
            ("DescribeTags", "Tags"),
            ("DescribeReplaceRootVolumeTasks", "ReplaceRootVolumeTasks"),
            ("DescribeImportSnapshotTasks", "ImportSnapshotTasks"),
        )
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def ends(folder: Path) -> list[list[Any]]:
    """Every workflow in the order of submission: its kind, how it ended, why it failed, and the steps that it took."""
    with closing(sqlite3.connect(folder / "cloud.db")) as database:
        steps: dict[str, list[str]] = {}
        for workflow, name in database.execute("SELECT workflow_id, name FROM steps ORDER BY workflow_id, number"):
            steps.setdefault(workflow, []).append(name)
        rows = database.execute("SELECT id, kind, state, error FROM workflows ORDER BY sequence")
        return [[kind, state, error, steps.get(id, [])] for id, kind, state, error in rows]


def _unfinished(folder: Path) -> bool:
    with closing(sqlite3.connect(folder / "cloud.db")) as database:
        workflows = database.execute("SELECT id FROM workflows WHERE finished_at IS NULL").fetchall()
        states = {state for (state,) in database.execute("SELECT state FROM instances")}
    return bool(workflows) or not states <= _AT_REST


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items() if name not in _TIMES_OF_WORKFLOWS}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | None) else str(value)
