"""DescribeInstanceTypes.

Sizes, devices and names are EC2's own facts of each type. Of what Kumoniwa has or has not (encryption, IPv6, dedicated
hosts, hibernation, …) the answer says what is true here. What EC2 measures (bandwidths, IOPS) is left out.
"""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.boot_modes import supported_boot_modes
from kumoniwa.api.ec2.instances.hibernation import supports_hibernation
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.filters import Values, matcher, never, present, truth
from kumoniwa.api.listing import NOT_PAGED, Asked, Listing
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType

_ATTACHMENTS = 28  # EBS volumes and network interfaces of most Nitro types together


def _output(kind: InstanceType) -> dict[str, Any]:
    return {
        "InstanceType": kind.name,
        "CurrentGeneration": kind.current_generation,
        "FreeTierEligible": "free" in kind.traits,
        "SupportedUsageClasses": list(_usage_classes(kind)),
        "SupportedRootDeviceTypes": ["ebs"],
        "SupportedVirtualizationTypes": ["hvm"],
        "BareMetal": kind.is_metal,
        "Hypervisor": kind.hypervisor or None,
        "ProcessorInfo": {
            "SupportedArchitectures": list(kind.architectures),
            "SustainedClockSpeedInGhz": kind.clock_ghz,
            "Manufacturer": kind.manufacturer,
        },
        "VCpuInfo": {
            "DefaultVCpus": kind.vcpus,
            "DefaultCores": kind.cores,
            "DefaultThreadsPerCore": kind.threads_per_core,
            "ValidCores": list(kind.valid_cores) or None,
            "ValidThreadsPerCore": list(kind.valid_threads) or None,
        },
        "MemoryInfo": {"SizeInMiB": kind.memory_mib},
        "InstanceStorageSupported": bool(kind.storage),
        "InstanceStorageInfo": _storage(kind),
        "EbsInfo": {
            "EbsOptimizedSupport": _ebs_optimized(kind),
            "EncryptionSupport": "unsupported",
            "NvmeSupport": _nvme(kind),
            "MaximumEbsAttachments": _ATTACHMENTS,
            "AttachmentLimitType": "shared",
        },
        "NetworkInfo": {
            "NetworkPerformance": kind.network,
            "MaximumNetworkInterfaces": kind.most_interfaces,
            "MaximumNetworkCards": 1,
            "DefaultNetworkCardIndex": 0,
            "Ipv4AddressesPerInterface": kind.most_addresses,
            "Ipv6AddressesPerInterface": 0,
            "Ipv6Supported": False,
            "EnaSupport": _ena(kind),
            "EfaSupported": False,
            "EncryptionInTransitSupported": False,
        },
        "GpuInfo": _gpus(kind),
        "PlacementGroupInfo": {"SupportedStrategies": list(kind.strategies)},
        "HibernationSupported": supports_hibernation(kind),
        "BurstablePerformanceSupported": kind.burstable,
        "DedicatedHostsSupported": False,
        "AutoRecoverySupported": True,
        "SupportedBootModes": list(supported_boot_modes(kind)),
        "NitroEnclavesSupport": "unsupported",
        "NitroTpmSupport": "unsupported",
        "RebootMigrationSupport": "unsupported",
    }


def _usage_classes(kind: InstanceType) -> tuple[str, ...]:
    return ("on-demand", "spot") if "spot" in kind.traits else ("on-demand",)


def _storage(kind: InstanceType) -> dict[str, Any] | None:
    if not kind.storage:
        return None
    return {
        "TotalSizeInGB": kind.storage_gb,
        "Disks": [{"SizeInGB": disk.size_gb, "Count": disk.count, "Type": disk.medium} for disk in kind.storage],
        "NvmeSupport": _storage_nvme(kind),
        "EncryptionSupport": "unsupported",
    }


def _storage_nvme(kind: InstanceType) -> str:
    return "required" if kind.storage_is_nvme else "unsupported"


def _gpus(kind: InstanceType) -> dict[str, Any] | None:
    if not kind.gpus:
        return None
    return {
        "Gpus": [
            {
                "Name": gpu.name,
                "Manufacturer": gpu.maker,
                "Count": gpu.count,
                "MemoryInfo": {"SizeInMiB": gpu.memory_mib},
            }
            for gpu in kind.gpus
        ],
        "TotalGpuMemoryInMiB": sum(gpu.count * gpu.memory_mib for gpu in kind.gpus),
    }


def _ebs_optimized(kind: InstanceType) -> str:
    return "default" if "ebs-optimized" in kind.traits else "unsupported"


def _nvme(kind: InstanceType) -> str:
    return "required" if kind.disk_bus == "nvme" else "unsupported"


def _ena(kind: InstanceType) -> str:
    if "ena" in kind.traits:
        return "required"
    has_it = kind.name.partition(".")[0] in _ENA_UNDER_XEN or kind.name == "m4.16xlarge"
    return "supported" if has_it else "unsupported"


_ENA_UNDER_XEN = frozenset({"g3", "g3s", "h1", "i3", "p2", "p3", "r4"})
"""The families without Nitro whose instances use ENA where their AMI supports it (UG "Enhanced networking")."""

