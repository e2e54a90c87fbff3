"""The drivers there are, by the names that configurations and data folders have for them.

A driver's modules are imported only where it is wanted: the simulated cloud must start where no QEMU is, and either
should start quickly.
"""

from kumoniwa.clock import Clock, SystemClock
from kumoniwa.config import Config, cache_dir
from kumoniwa.hypervisor.driver import Driver, Features


async def make_driver(config: Config, clock: Clock | None = None) -> Driver:
    """The driver that the configuration names, not yet open. `clock` is what simulated guests live by.

    Simulated guests of an ephemeral cloud take no time, and what they wrote is kept nowhere.
    """
    if config.driver == "simulated":
        from kumoniwa.hypervisor.simulated import SimulatedDriver

        if config.ephemeral:
            from kumoniwa.hypervisor.simulated.timing import Timing

            return SimulatedDriver(clock or SystemClock(), timing=Timing.instant())
        return SimulatedDriver(clock or SystemClock(), kept_in=config.data_dir / "simulated.db")
    from kumoniwa.hypervisor.qemu.host.probe import probe
    from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver

    return QemuDriver(config.data_dir, clock=SystemClock(), accelerator=await probe(cache_dir()))


def features_of(name: str) -> Features:
    """The features of the driver of this name, for a client, which knows only the name."""
    if name == "simulated":
        from kumoniwa.hypervisor.simulated import SimulatedDriver

        return SimulatedDriver.features
    from kumoniwa.hypervisor.qemu.qemu_driver import QemuDriver

    return QemuDriver.features
