"""Lists of what an account may have on AWS and none has here: tools ask before they go on."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.users.named_user import user_of
from kumoniwa.api.registry import Depth, action

_NONE = "There are none, and none can be made."


@action("ListGroups", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups of users: none."""
    return {"Groups": [], "IsTruncated": False}


@action("ListGroupsForUser", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_groups_for_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups that a user is in: none."""

    def read(connection: Connection) -> Answer:
        user_of(connection, call, parameters)
        return {"Groups": [], "IsTruncated": False}

    return await cloud.read(read)


@action("ListMFADevices", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_mfa_devices(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The devices for a second factor: none."""
    return {"MFADevices": [], "IsTruncated": False}
