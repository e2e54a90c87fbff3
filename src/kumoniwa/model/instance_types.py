"""EC2's instance types, with EC2's own figures.

They are in `instance_types.tsv`, which `scripts/instance_types` writes; its source is named there. A type is read when
it is first asked for: a cloud has use for a few of them.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from kumoniwa.values import dataclass

_FILE = Path(__file__).with_suffix(".tsv")


@dataclass(frozen=True, slots=True)
class StorageDisk:
    """Equal disks of an instance store."""

    count: int
    size_gb: int
    medium: str
    """`ssd` or `hdd`."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """Equal GPUs."""

    count: int
    maker: str
    name: str
    memory_mib: int


@dataclass(frozen=True, slots=True)
class InstanceType:
    name: str
    architectures: tuple[str, ...]
    vcpus: int
    threads_per_core: int
    valid_cores: tuple[int, ...]
    """With which numbers of cores an instance may be launched; empty where EC2 does not say."""
    valid_threads: tuple[int, ...]
    memory_mib: int
    hypervisor: str
    """`nitro` or `xen`; empty for bare metal."""
    traits: frozenset[str]
    most_interfaces: int
    """Network interfaces that an instance may have."""
    most_addresses: int
    """Private addresses that each of its network interfaces may have, the primary one included."""
    network: str
    """How EC2 calls its network's speed."""
    clock_ghz: float | None
    manufacturer: str
    """Of its processors."""
    boot_modes: tuple[str, ...]
    strategies: tuple[str, ...]
    """Of placement groups that its instances may be in."""
    storage: tuple[StorageDisk, ...]
    storage_is_nvme: bool
    """Whether guests see their instance store without a block device mapping that asks for it."""
    gpus: tuple[Gpu, ...]
    accelerators: tuple[str, ...]
    """What else it has that is no processor."""

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def burstable(self) -> bool:
        return "burstable" in self.traits

    @property
    def current_generation(self) -> bool:
        return "current" in self.traits

    @property
    def is_metal(self) -> bool:
        return "metal" in self.traits

    @property
    def is_nitro(self) -> bool:
        return self.hypervisor != "xen"

    @property
    def disk_bus(self) -> str:
        """How its guests see their disks: `nvme`, or what stands for Xen's own disks on types from before Nitro."""
        return "nvme" if self.is_nitro else "virtio"

    @property
    def cores(self) -> int:
        return max(1, self.vcpus // self.threads_per_core)

    @property
    def storage_gb(self) -> int:
        """All of its instance store."""
        return sum(disk.count * disk.size_gb for disk in self.storage)

    def vcpus_with(self, cpu_options: Mapping[str, int] | None) -> int:
        """The virtual processors of an instance of this type, which may have been launched with fewer."""
        return cpu_options["CoreCount"] * cpu_options["ThreadsPerCore"] if cpu_options else self.vcpus


class InstanceTypes(Mapping[str, InstanceType]):
    """Every type, by its name. Those that were asked for by name are kept."""

    def __init__(self) -> None:
        self._known: dict[str, InstanceType] = {}

    def __getitem__(self, name: str) -> InstanceType:
        if (known := self._known.get(name)) is None:
            known = self._known[name] = _read(_line_of(name))
        return known

    def __iter__(self) -> Iterator[str]:
        return (line.partition("\t")[0] for line in _lines())

    def __len__(self) -> int:
        return len(_lines())

    def every(self) -> list[InstanceType]:
        """All of them, by name; they are not kept."""
        return [_read(line) for line in _lines()]


INSTANCE_TYPES = InstanceTypes()
DEFAULT_INSTANCE_TYPE = "m1.small"  # EC2's own default, from its first days
USUAL_INSTANCE_TYPE = "t3.micro"
"""What the console and the documents propose, and the smallest that EC2 itself takes to prepare images for fast launch
(its user guide: "temporary t3 instances")."""


def _lines() -> list[str]:
    return _FILE.read_text().splitlines()[1:]


def _line_of(name: str) -> str:
    """Raises `KeyError`."""
    if "\t" in name or "\n" in name:
        raise KeyError(name)
    text = _FILE.read_text()
    if (begin := text.find(f"\n{name}\t")) < 0:
        raise KeyError(name)
    return text[begin + 1 : text.index("\n", begin + 1)]


def _read(line: str) -> InstanceType:
    name, architectures, vcpus, threads_per_core, valid_cores, valid_threads, memory_mib, *further = line.split("\t")
    hypervisor, traits, most_interfaces, most_addresses, network, clock_ghz, manufacturer, *devices = further
    boot_modes, strategies, storage, gpus, accelerators = devices
    seen, _, disks = storage.partition(":")
    return InstanceType(
        name=name,
        architectures=_words(architectures),
        vcpus=int(vcpus),
        threads_per_core=int(threads_per_core),
        valid_cores=_numbers(valid_cores),
        valid_threads=_numbers(valid_threads),
        memory_mib=int(memory_mib),
        hypervisor=hypervisor,
        traits=frozenset(_words(traits)),
        most_interfaces=int(most_interfaces),
        most_addresses=int(most_addresses),
        network=network,
        clock_ghz=float(clock_ghz) if clock_ghz else None,
        manufacturer=manufacturer,
        boot_modes=_words(boot_modes),
        strategies=_words(strategies),
        storage=tuple(_disk(one) for one in _words(disks)),
        storage_is_nvme=seen == "nvme",
        gpus=tuple(_gpu(one) for one in _words(gpus)),
        accelerators=_words(accelerators),
    )


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


@cache
def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, _words(text)))


def _disk(text: str) -> StorageDisk:
    count, _, rest = text.partition("x")
    return StorageDisk(int(count), int(rest[:-3]), rest[-3:])


def _gpu(text: str) -> Gpu:
    called, _, memory_mib = text.rpartition(":")
    count, _, called = called.partition("x")
    maker, _, name = called.partition(" ")
    return Gpu(int(count), maker, name, int(memory_mib))
