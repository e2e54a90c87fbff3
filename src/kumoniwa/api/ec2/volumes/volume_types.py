"""Volume types, and what EC2 allows of each."""

from collections.abc import Mapping

from kumoniwa.errors import Ec2Error, InvalidParameterCombination, InvalidParameterValue
from kumoniwa.values import dataclass

MOST_MIB_PER_OPERATION = 0.25
_NOT_SUPPORTED = {
    "iops": "The parameter iops is not supported for {} volumes.",
    "throughput": "The throughput parameter is not supported for {} volumes.",
}
DEFAULT_VOLUME_TYPE = "gp2"  # EBS's own, where neither a request nor an image names a type


MULTI_ATTACH_TYPES = ("io1", "io2")


@dataclass(frozen=True, slots=True)
class VolumeType:
    """What EC2 allows of a volume type, in GiB and operations a second."""

    least_gib: int
    most_gib: int
    iops: tuple[int, int] | None = None
    default_iops: int | None = None
    throughput: tuple[int, int] | None = None
    default_throughput: int | None = None
    most_iops_per_gib: int | None = None


VOLUME_TYPES: Mapping[str, VolumeType] = {
    "gp2": VolumeType(1, 16_384),
    "gp3": VolumeType(1, 65_536, (3_000, 80_000), 3_000, (125, 2_000), 125, 500),
    "io1": VolumeType(4, 16_384, (100, 64_000), most_iops_per_gib=50),
    "io2": VolumeType(4, 65_536, (100, 256_000), most_iops_per_gib=1_000),
    "st1": VolumeType(125, 16_384),
    "sc1": VolumeType(125, 16_384),
    "standard": VolumeType(1, 1_024),
}


def check_bootable(volume_type: str) -> None:
    """Raises the refusal of a type whose volumes cannot be boot volumes (botocore's documentation of CreateVolume)."""
    if volume_type in ("st1", "sc1"):
        raise InvalidParameterValue(
            f"Invalid value '{volume_type}' for volumeType. {volume_type} volumes cannot be used as boot volumes."
        )


def check_multi_attach(volume_type: str) -> None:
    """Raises the refusal of Multi-Attach for a type that has none.

    The code and the words are those of other parameters that a type does not have: an inference.
    """
    if volume_type not in MULTI_ATTACH_TYPES:
        raise InvalidParameterCombination(
            f"The parameter multiAttachEnabled is not supported for {volume_type} volumes."
        )


def checked_volume(
    volume_type: str, size_gib: int, iops: int | None, throughput: int | None
) -> tuple[int | None, int | None]:
    """Check a volume's measures against its type; gives its IOPS and throughput with the type's defaults filled in."""
    if (kind := VOLUME_TYPES.get(volume_type)) is None:
        raise Ec2Error("UnknownVolumeType", f"Unknown volume type '{volume_type[:200]}'.")
    _check_size(volume_type, kind, size_gib)
    for name, value, allowed in (("iops", iops, kind.iops), ("throughput", throughput, kind.throughput)):
        if value is None:
            continue
        if allowed is None:
            raise InvalidParameterCombination(_NOT_SUPPORTED[name].format(volume_type))
        if value < allowed[0]:
            raise InvalidParameterValue(f"Volume {name} of {value} is too low; minimum is {allowed[0]}.")
        if value > allowed[1]:
            raise InvalidParameterValue(f"Volume {name} of {value} is too high; maximum is {allowed[1]}.")
    if volume_type in ("io1", "io2") and iops is None:
        raise InvalidParameterCombination(f"The parameter iops must be specified for {volume_type} volumes.")
    filled = iops or kind.default_iops, throughput or kind.default_throughput
    _check_ratios(kind, size_gib, *filled)
    return filled[0] or _gp2_iops(volume_type, size_gib), filled[1]


def _check_size(volume_type: str, kind: VolumeType, size_gib: int) -> None:
    """Raises EC2's refusal of a size that the type does not have."""
    if size_gib < kind.least_gib:
        bound, where = f"at least {kind.least_gib}", "above the minimum"
    elif size_gib > kind.most_gib:
        bound, where = f"at most {kind.most_gib}", "below the maximum"
    else:
        return
    raise InvalidParameterValue(
        f"The volume size is invalid for {volume_type} volumes: {size_gib} GiB. {volume_type} volumes must be {bound} "
        f"GiB in size. Please specify a volume size {where} limit."
    )


def _check_ratios(kind: VolumeType, size_gib: int, iops: int | None, throughput: int | None) -> None:
    """Raises EC2's refusal of more operations than the size, or more throughput than the operations, allow."""
    most = kind.most_iops_per_gib
    if most is not None and iops is not None and iops > max(most * size_gib, kind.default_iops or 0):
        raise InvalidParameterValue(
            f"Iops to volume size ratio of {iops / size_gib:.6f} is too high; maximum is {most}"
        )
    if throughput is not None and iops is not None and throughput > MOST_MIB_PER_OPERATION * iops:
        raise InvalidParameterValue(
            f"Throughput (MiBps) to iops ratio of {throughput / iops:.6f} is too high; "
            f"maximum is {MOST_MIB_PER_OPERATION:.6f} MiBps per iops"
        )


def _gp2_iops(volume_type: str, size_gib: int) -> int | None:
    """gp2 gives three operations a second for each GiB, within bounds (EBS documentation)."""
    return min(max(100, 3 * size_gib), 16_000) if volume_type == "gp2" else None
