"""DescribeVolumeAttribute, ModifyVolumeAttribute, EnableVolumeIO."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.volume_lookup import volume_named
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import MissingParameter
from kumoniwa.store import volumes


@action(
    "DescribeVolumeAttribute",
    depth=Depth.RECORDED,
    missing="AutoEnableIO is stored and shown. Access to a volume is never suspended, so it has no effect.",
)
async def describe_volume_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of a volume. None has product codes: there is no marketplace."""
    volume = await cloud.read(lambda connection: volume_named(connection, call, parameters["VolumeId"]))
    if parameters["Attribute"] == "productCodes":
        return {"VolumeId": volume.id, "ProductCodes": []}
    return {"VolumeId": volume.id, "AutoEnableIO": {"Value": volume.auto_enable_io}}


@action(
    "ModifyVolumeAttribute",
    depth=Depth.RECORDED,
    missing="AutoEnableIO is stored and shown. Access to a volume is never suspended, so it has no effect.",
)
async def modify_volume_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether a volume whose data may be inconsistent is used on. No volume's use is ever suspended here for that."""
    value: bool | None = (parameters.get("AutoEnableIO") or {}).get("Value")
    if value is None:
        raise MissingParameter("autoEnableIO")

    def modify(connection: Connection) -> Answer:
        volume = volume_named(connection, call, parameters["VolumeId"])
        volumes.change(connection, volume.id, auto_enable_io=value)
        return None

    return await cloud.change(call, modify)


@action(
    "EnableVolumeIO",
    depth=Depth.RECORDED,
    missing="The call succeeds and changes nothing, because access to a volume is never suspended.",
)
async def enable_volume_io(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let a volume be used on whose use was suspended: none is, so this is so for every volume there is."""
    await cloud.read(lambda connection: volume_named(connection, call, parameters["VolumeId"]))
    return None
