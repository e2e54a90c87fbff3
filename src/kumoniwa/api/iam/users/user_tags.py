"""TagUser, UntagUser, ListUserTags."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.tagged import Tagged
from kumoniwa.api.iam.users.named_user import user_of
from kumoniwa.api.registry import action
from kumoniwa.store import users

_TAGGED = Tagged(user_of, users.change, "TagsPerUser")


@action("TagUser", service="iam")
async def tag_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a user tags."""
    return await _TAGGED.tag(cloud, call, parameters)


@action("UntagUser", service="iam")
async def untag_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from a user."""
    return await _TAGGED.untag(cloud, call, parameters)


@action("ListUserTags", service="iam")
async def list_user_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of a user, by key."""
    return await _TAGGED.listed(cloud, call, parameters)
