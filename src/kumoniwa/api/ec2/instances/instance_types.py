"""Instance types: DescribeInstanceTypes, DescribeInstanceTypeOfferings.

Told is what is true here: sizes as on EC2; of network, EBS and features what a guest of Kumoniwa really has. What
Kumoniwa cannot know (bandwidths, clock speeds) is left out.
"""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.boot_modes import supported_boot_modes
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.filters import matcher, never, present, truth
from kumoniwa.api.listing import page
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.model.regions import zones

_FREE = ("t2.micro", "t3.micro")  # of EC2's free tier; here all are
_ARCHITECTURE = "x86_64"
_ATTACHMENTS = 28  # EBS volumes and network interfaces of most Nitro types together


@action(
    "DescribeInstanceTypes",
    depth=Depth.PARTLY,
    missing="Only types that fit on one machine are offered: x86_64, without GPUs and instance stores. Bandwidths and "
    "clock speeds are left out.",
)
async def describe_instance_types(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance types that there are here. Names that are asked for may have wildcards."""
    check_region(call.region)
    names = parameters.get("InstanceTypes")
    every = list(INSTANCE_TYPES.values())
    if names:
        wanted = matcher(names)
        unknown = [name for name in names if not any(matcher([name])(kind.name) for kind in every)]
        if unknown:
            raise Ec2Error(
                "InvalidInstanceType", f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
            )
        every = [kind for kind in every if wanted(kind.name)]
    found, token = page(
        call,
        parameters,
        every,
        filters=_FILTERS,
        key=lambda kind: kind.name,
        limits=(5, 100),
        whole={"InstanceTypes": "InstanceTypes"},
    )
    return {"InstanceTypes": [_output(kind) for kind in found], "NextToken": token}


@action("DescribeInstanceTypeOfferings")
async def describe_instance_type_offerings(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Where there are which instance types: all of them everywhere."""
    check_region(call.region)
    location_type: str = parameters.get("LocationType", "region")
    locations: Mapping[str, list[str]] = {
        "region": [call.region],
        "availability-zone": [zone.name for zone in zones(call.region)],
        "availability-zone-id": [zone.id for zone in zones(call.region)],
        "outpost": [],
    }
    found, token = page(
        call,
        parameters,
        [(name, location) for name in INSTANCE_TYPES for location in locations[location_type]],
        filters=_OFFERING_FILTERS,
        key=" ".join,
        limits=(5, 1000),
    )
    return {
        "InstanceTypeOfferings": [
            {"InstanceType": name, "LocationType": location_type, "Location": location} for name, location in found
        ],
        "NextToken": token,
    }


_OFFERING_FILTERS = {
    "instance-type": lambda pair: (pair[0],),
    "location": lambda pair: (pair[1],),
}


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
            "MaximumNetworkInterfaces": 1,
            "MaximumNetworkCards": 1,
            "DefaultNetworkCardIndex": 0,
            "Ipv4AddressesPerInterface": 1,
            "Ipv6AddressesPerInterface": 0,
            "Ipv6Supported": False,
            "EnaSupport": _ena(kind),
            "EfaSupported": False,
            "EncryptionInTransitSupported": False,
        },
        "PlacementGroupInfo": {"SupportedStrategies": []},
        "HibernationSupported": False,
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


_FILTERS = {
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
    "hibernation-supported": lambda _: truth(False),
    "hypervisor": lambda kind: (kind.hypervisor,),
    "instance-storage-supported": lambda _: truth(False),
    "instance-type": lambda kind: (kind.name,),
    "memory-info.size-in-mib": lambda kind: present(kind.memory_mib),
    "network-info.efa-supported": lambda _: truth(False),
    "network-info.ena-support": lambda kind: (_ena(kind),),
    "network-info.encryption-in-transit-supported": lambda _: truth(False),
    "network-info.ipv4-addresses-per-interface": lambda _: present(1),
    "network-info.ipv6-addresses-per-interface": lambda _: present(0),
    "network-info.ipv6-supported": lambda _: truth(False),
    "network-info.maximum-network-cards": lambda _: present(1),
    "network-info.maximum-network-interfaces": lambda _: present(1),
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
