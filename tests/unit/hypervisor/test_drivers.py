"""What is known of a driver by its name alone."""

import pytest

from kumoniwa.config import DRIVERS
from kumoniwa.hypervisor.drivers import features_of
from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver
from kumoniwa.hypervisor.simulated import SimulatedDriver


@pytest.mark.parametrize("driver", [QemuDriver, SimulatedDriver])
def test_the_features_of_a_name_are_those_of_its_driver(driver: type[QemuDriver] | type[SimulatedDriver]) -> None:
    assert driver.name in DRIVERS
    assert features_of(driver.name) is driver.features


def test_a_simulated_guest_boots_blank_and_answers_no_connection() -> None:
    """An image is made from nothing for it, and `kumoniwa ssh` says at once that nothing listens there."""
    simulated, real = features_of("simulated"), features_of("qemu")
    assert (simulated.boots_blank_disks, simulated.answers_connections, simulated.outlives_the_server) == (
        True,
        False,
        False,
    )
    assert (real.boots_blank_disks, real.answers_connections, real.outlives_the_server) == (False, True, True)
