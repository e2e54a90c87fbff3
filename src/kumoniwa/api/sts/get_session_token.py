"""GetSessionToken."""

from dataclasses import replace

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.api.sts.assume_role import AccessDenied
from kumoniwa.api.sts.sessions import checked_duration, issued
from kumoniwa.model.principals import PrincipalKind

_USUAL, _MOST, _MOST_OF_ROOT = 43_200, 129_600, 3600  # seconds
_NOT_BUILT = (
    NotBuiltParameter("SerialNumber", "devices for a second factor"),
    NotBuiltParameter("TokenCode", "devices for a second factor"),
)


@action(
    "GetSessionToken",
    service="sts",
    depth=Depth.PARTLY,
    missing="On AWS such a session may call nothing of IAM without a second factor; here it may.",
    not_built=_NOT_BUILT,
)
async def get_session_token(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Credentials that expire, of whoever calls. Those of the cloud's own key last an hour at most."""
    refuse(parameters, _NOT_BUILT)
    caller = call.caller
    if caller.since is not None:
        raise AccessDenied("Cannot call GetSessionToken with session credentials")
    seconds = checked_duration(parameters, _USUAL, _MOST)
    if caller.kind is PrincipalKind.ROOT:
        seconds = min(seconds, _MOST_OF_ROOT)
    return {"Credentials": issued(cloud, call, replace(caller, since=call.at), seconds)}
