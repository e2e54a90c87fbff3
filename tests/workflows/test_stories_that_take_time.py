"""The server dies while guests are on their way down or up, or stand still: things take time here, as they do."""

from collections import Counter

import pytest
from every_story import Prepared, Runs, prepare
from points import Points
from stack import Stack

from kumoniwa.hypervisor.simulated import Timing

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


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """What is there before every story."""
    return prepare(tmp_path_factory.mktemp("prepared"), Timing())


@pytest.mark.parametrize("without_a_server", [0.0, 30.0])
@pytest.mark.parametrize("name", _IN_THE_MIDST)
async def test_a_server_that_dies_while_things_take_time_leaves_what_was_promised(
    name: str, without_a_server: float, prepared: Prepared, runs: Runs
) -> None:
    """At each point; the next server comes at once, or when its guests have long done what they were doing."""
    seen: Counter[str] = Counter()

    def look(stack: Stack) -> None:
        seen.update(_doing(stack))

    points = Points(1)
    while True:
        told = await runs.run(prepared, name, points, without_a_server=without_a_server, died=look)
        assert told is None
        if not points.crashed.is_set():
            break
        points = Points(runs.made + 1)
    assert _IN_THE_MIDST[name] <= seen.keys()


def _doing(stack: Stack) -> set[str]:
    """What the guests are in the midst of."""
    doing = {"_booted": "booting", "_power_down": "shutting down", "_reset": "shutting down"}
    machines = stack.driver.world.machines.values()
    found = {doing[machine._timer._next[1].__name__] for machine in machines if machine._timer._next is not None}
    return found | {"frozen" for machine in machines if machine.is_frozen}
