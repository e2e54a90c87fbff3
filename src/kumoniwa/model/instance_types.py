"""The instance types that Kumoniwa offers: those of EC2 that a person's machine can hold, with EC2's own figures.

Source: the EC2 instance type pages of AWS (vCPUs, memory); all are x86_64 and EBS-only.
"""

from collections.abc import Mapping

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class InstanceType:
    name: str
    vcpus: int
    memory_mib: int
    burstable: bool = False
    current_generation: bool = True
    hypervisor: str = "nitro"
    threads_per_core: int = 2

    @property
    def most_interfaces(self) -> int:
        """Network interfaces that an instance may have. Source: the EC2 user guide, "Maximum IP addresses per network
        interface"."""
        return _INTERFACES[self.family][self.name.partition(".")[2]][0]

    @property
    def most_addresses(self) -> int:
        """Private addresses that each of its network interfaces may have, the primary one included."""
        return _INTERFACES[self.family][self.name.partition(".")[2]][1]

    @property
    def family(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_nitro(self) -> bool:
        return self.hypervisor == "nitro"

    @property
    def disk_bus(self) -> str:
        """How its guests see their disks: `nvme`, or what stands for Xen's own disks on types from before Nitro."""
        return "nvme" if self.is_nitro else "virtio"

    @property
    def cores(self) -> int:
        return max(1, self.vcpus // self.threads_per_core)

    def vcpus_with(self, cpu_options: Mapping[str, int] | None) -> int:
        """The virtual processors of an instance of this type, which may have been launched with fewer."""
        return cpu_options["CoreCount"] * cpu_options["ThreadsPerCore"] if cpu_options else self.vcpus


def _family(name: str, sizes: str, **traits: bool | str | int) -> list[InstanceType]:
    """Read `size:vcpus:GiB` words."""
    types = []
    for word in sizes.split():
        size, vcpus, gib = word.split(":")
        types.append(InstanceType(f"{name}.{size}", int(vcpus), int(float(gib) * 1024), **traits))  # type: ignore[arg-type]
    return types


_T2_INTERFACES = {
    "nano": (2, 2),
    "micro": (2, 2),
    "small": (3, 4),
    "medium": (3, 6),
    "large": (3, 12),
    "xlarge": (3, 15),
    "2xlarge": (3, 15),
}
_T3_INTERFACES = {**_T2_INTERFACES, "xlarge": (4, 15), "2xlarge": (4, 15)}
_M5_INTERFACES = {"large": (3, 10), "xlarge": (4, 15), "2xlarge": (4, 15), "4xlarge": (8, 30)}
_INTERFACES: dict[str, dict[str, tuple[int, int]]] = {
    "t2": _T2_INTERFACES,
    "m1": {"small": (2, 4)},
    "t3": _T3_INTERFACES,
    "t3a": _T3_INTERFACES,
    **dict.fromkeys(("m5", "m5a", "m6i", "m7i", "c5", "c6i", "c7i", "r5", "r6i"), _M5_INTERFACES),
}

_T3 = "nano:2:0.5 micro:2:1 small:2:2 medium:2:4 large:2:8 xlarge:4:16 2xlarge:8:32"
_M5 = "large:2:8 xlarge:4:16 2xlarge:8:32 4xlarge:16:64"
_C5 = "large:2:4 xlarge:4:8 2xlarge:8:16 4xlarge:16:32"
_R5 = "large:2:16 xlarge:4:32 2xlarge:8:64"

INSTANCE_TYPES: dict[str, InstanceType] = {
    kind.name: kind
    for kind in (
        *_family(
            "t2",
            "nano:1:0.5 micro:1:1 small:1:2 medium:2:4 large:2:8 xlarge:4:16 2xlarge:8:32",
            burstable=True,
            hypervisor="xen",
            threads_per_core=1,
        ),
        *_family("m1", "small:1:1.7", hypervisor="xen", threads_per_core=1, current_generation=False),
        *_family("t3", _T3, burstable=True),
        *_family("t3a", _T3, burstable=True),
        *(kind for name in ("m5", "m5a", "m6i", "m7i") for kind in _family(name, _M5)),
        *(kind for name in ("c5", "c6i", "c7i") for kind in _family(name, _C5)),
        *(kind for name in ("r5", "r6i") for kind in _family(name, _R5)),
    )
}
DEFAULT_INSTANCE_TYPE = "m1.small"  # EC2's own default, from its first days
USUAL_INSTANCE_TYPE = "t3.micro"
"""What the console and the documents propose, and the smallest that EC2 itself takes to prepare images for fast launch
(its user guide: "temporary t3 instances")."""
