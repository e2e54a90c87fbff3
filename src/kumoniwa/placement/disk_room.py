"""Whether the host has room on its disk for what an action writes: decided before anything of it is written.

`Driver.capacity` is asked before the transaction that decides by it: it looks at the host, a transaction only at rows.
"""

from http import HTTPStatus

import structlog

from kumoniwa.errors import Ec2Error
from kumoniwa.hypervisor.driver import Capacity

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


def check_room(host: Capacity, need_bytes: int) -> None:
    """Refuse what would write this much where the host has less to spare. Raises `InsufficientVolumeCapacity`.

    The reserve is not for actions: with less than that, guests that already run would pause.
    """
    room = host.room
    if room.spare < need_bytes:
        log.warning("refused for want of room", need_bytes=need_bytes, free_bytes=room.free, reserve_bytes=room.reserve)
        raise InsufficientVolumeCapacity
