"""EnableSerialConsoleAccess, DisableSerialConsoleAccess and GetSerialConsoleAccessStatus."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.account_settings import Setting
from kumoniwa.model.scope import Scope
from kumoniwa.store import account_settings

_MISSING = "Access is enabled until it is disabled; on EC2 it is the other way round."


@action("EnableSerialConsoleAccess", depth=Depth.PARTLY, missing=_MISSING)
async def enable_serial_console_access(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let the account connect to the serial consoles of its guests in this region."""
    return await _decide(cloud, call, enabled=True)


@action("DisableSerialConsoleAccess", depth=Depth.PARTLY, missing=_MISSING)
async def disable_serial_console_access(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let nobody connect to the serial consoles of the account's guests in this region; who is connected is cut off."""
    return await _decide(cloud, call, enabled=False)


@action("GetSerialConsoleAccessStatus", depth=Depth.PARTLY, missing=_MISSING)
async def get_serial_console_access_status(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether the account may connect to serial consoles in this region."""
    enabled = await cloud.read(lambda connection: is_enabled(connection, call.scope))
    return {"SerialConsoleAccessEnabled": enabled, "ManagedBy": "account"}


def is_enabled(connection: Connection, scope: Scope) -> bool:
    """Whether serial consoles may be connected to."""
    return account_settings.get(connection, scope, Setting.SERIAL_CONSOLE_ACCESS) is not False


async def _decide(cloud: Cloud, call: Call, *, enabled: bool) -> Answer:
    def decide(connection: Connection) -> Answer:
        account_settings.put(connection, call.scope, Setting.SERIAL_CONSOLE_ACCESS, enabled)
        return {"SerialConsoleAccessEnabled": enabled}

    return await cloud.change(call, decide)