_FILTERS: dict[str, Values[InstanceType]] = {
    "auto-recovery-supported": lambda _: truth(True),
    "bare-metal": lambda kind: truth(kind.is_metal),
    "burstable-performance-supported": lambda kind: truth(kind.burstable),
    "current-generation": lambda kind: truth(kind.current_generation),
    "dedicated-hosts-supported": lambda _: truth(False),
    "ebs-info.attachment-limit-type": lambda _: ("shared",),
    "ebs-info.maximum-ebs-attachments": lambda _: present(_ATTACHMENTS),
    "ebs-info.ebs-optimized-support": lambda kind: (_ebs_optimized(kind),),
    "ebs-info.encryption-support": lambda _: ("unsupported",),
    "ebs-info.nvme-support": lambda kind: (_nvme(kind),),
    "free-tier-eligible": lambda kind: truth("free" in kind.traits),
    "hibernation-supported": lambda kind: truth(supports_hibernation(kind)),
    "hypervisor": lambda kind: present(kind.hypervisor or None),
    "instance-storage-info.disk.count": lambda kind: present(*(disk.count for disk in kind.storage)),
    "instance-storage-info.disk.size-in-gb": lambda kind: present(*(disk.size_gb for disk in kind.storage)),
    "instance-storage-info.disk.type": lambda kind: present(*(disk.medium for disk in kind.storage)),
    "instance-storage-info.encryption-support": lambda kind: ("unsupported",) if kind.storage else (),
    "instance-storage-info.nvme-support": lambda kind: (_storage_nvme(kind),) if kind.storage else (),
    "instance-storage-info.total-size-in-gb": lambda kind: present(kind.storage_gb or None),
    "instance-storage-supported": lambda kind: truth(bool(kind.storage)),
    "instance-type": lambda kind: (kind.name,),
    "memory-info.size-in-mib": lambda kind: present(kind.memory_mib),
    "network-info.efa-supported": lambda _: truth(False),
    "network-info.ena-support": lambda kind: (_ena(kind),),
    "network-info.encryption-in-transit-supported": lambda _: truth(False),
    "network-info.ipv4-addresses-per-interface": lambda kind: present(kind.most_addresses),
    "network-info.ipv6-addresses-per-interface": lambda _: present(0),
    "network-info.ipv6-supported": lambda _: truth(False),
    "network-info.maximum-network-cards": lambda _: present(1),
    "network-info.maximum-network-interfaces": lambda kind: present(kind.most_interfaces),
    "network-info.network-performance": lambda kind: (kind.network,),
    "nitro-enclaves-support": lambda _: ("unsupported",),
    "nitro-tpm-support": lambda _: ("unsupported",),
    "processor-info.supported-architecture": lambda kind: kind.architectures,
    "processor-info.sustained-clock-speed-in-ghz": lambda kind: present(kind.clock_ghz),
    "reboot-migration-support": lambda _: ("unsupported",),
    "supported-boot-mode": supported_boot_modes,
    "supported-root-device-type": lambda _: ("ebs",),
    "supported-usage-class": lambda kind: _usage_classes(kind),
    "supported-virtualization-type": lambda _: ("hvm",),
    "vcpu-info.default-cores": lambda kind: present(kind.cores),
    "vcpu-info.default-threads-per-core": lambda kind: present(kind.threads_per_core),
    "vcpu-info.default-vcpus": lambda kind: present(kind.vcpus),
    "vcpu-info.valid-cores": lambda kind: present(*kind.valid_cores),
    "vcpu-info.valid-threads-per-core": lambda kind: present(*kind.valid_threads),
    **never(
        "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
        "ebs-info.ebs-optimized-info.baseline-iops",
        "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
        "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
        "ebs-info.ebs-optimized-info.maximum-iops",
        "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
        "network-info.bandwidth-weightings",
        "network-info.efa-info.maximum-efa-interfaces",
        "network-info.flexible-ena-queues-support",
        "nitro-tpm-info.supported-versions",
        "processor-info.supported-features",
    ),
}


def _read(_connection: Connection, asked: Asked) -> list[InstanceType]:
    every = INSTANCE_TYPES.every()
    if not (names := asked.parameters.get("InstanceTypes")):
        return every
    unknown = [name for name in names if not any(matcher([name])(kind.name) for kind in every)]
    if unknown:
        raise Ec2Error(
            "InvalidInstanceType", f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        )
    wanted = matcher(names)
    return [kind for kind in every if wanted(kind.name)]


_TYPES = Listing(
    member="InstanceTypes",
    read=_read,
    row=lambda kind, _: _output(kind),
    key=lambda kind: kind.name,
    filters=_FILTERS,
    limits=(5, 100),
    usual_page=100,
    whole={"InstanceTypes": NOT_PAGED.format("InstanceTypes")},
)


@action(
    "DescribeInstanceTypes",
    depth=Depth.PARTLY,
    missing="Bandwidths, IOPS, and what accelerators other than GPUs are made of are left out. Real guests have the "
    "processors and the memory of their type; the launch of a type that has GPUs, accelerators or an instance store on "
    "NVMe, or is bare metal, is refused.",
)
async def describe_instance_types(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance types that exist here. Names that are asked for may have wildcards."""
    check_region(call.region)
    return await _TYPES.answer(cloud, call, parameters)
