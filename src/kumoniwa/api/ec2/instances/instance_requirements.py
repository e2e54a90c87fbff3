"""GetInstanceTypesFromInstanceRequirements: the types that have what is asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.hibernation import supports_hibernation
from kumoniwa.api.ec2.named.region_lookup import check_region
from kumoniwa.api.filters import matcher
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.not_built import NotBuiltParameter, below, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, MissingParameter
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType

_NOT_BUILT = below(
    "InstanceRequirements",
    (
        NotBuiltParameter("BaselineEbsBandwidthMbps", "the choice of types by their bandwidth"),
        NotBuiltParameter("NetworkBandwidthGbps", "the choice of types by their bandwidth"),
        NotBuiltParameter("BaselinePerformanceFactors", "the choice of types by their performance"),
        NotBuiltParameter("RequireEncryptionInTransit", "encryption between instances"),
    ),
)
_MAKERS = {"intel": "Intel", "amd": "AMD", "amazon-web-services": "AWS", "apple": "Apple"}
_GPU_MAKERS = {"nvidia": "NVIDIA", "amd": "AMD", "amazon-web-services": "AWS", "habana": "Habana", "xilinx": "Xilinx"}
_MIB = 1024

Test = Callable[[InstanceType], bool]


def _requirements(asked: Mapping[str, Any]) -> list[Test]:
    """A test for each requirement, with EC2's defaults: bare metal and burstable types where they are asked for."""
    return [
        _within(asked.get("VCpuCount"), lambda kind: kind.vcpus),
        _within(asked.get("MemoryMiB"), lambda kind: kind.memory_mib),
        _within(asked.get("MemoryGiBPerVCpu"), lambda kind: kind.memory_mib / _MIB / kind.vcpus),
        _within(asked.get("NetworkInterfaceCount"), lambda kind: kind.most_interfaces),
        _within(asked.get("TotalLocalStorageGB"), lambda kind: kind.storage_gb),
        _within(asked.get("AcceleratorCount"), _accelerators),
        _within(
            asked.get("AcceleratorTotalMemoryMiB"), lambda kind: sum(gpu.count * gpu.memory_mib for gpu in kind.gpus)
        ),
        _one_of(asked.get("CpuManufacturers"), _MAKERS, lambda kind: [kind.manufacturer]),
        _one_of(asked.get("AcceleratorManufacturers"), _GPU_MAKERS, lambda kind: [gpu.maker for gpu in kind.gpus]),
        _one_of(asked.get("AcceleratorNames"), {}, lambda kind: [gpu.name.lower() for gpu in kind.gpus]),
        _one_of(asked.get("AcceleratorTypes"), {}, lambda kind: ["gpu"] if kind.gpus else []),
        _one_of(asked.get("LocalStorageTypes"), {}, lambda kind: [disk.medium for disk in kind.storage]),
        _one_of(
            asked.get("InstanceGenerations"),
            {},
            lambda kind: ["current" if kind.current_generation else "previous"],
        ),
        _named(asked.get("AllowedInstanceTypes"), wanted=True),
        _named(asked.get("ExcludedInstanceTypes"), wanted=False),
        _having(asked.get("BareMetal", "excluded"), lambda kind: kind.is_metal),
        _having(asked.get("BurstablePerformance", "excluded"), lambda kind: kind.burstable),
        _having(asked.get("LocalStorage", "included"), lambda kind: bool(kind.storage)),
        _having("required" if asked.get("RequireHibernateSupport") else "included", supports_hibernation),
    ]


def _accelerators(kind: InstanceType) -> int:
    return sum(gpu.count for gpu in kind.gpus) + len(kind.accelerators)


def _within(bounds: Mapping[str, Any] | None, value: Callable[[InstanceType], float]) -> Test:
    if not bounds:
        return lambda _: True
    least, most = bounds.get("Min", 0), bounds.get("Max", float("inf"))
    return lambda kind: least <= value(kind) <= most


def _one_of(
    asked: Sequence[str] | None, names: Mapping[str, str], values: Callable[[InstanceType], Iterable[str]]
) -> Test:
    if not asked:
        return lambda _: True
    wanted = {names.get(one, one) for one in asked}
    return lambda kind: not wanted.isdisjoint(values(kind))


def _named(patterns: Sequence[str] | None, *, wanted: bool) -> Test:
    if not patterns:
        return lambda _: True
    fits = matcher(patterns)
    return lambda kind: fits(kind.name) is wanted


def _having(asked: str, has: Callable[[InstanceType], bool]) -> Test:
    """`included` takes both, `required` those that have it, `excluded` those that do not."""
    return lambda kind: asked == "included" or has(kind) is (asked == "required")


def _check(asked: Asked) -> None:
    requirements: Mapping[str, Any] = asked.parameters["InstanceRequirements"]
    for name, least in (("VCpuCount", "Min"), ("MemoryMiB", "Min")):
        if (requirements.get(name) or {}).get(least) is None:
            raise MissingParameter(f"InstanceRequirements.{name}.{least}")
    if requirements.get("AllowedInstanceTypes") and requirements.get("ExcludedInstanceTypes"):
        raise InvalidParameterCombination(
            "The parameter AllowedInstanceTypes cannot be used with the parameter ExcludedInstanceTypes"
        )


def _read(_connection: Connection, asked: Asked) -> list[InstanceType]:
    parameters = asked.parameters
    if "hvm" not in parameters["VirtualizationTypes"]:
        return []
    architectures = set(parameters["ArchitectureTypes"])
    tests = _requirements(parameters["InstanceRequirements"])
    return [
        kind
        for kind in INSTANCE_TYPES.every()
        if not architectures.isdisjoint(kind.architectures) and all(fits(kind) for fits in tests)
    ]


_TYPES = Listing(
    member="InstanceTypes",
    read=_read,
    check=_check,
    row=lambda kind, _: {"InstanceType": kind.name},
    key=lambda kind: kind.name,
    limits=(1, 1000),
)


@action(
    "GetInstanceTypesFromInstanceRequirements",
    depth=Depth.PARTLY,
    missing="Prices are not compared: nothing is charged. All guests are hvm.",
    not_built=_NOT_BUILT,
)
async def get_instance_types_from_instance_requirements(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The instance types that meet requirements, by name."""
    check_region(call.region)
    refuse(parameters, _NOT_BUILT)
    return await _TYPES.answer(cloud, call, parameters)
