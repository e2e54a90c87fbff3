"""The inside of a simulated guest, and misfortune: what a test does to it. None of it is the driver's."""

from kumoniwa.hypervisor.driver import Forward, GuestId, Identity
from kumoniwa.hypervisor.simulated import linux
from kumoniwa.hypervisor.simulated.host import Host
from kumoniwa.hypervisor.simulated.machine import Machine
from kumoniwa.hypervisor.simulated.world import SimulatedWorld


class Inside:
    """What a person or a program inside the guest would do. Raises `GuestLost` where the guest does not run."""

    def __init__(self, id: GuestId, world: SimulatedWorld, host: Host) -> None:
        self._id = id
        self._world = world
        self._host = host

    @property
    def boot_id(self) -> str | None:
        """The running kernel's boot id, another one at each boot."""
        return self._machine().boot_id

    @property
    def identity(self) -> Identity | None:
        """Who it was told to be, where it goes on from a prepared machine."""
        return self._machine().identity

    @property
    def ignore_power_button(self) -> bool:
        """Whether the guest does nothing when its power button is pressed. It stays so over its boots."""
        return self._machine().ignores_power_button

    @ignore_power_button.setter
    def ignore_power_button(self, ignores: bool) -> None:
        self._machine().ignores_power_button = ignores

    @property
    def agent_answers(self) -> bool:
        """Whether its agent answers when it is to freeze the file systems. It stays so over its boots."""
        return self._machine().agent_answers

    @agent_answers.setter
    def agent_answers(self, answers: bool) -> None:
        self._machine().agent_answers = answers

    @property
    def is_frozen(self) -> bool:
        """Whether its file systems are frozen: it writes into memory, and `sync` raises `GuestLost`, until the thaw."""
        return self._machine().is_frozen

    def holds_disk(self, serial: str) -> None:
        """A program in it keeps this disk busy: it is not let go, until it is released or taken or the guest ends."""
        self._machine().drives.held |= {serial}

    def releases_disk(self, serial: str) -> None:
        """The program that kept it busy has ended. A disk that the guest was asked for meanwhile goes."""
        self._machine().release_disk(serial)

    @property
    def forwards(self) -> tuple[Forward, ...]:
        """What is open on the host for this guest."""
        return self._world.ports.of(self._id)

    def messages(self) -> str:
        """Its /var/log/messages, as a program in the guest reads it."""
        return self.read(linux.MESSAGES).decode()

    def write(self, path: str, data: bytes, *, serial: str | None = None, sync: bool = False) -> None:
        """Write a file on the root disk, or on the one with this serial; it is on the disk only after `sync`."""
        self._machine().write(path, data, serial)
        if sync:
            self.sync()

    def read(self, path: str, *, serial: str | None = None) -> bytes:
        """What the file holds. Raises `FileNotFoundError`, and another `OSError` where the disk was taken by force."""
        if (data := self._machine().read(path, serial)) is None:
            raise FileNotFoundError(path)
        return data

    def sync(self) -> None:
        """Put on the disks what was written so far."""
        self._machine().sync()

    def power_off_from_inside(self) -> None:
        """`poweroff`, by the guest's own root."""
        self._machine().power_off()

    def reboot_from_inside(self) -> None:
        """`reboot`, by the guest's own root."""
        self._machine().reboot()

    def panic(self) -> None:
        """Its kernel panics."""
        self._machine().panic()

    def die(self) -> None:
        """Its process ends, as when the host's kernel kills it."""
        self._machine().die()

    def run_out_of_space(self) -> None:
        """It writes while the host's disk is full."""
        self._machine().run_out_of_space()

    def find_space(self) -> None:
        """The host's disk has room again."""
        self._machine().find_space()

    def _machine(self) -> Machine:
        if (machine := self._world.machines.get(self._id)) is None:
            machine = self._world.machines[self._id] = Machine(self._id, self._host)
        return machine
