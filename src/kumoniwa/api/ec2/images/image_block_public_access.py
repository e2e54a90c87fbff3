"""EnableImageBlockPublicAccess, DisableImageBlockPublicAccess and GetImageBlockPublicAccessState."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.image_output import PUBLIC
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import OperationNotPermitted
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.scope import Scope
from kumoniwa.store import account_settings

_UNBLOCKED = "unblocked"
_MISSING = (
    "It holds at once; EC2 takes up to ten minutes. It is not blocked until it is; EC2 blocks it in new accounts."
)


@action("EnableImageBlockPublicAccess", depth=Depth.PARTLY, missing=_MISSING)
async def enable_image_block_public_access(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let no image of the account be shared with everybody in this region; one that is shared stays so."""
    return await _decide(cloud, call, parameters["ImageBlockPublicAccessState"])


@action("DisableImageBlockPublicAccess", depth=Depth.PARTLY, missing=_MISSING)
async def disable_image_block_public_access(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let images be shared with everybody."""
    return await _decide(cloud, call, _UNBLOCKED)


@action("GetImageBlockPublicAccessState", depth=Depth.PARTLY, missing=_MISSING)
async def get_image_block_public_access_state(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether images may be shared with everybody."""
    state = await cloud.read(lambda connection: _state(connection, call.scope))
    return {"ImageBlockPublicAccessState": state, "ManagedBy": "account"}


def check_sharing(connection: Connection, scope: Scope, added: Collection[str]) -> None:
    """Raises EC2's refusal to share an image with everybody, where that is blocked."""
    if PUBLIC in added and _state(connection, scope) != _UNBLOCKED:
        raise OperationNotPermitted(
            "You can’t publicly share this image because block public access for AMIs is enabled for this account. "
            "To publicly share the image, you must call the DisableImageBlockPublicAccess API."
        )


def _state(connection: Connection, scope: Scope) -> str:
    return account_settings.get(connection, scope, Setting.IMAGE_BLOCK_PUBLIC_ACCESS) or _UNBLOCKED


async def _decide(cloud: Cloud, call: Call, state: str) -> Answer:
    def decide(connection: Connection) -> Answer:
        account_settings.put(connection, call.scope, Setting.IMAGE_BLOCK_PUBLIC_ACCESS, state)
        return {"ImageBlockPublicAccessState": state}

    return await cloud.change(call, decide)
