"""What a driver promises of machines that are prepared in memory: a guest can be launched from one, without a boot."""

from collections.abc import Mapping
from dataclasses import field
from typing import NewType, Protocol

from kumoniwa.hypervisor.driver.guest import GuestSpec
from kumoniwa.values import dataclass

PreparedId = NewType("PreparedId", str)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a guest that is launched from memory is to be. It is told so before it does anything else, together with
    fresh entropy and the time, which the driver adds."""

    instance_id: str
    hostname: str
    machine_id: str
    """32 hexadecimal digits."""
    host_keys: Mapping[str, str] = field(repr=False)
    """Private keys in OpenSSH's format, by kind (`ed25519`, `ecdsa`)."""
    authorized_keys: tuple[str, ...]
    """Who may log in as the image's user, a line each."""
    cloud_init_first: bool
    """Whether its user data may have a say in who logs in and how: then nobody does before cloud-init has read it."""


@dataclass(frozen=True, slots=True)
class Launch:
    """From which prepared machine a guest is launched, and as whom."""

    machine: PreparedId
    identity: Identity


class PreparedMachine(Protocol):
    """One machine that is saved in memory. A handle: making it touches nothing."""

    @property
    def id(self) -> PreparedId: ...

    async def ensure_made(self, spec: GuestSpec, *, deadline: float) -> None:
        """Afterwards a machine like `spec` is saved, booted up to where it waits for its identity. `spec` has one disk,
        on virtio, and no network interface. Its layer takes no more writes: guests are launched on layers above it.

        A machine that was saved already is left as it is. What an earlier call left unfinished is thrown away: the disk
        has to be made anew before each call. Raises `DriverError`, where the guest does not get so far within
        `deadline` seconds too: then nothing is left of it but the disk.
        """
        ...

    async def is_made(self) -> bool:
        """Whether it is there, whole, and this host's programs can launch from it."""
        ...

    async def bytes_on_disk(self) -> int:
        """What it takes of the host's disk; 0 where it is not there."""
        ...

    async def ensure_forgotten(self) -> None:
        """Afterwards nothing is left of it but its disk. Guests that were launched from it go on."""
        ...
