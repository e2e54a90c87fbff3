"""TagRole, UntagRole, ListRoleTags."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.roles.named_role import role_of
from kumoniwa.api.iam.tagged import Tagged
from kumoniwa.api.registry import action
from kumoniwa.store import roles

_TAGGED = Tagged(role_of, roles.change, "TagsPerRole")


@action("TagRole", service="iam")
async def tag_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a role tags."""
    return await _TAGGED.tag(cloud, call, parameters)


@action("UntagRole", service="iam")
async def untag_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from a role."""
    return await _TAGGED.untag(cloud, call, parameters)


@action("ListRoleTags", service="iam")
async def list_role_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of a role, by key."""
    return await _TAGGED.listed(cloud, call, parameters)
