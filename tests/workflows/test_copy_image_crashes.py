"""The server dies at every point of a copy of an image; the next one publishes it."""

from collections import Counter
from pathlib import Path

import pytest
from life import Life, ended
from points import Points
from whole import whole

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


async def _lived(life: Life, crash_at: int, monkeypatch: pytest.MonkeyPatch, *, deregistered: bool) -> bool:
    """Copy, crash at this point, check what the next server makes of it; gives whether it crashed."""
    points = Points(crash_at, armed=True)
    async with life.server(points, monkeypatch) as stack:
        (source,) = (await stack.call("DescribeImages"))["Images"]
        asked = await stack.call("CopyImage", SourceRegion="us-east-1", SourceImageId=source["ImageId"], Name="copy")
        if deregistered:
            await stack.call("DeregisterImage", ImageId=asked["ImageId"], DeleteAssociatedSnapshots=True)
        await ended(stack, points)
    async with life.server(Points(), monkeypatch) as stack:
        await stack.idle()
        found = {image["ImageId"]: image for image in (await stack.call("DescribeImages"))["Images"]}
        told = (await stack.call("DescribeSnapshots", OwnerIds=["self"]))["Snapshots"]
        assert {snapshot["State"] for snapshot in told} == {"completed"}
        if deregistered:
            assert (len(found), len(told)) == (1, 1)
        else:
            assert found[asked["ImageId"]]["State"] == "available"
            await stack.launch(ImageId=asked["ImageId"])
        await whole(stack)
    return points.crashed.is_set()


@pytest.mark.parametrize("deregistered", [False, True])
async def test_a_server_that_dies_at_any_point_of_a_copy_publishes_it(
    deregistered: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: Counter[str]
) -> None:
    began = Life(tmp_path / "began")
    began.folder.mkdir()
    async with began.server(Points(), monkeypatch):
        pass
    crash_at = 1
    while await _lived(began.copied(tmp_path / str(crash_at)), crash_at, monkeypatch, deregistered=deregistered):
        count["deaths"] += 1
        crash_at += 1
    assert crash_at > 4, "there were points at all"
