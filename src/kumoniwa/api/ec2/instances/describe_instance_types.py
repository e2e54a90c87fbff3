"""DescribeInstanceTypes.

The answer says what is true here: sizes as on EC2; of network, EBS and features what a guest of Kumoniwa really has.
What Kumoniwa cannot know (bandwidths, clock speeds) is left out.
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

_FREE = ("t2.micro", "t3.micro")  # of EC2's free tier
_ARCHITECTURE = "x86_64"
_ATTACHMENTS = 28  # EBS volumes and network interfaces of most Nitro types together


def _cores(kind: InstanceType) -> int:
    return max(1, kind.vcpus // kind.threads_per_core)


def _output(kind: InstanceType) -> dict[str, Any]:
    return {
        "InstanceType": kind.name,
        "CurrentGeneration": kind.current_generation,
        "FreeTierEligible": kind.name in _FREE,
        "SupportedUsageClasses": ["on-demand"],
        "SupportedRootDeviceTypes": ["ebs"],
        "SupportedVirtualizationTypes": ["hvm"],
        "BareMetal": False,
        "Hypervisor": kind.hypervisor,
        "ProcessorInfo": {"SupportedArchitectures": [_ARCHITECTURE]},
        "VCpuInfo": {
            "DefaultVCpus": kind.vcpus,
            "DefaultCores": _cores(kind),
            "DefaultThreadsPerCore": kind.threads_per_core,
        },
        "MemoryInfo": {"SizeInMiB": kind.memory_mib},
        "InstanceStorageSupported": False,
        "EbsInfo": {
            "EbsOptimizedSupport": _ebs_optimized(kind),
            "EncryptionSupport": "unsupported",
            "NvmeSupport": _nvme(kind),
            "MaximumEbsAttachments": _ATTACHMENTS,
            "AttachmentLimitType": "shared",
        },
        "NetworkInfo": {
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
        "PlacementGroupInfo": {"SupportedStrategies": []},
        "HibernationSupported": supports_hibernation(kind),
        "BurstablePerformanceSupported": kind.burstable,
        "DedicatedHostsSupported": False,
        "AutoRecoverySupported": True,
        "SupportedBootModes": list(supported_boot_modes(kind)),
        "NitroEnclavesSupport": "unsupported",
        "NitroTpmSupport": "unsupported",
        "RebootMigrationSupport": "unsupported",
    }


def _ebs_optimized(kind: InstanceType) -> str:
    return "default" if kind.is_nitro else "unsupported"


def _nvme(kind: InstanceType) -> str:
    return "required" if kind.disk_bus == "nvme" else "unsupported"


def _ena(kind: InstanceType) -> str:
    return "required" if kind.is_nitro else "unsupported"


_FILTERS: dict[str, Values[InstanceType]] = {
    "auto-recovery-supported": lambda _: truth(True),
    "bare-metal": lambda _: truth(False),
    "burstable-performance-supported": lambda kind: truth(kind.burstable),
    "current-generation": lambda kind: truth(kind.current_generation),
    "dedicated-hosts-supported": lambda _: truth(False),
    "ebs-info.attachment-limit-type": lambda _: ("shared",),
    "ebs-info.maximum-ebs-attachments": lambda _: present(_ATTACHMENTS),
    "ebs-info.ebs-optimized-support": lambda kind: (_ebs_optimized(kind),),
    "ebs-info.encryption-support": lambda _: ("unsupported",),
    "ebs-info.nvme-support": lambda kind: (_nvme(kind),),
    "free-tier-eligible": lambda kind: truth(kind.name in _FREE),
    "hibernation-supported": lambda kind: truth(supports_hibernation(kind)),
    "hypervisor": lambda kind: (kind.hypervisor,),
    "instance-storage-supported": lambda _: truth(False),
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
    "nitro-enclaves-support": lambda _: ("unsupported",),
    "nitro-tpm-support": lambda _: ("unsupported",),
    "processor-info.supported-architecture": lambda _: (_ARCHITECTURE,),
    "reboot-migration-support": lambda _: ("unsupported",),
    "supported-boot-mode": supported_boot_modes,
    "supported-root-device-type": lambda _: ("ebs",),
    "supported-usage-class": lambda _: ("on-demand",),
    "supported-virtualization-type": lambda _: ("hvm",),
    "vcpu-info.default-cores": lambda kind: present(_cores(kind)),
    "vcpu-info.default-threads-per-core": lambda kind: present(kind.threads_per_core),
    "vcpu-info.default-vcpus": lambda kind: present(kind.vcpus),
    **never(
        "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
        "ebs-info.ebs-optimized-info.baseline-iops",
        "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
        "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
        "ebs-info.ebs-optimized-info.maximum-iops",
        "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
        "instance-storage-info.disk.count",
        "instance-storage-info.disk.size-in-gb",
        "instance-storage-info.disk.type",
        "instance-storage-info.encryption-support",
        "instance-storage-info.nvme-support",
        "instance-storage-info.total-size-in-gb",
        "network-info.bandwidth-weightings",
        "network-info.efa-info.maximum-efa-interfaces",
        "network-info.flexible-ena-queues-support",
        "network-info.network-performance",
        "nitro-tpm-info.supported-versions",
        "processor-info.supported-features",
        "processor-info.sustained-clock-speed-in-ghz",
        "vcpu-info.valid-cores",
        "vcpu-info.valid-threads-per-core",
    ),
}


def _read(_connection: Connection, asked: Asked) -> list[InstanceType]:
    every = list(INSTANCE_TYPES.values())
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
    whole={"InstanceTypes": NOT_PAGED.format("InstanceTypes")},
)


@action(
    "DescribeInstanceTypes",
    depth=Depth.PARTLY,
    missing="Only types that fit on one machine are offered: x86_64, without GPUs and instance stores. Bandwidths and "
    "clock speeds are left out.",
)
async def describe_instance_types(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance types that exist here. Names that are asked for may have wildcards."""
    check_region(call.region)
    return await _TYPES.answer(cloud, call, parameters)
