"""TagInstanceProfile, UntagInstanceProfile, ListInstanceProfileTags."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.instance_profiles.named_instance_profile import profile_of
from kumoniwa.api.iam.tagged import Tagged
from kumoniwa.api.registry import action
from kumoniwa.store import instance_profiles

_TAGGED = Tagged(profile_of, instance_profiles.change, "TagsPerInstanceProfile")


@action("TagInstanceProfile", service="iam")
async def tag_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give an instance profile tags."""
    return await _TAGGED.tag(cloud, call, parameters)


@action("UntagInstanceProfile", service="iam")
async def untag_instance_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from an instance profile."""
    return await _TAGGED.untag(cloud, call, parameters)


@action("ListInstanceProfileTags", service="iam")
async def list_instance_profile_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of an instance profile, by key."""
    return await _TAGGED.listed(cloud, call, parameters)
