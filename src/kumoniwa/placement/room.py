"""Whether the host has room on its disk for what an action writes: decided before anything of it is written."""

from http import HTTPStatus

import structlog

from kumoniwa.errors import Ec2Error
from kumoniwa.hypervisor.driver import Driver

log = structlog.get_logger(__name__)

NEW_LAYER_BYTES = 1 << 20
"""What the file of a layer that holds nothing yet takes at most: its header and first tables."""


class InsufficientVolumeCapacity(Ec2Error):
    """EC2's words, without its advice to try another type or zone: all are this one disk."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        super().__init__(
            "InsufficientVolumeCapacity",
            "There is not enough capacity to fulfill your EBS volume provision request.",
        )


def check_room(driver: Driver, need_bytes: int) -> None:
    """Refuse what would write so much, where the host has it not to spare. Raises `InsufficientVolumeCapacity`.

    What lies in the reserve is not for actions: with less of it, guests that run already would pause.
    """
    room = driver.room()
    if room.free - room.reserve < need_bytes:
        log.warning("refused for want of room", need_bytes=need_bytes, free_bytes=room.free, reserve_bytes=room.reserve)
        raise InsufficientVolumeCapacity
