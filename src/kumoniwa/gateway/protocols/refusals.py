"""EC2's own refusals of what is missing or unknown in a request, where they are not the usual ones.

By the names of the model's shapes: the readers look here before they refuse in the usual words.
"""

from collections.abc import Callable, Mapping

from kumoniwa.errors import (
    Ec2Error,
    InvalidParameterCombination,
    InvalidParameterValue,
    InvalidRequest,
    MissingParameter,
    empty_tag_key,
    no_template_data,
    unknown_attribute,
)

_ON_INSTANCES = ("Monitor", "Reboot", "Start", "Stop", "Terminate", "Unmonitor")

MISSING: Mapping[tuple[str, str], Callable[[], Ec2Error]] = {
    ("CreateTagsRequest", "Resources"): lambda: MissingParameter("resourceIdSet"),
    ("CreateTagsRequest", "Tags"): lambda: InvalidParameterValue("You must specify one or more tags to create"),
    ("DeleteTagsRequest", "Resources"): lambda: MissingParameter("resourceIdSet"),
    ("CreateLaunchTemplateRequest", "LaunchTemplateData"): no_template_data,
    **{
        (f"{verb}InstancesRequest", "InstanceIds"): lambda: InvalidParameterCombination("No instances specified")
        for verb in _ON_INSTANCES
    },
}
"""Of a required member, by the structure and the member."""

SENT_EMPTY: Mapping[tuple[str, str], Callable[[], Ec2Error]] = {
    ("DescribeVolumesRequest", "VolumeIds"): lambda: MissingParameter("volumes"),
    ("RunInstancesRequest", "ImageId"): lambda: Ec2Error(
        "InvalidAMIID.Malformed", 'Invalid id: "" (expecting "ami-...")'
    ),
    ("RunInstancesRequest", "InstanceType"): lambda: InvalidParameterValue("Invalid value '' for InstanceType."),
    ("RunInstancesRequest", "SecurityGroupIds"): lambda: InvalidParameterValue(
        "Value () for parameter groupId is invalid. The value cannot be empty"
    ),
    **{
        (f"{verb}InstancesRequest", "InstanceIds"): lambda: Ec2Error(
            "InvalidInstanceID.Malformed", 'Invalid id: "" (expecting "i-...")'
        )
        for verb in _ON_INSTANCES
    },
    **{
        (f"{verb}SecurityGroup{way}Request", "GroupId"): lambda: Ec2Error(
            "InvalidGroupId.Malformed", "The security-group ID '' is malformed"
        )
        for verb in ("Authorize", "Revoke")
        for way in ("Ingress", "Egress")
    },
}
"""Of a member, or an item of it, that was sent empty, by the structure and the member. Most members that are sent empty
are as if they were not there."""

LEFT_OUT = frozenset({("CreateLaunchTemplateVersionRequest", "LaunchTemplateData")})
"""Required members that may be empty, which EC2's protocol has no word for: the action says when they are missing."""

EMPTY: Mapping[str, Callable[[], Ec2Error]] = {"Tag": empty_tag_key}
"""Of an item of a list that was sent without any content, by the item's structure."""

UNKNOWN: Mapping[str, Callable[[str], Ec2Error]] = {
    "DomainType": lambda value: InvalidParameterValue(f"Invalid value '{value}' for domain."),
    "ImageAttributeName": lambda _: InvalidRequest(),
    **dict.fromkeys(("InstanceAttributeName", "SnapshotAttributeName", "VolumeAttributeName"), unknown_attribute),
}
"""Of a word that an enumeration does not have, by the enumeration."""
