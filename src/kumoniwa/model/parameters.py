"""Parameters of Systems Manager: names, values and versions, and the public ones that name AMIs."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass

AMI = "aws:ec2:image"
"""The data type of a parameter whose value is the id of an AMI."""


class ParameterType(StrEnum):
    STRING = "String"
    STRING_LIST = "StringList"
    SECURE_STRING = "SecureString"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One version of a parameter. That of a SecureString has its value sealed, in base64."""

    account: str
    region: str
    name: str
    version: int
    is_latest: bool
    type: ParameterType
    value: str
    data_type: str
    tier: str
    modified_at: datetime
    modified_by: str
    """The ARN of whoever wrote it."""
    description: str | None = None
    key_id: str | None = None
    labels: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ParameterTag:
    """One tag of a parameter."""

    account: str
    region: str
    name: str
    key: str
    value: str


# Public parameters, by which others name the newest AMI of a kind. An AMI has the names that its own name says: AWS's
# publishers name theirs so, and whoever brings an AMI in under its publisher's name is found by the same parameter.

PUBLIC = "/aws/service/"
"""What every public parameter's name begins with."""

_AMAZON = f"{PUBLIC}ami-amazon-linux-latest/"
_CANONICAL = f"{PUBLIC}canonical/ubuntu/"
_DEBIAN_RELEASE = f"{PUBLIC}debian/release/"
_DEBIAN = re.compile(r"debian-(?P<release>1[0-9])-(?P<architecture>amd64|arm64)-.+")
_DEBIAN_NAMES = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie"}
_AL2023 = re.compile(r"al2023-ami-(?P<minimal>minimal-)?2023\.[0-9.]+-kernel-(?P<kernel>[0-9.]+)-(?P<architecture>.+)")
_AL2 = re.compile(
    r"amzn2-ami-(?P<minimal>minimal-)?(kernel-(?P<kernel>[0-9.]+)-)?hvm-2\.0\.[0-9.]+-(?P<architecture>x86_64|arm64)"
    r"-(?P<volume>gp2|ebs)"
)
_UBUNTU = re.compile(
    r"ubuntu(-minimal)?/images/hvm-ssd(?P<gp3>-gp3)?/ubuntu-(?P<codename>[a-z]+)-(?P<release>[0-9]{2}\.[0-9]{2})"
    r"-(?P<architecture>amd64|arm64)-(?P<kind>server|minimal)-(?P<serial>[0-9.]+)"
)

PUBLISHERS: Mapping[str, tuple[str, ...]] = {
    _AMAZON: ("al2023-ami-", "amzn2-ami-"),
    _CANONICAL: ("ubuntu/images/hvm-ssd", "ubuntu-minimal/images/hvm-ssd"),
    _DEBIAN_RELEASE: ("debian-1",),
}
"""How names of AMIs begin, by how the public parameters begin that may name them."""


def public_names(image_name: str) -> tuple[str, ...]:
    """The public parameters that an AMI of this name may be the value of, where it is the newest of its kind."""
    if (debian := _DEBIAN.fullmatch(image_name)) is not None:
        releases = (debian["release"], _DEBIAN_NAMES.get(debian["release"]))
        return tuple(f"{_DEBIAN_RELEASE}{one}/latest/{debian['architecture']}" for one in releases if one)
    if (amazon := _AL2023.fullmatch(image_name)) is not None:
        kind = f"al2023-ami-{amazon['minimal'] or ''}kernel-"
        return tuple(f"{_AMAZON}{kind}{kernel}-{amazon['architecture']}" for kernel in ("default", amazon["kernel"]))
    if (amazon := _AL2.fullmatch(image_name)) is not None:
        kernel = f"kernel-{amazon['kernel']}-" if amazon["kernel"] else ""
        kind = f"amzn2-ami-{amazon['minimal'] or ''}{kernel}hvm-{amazon['architecture']}"
        return (f"{_AMAZON}{kind}-{amazon['volume']}",)
    if (ubuntu := _UBUNTU.fullmatch(image_name)) is not None:
        server = "server" if ubuntu["kind"] == "server" else "server-minimal"
        volume = "ebs-gp3" if ubuntu["gp3"] else "ebs-gp2"
        releases = (ubuntu["release"], ubuntu["codename"])
        return tuple(
            f"{_CANONICAL}{server}/{release}/stable/{build}/{ubuntu['architecture']}/hvm/{volume}/ami-id"
            for release in releases
            for build in ("current", ubuntu["serial"])
        )
    return ()
