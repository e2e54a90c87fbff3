"""The server dies while guests are on their way down or up, or stand still: things take time here, as they do."""

from collections import Counter

import pytest
from every_story import Told
from points import Points
from stack import Stack

from kumoniwa.hypervisor.simulated import Timing

TIMING = Timing()
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]

_IN_THE_MIDST = {
    "stop": {"shutting down"},
    "power off": set(),
    "start": {"booting"},
    "reboot": {"shutting down", "booting"},
    "recover": {"booting"},
    "image": {"shutting down", "booting"},
    "image of a deaf guest": {"booting"},
    "live image, frozen": {"frozen"},
    "replace the root": {"shutting down", "booting"},
}
"""Stories, and what their guest must have been doing when a server died."""


@pytest.mark.some_of("stories that take time, with a server and without", 9)
@pytest.mark.parametrize("without_a_server", [0.0, 30.0])
@pytest.mark.parametrize("told", _IN_THE_MIDST, indirect=True, scope="module")
async def test_a_server_that_dies_while_things_take_time_leaves_what_was_promised(
    without_a_server: float, told: Told, count: Counter[str]
) -> None:
    """At each point; the next server comes at once, or when its guests have long done what they were doing."""
    seen: Counter[str] = Counter()

    def look(stack: Stack) -> None:
        seen.update(_doing(stack))

    while True:
        points = Points(count["deaths_while_things_take_time"] + 1)
        left = await told.left(points, look, without_a_server=without_a_server)
        assert (await told.judge(left)).failure is None
        if not points.crashed.is_set():
            break
        count["deaths_while_things_take_time"] += 1
    assert _IN_THE_MIDST[told.name] <= seen.keys()


def _doing(stack: Stack) -> set[str]:
    """What the guests are in the midst of."""
    doing = {"_booted": "booting", "_power_down": "shutting down", "_reset": "shutting down"}
    machines = stack.driver.world.machines.values()
    found = {doing[machine._timer._next[1].__name__] for machine in machines if machine._timer._next is not None}
    return found | {"frozen" for machine in machines if machine.is_frozen}
