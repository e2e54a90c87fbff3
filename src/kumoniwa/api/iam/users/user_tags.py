"""TagUser, UntagUser, ListUserTags."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.tags import given_tags, tag_list, with_tags, without_tags
from kumoniwa.api.iam.users.named_user import user_named
from kumoniwa.api.registry import action
from kumoniwa.store import users


@action("TagUser", service="iam")
async def tag_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a user tags."""
    tags = given_tags(parameters)

    def tag(connection: Connection) -> Answer:
        user = user_named(connection, call, parameters["UserName"])
        users.change(connection, user.id, {"tags": with_tags(user.tags, tags, "TagsPerUser")})
        return None

    return await cloud.change(call, tag)


@action("UntagUser", service="iam")
async def untag_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from a user."""

    def untag(connection: Connection) -> Answer:
        user = user_named(connection, call, parameters["UserName"])
        users.change(connection, user.id, {"tags": without_tags(user.tags, parameters["TagKeys"])})
        return None

    return await cloud.change(call, untag)


@action("ListUserTags", service="iam")
async def list_user_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of a user, by key."""
    user = await cloud.read(lambda connection: user_named(connection, call, parameters["UserName"]))
    return page(parameters, "Tags", tag_list(user.tags), lambda tag: tag["Key"], lambda tag: tag)
