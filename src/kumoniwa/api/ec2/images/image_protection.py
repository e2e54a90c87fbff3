"""EnableImageDeregistrationProtection and DisableImageDeregistrationProtection."""

from datetime import timedelta

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.images.image_output import PROTECTION_OFF
from kumoniwa.api.ec2.named.image_lookup import image_named
from kumoniwa.api.registry import action
from kumoniwa.store import images

COOLDOWN = timedelta(hours=24)
WITHOUT_COOLDOWN = "enabled-without-cooldown"
WITH_COOLDOWN = "enabled-with-cooldown"


@action("EnableImageDeregistrationProtection")
async def enable_image_deregistration_protection(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """From now on the image cannot be deregistered; with a cooldown, nor for 24 hours after this was turned off.

    A cooldown that goes on already is not cut short.
    """
    kind = WITH_COOLDOWN if parameters.get("WithCooldown") else WITHOUT_COOLDOWN

    def enable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        images.change(connection, image.id, deregistration_protection=kind)
        return {"Return": "true"}

    return await cloud.change(call, enable)


@action("DisableImageDeregistrationProtection")
async def disable_image_deregistration_protection(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The image may be deregistered: at once, or when its cooldown is over. Asked again, the cooldown goes on."""

    def disable(connection: Connection) -> Answer:
        image = image_named(connection, call, parameters["ImageId"])
        until = image.protected_until
        if image.deregistration_protection == WITH_COOLDOWN:
            until = call.at + COOLDOWN
        images.change(connection, image.id, deregistration_protection=PROTECTION_OFF, protected_until=until)
        return {"Return": "true"}

    return await cloud.change(call, disable)
