"""What a launch template and its versions may say. What a launch would refuse is no refusal here: it is a warning."""

import re
from collections.abc import Mapping
from typing import Any

from kumoniwa.api.ec2.images.image_aliases import is_alias
from kumoniwa.api.ec2.kinds import EXPECTING, IMAGE
from kumoniwa.api.ec2.network.quotas import Quota
from kumoniwa.api.ec2.tags import from_specifications
from kumoniwa.errors import Ec2Error, InvalidParameterValue

TEMPLATES = Quota(
    "launch templates of a region",
    5000,
    "LaunchTemplateLimitExceeded",
    "You have reached the maximum number of launch templates allowed: {most}.",
)
VERSIONS = Quota(
    "versions of a launch template",
    10_000,
    "LaunchTemplateVersionLimitExceeded",
    "The launch template {of} has reached the maximum number of versions allowed: {most}.",
)
_NAME = re.compile(r"[a-zA-Z0-9().\-/_]{3,128}")
_IMAGE = re.compile(r"ami-[0-9a-f]+")  # of any length: EC2 takes `ami-def456` (moto's tests, verified on AWS)
_TAGGED = ("instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu")
_MOST_DESCRIPTION = 255


def check_name(name: str) -> None:
    """Raises EC2's refusal of what can be no launch template's name."""
    if _NAME.fullmatch(name) is None:
        raise Ec2Error(
            "InvalidLaunchTemplateName.MalformedException",
            "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the "
            "following characters: - ( ) . / _.",
        )


def check_description(description: str | None) -> None:
    """Raises EC2's refusal of a version's description that is too long."""
    if description is not None and len(description) > _MOST_DESCRIPTION:
        raise InvalidParameterValue(
            f"Value ({description[:200]}…) for parameter versionDescription is invalid. It may have "
            f"{_MOST_DESCRIPTION} characters."
        )


def check_data(data: Mapping[str, Any]) -> None:
    """Raises EC2's refusals of what no version can say."""
    from_specifications(data, _TAGGED)
    image_id = data.get("ImageId")
    if image_id is not None and not is_alias(image_id) and _IMAGE.fullmatch(image_id) is None:
        raise IMAGE.malformed(image_id, text=EXPECTING)


def inherited(source: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """What a new version says that is made of another one: `data` takes the place of what is under the same names.

    Snapshots of inherited block device mappings are left out (the API reference, `SourceVersion`).
    """
    kept = dict(source)
    if "BlockDeviceMappings" in kept:
        kept["BlockDeviceMappings"] = [_without_snapshot(mapping) for mapping in kept["BlockDeviceMappings"]]
    return {**kept, **data}


def _without_snapshot(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    if "SnapshotId" not in (ebs := mapping.get("Ebs") or {}):
        return mapping
    return {**mapping, "Ebs": {name: value for name, value in ebs.items() if name != "SnapshotId"}}
