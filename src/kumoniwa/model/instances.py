"""Instances: the EC2 resource, its states and their allowed moves."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.values import dataclass


class InstanceState(StrEnum):
    """EC2's six instance states. There is no "rebooting" state: a reboot is not a move."""

    PENDING = "pending"
    RUNNING = "running"
    SHUTTING_DOWN = "shutting-down"
    TERMINATED = "terminated"
    STOPPING = "stopping"
    STOPPED = "stopped"

    @property
    def code(self) -> int:
        """The number EC2 gives beside the name."""
        return _CODES[self]


_CODES = {
    InstanceState.PENDING: 0,
    InstanceState.RUNNING: 16,
    InstanceState.SHUTTING_DOWN: 32,
    InstanceState.TERMINATED: 48,
    InstanceState.STOPPING: 64,
    InstanceState.STOPPED: 80,
}

MOVES: Mapping[InstanceState, frozenset[InstanceState]] = {
    InstanceState.PENDING: frozenset(
        {InstanceState.RUNNING, InstanceState.SHUTTING_DOWN, InstanceState.TERMINATED, InstanceState.STOPPED}
    ),
    InstanceState.RUNNING: frozenset({InstanceState.STOPPING, InstanceState.SHUTTING_DOWN}),
    InstanceState.STOPPING: frozenset({InstanceState.STOPPED, InstanceState.SHUTTING_DOWN}),
    InstanceState.STOPPED: frozenset({InstanceState.PENDING, InstanceState.SHUTTING_DOWN}),
    InstanceState.SHUTTING_DOWN: frozenset({InstanceState.TERMINATED}),
    InstanceState.TERMINATED: frozenset(),
}
"""Which state may follow which. PENDING → STOPPED is a start that failed, PENDING → TERMINATED a launch that failed."""


@dataclass(frozen=True, slots=True)
class Move:
    """When an instance came into a state: its first, or one that followed another."""

    instance_id: str
    number: int
    state: InstanceState
    at: datetime


class Reachability(StrEnum):
    """The instance status check: whether the guest answers."""

    INITIALIZING = "initializing"
    OK = "ok"
    IMPAIRED = "impaired"


class ShutdownBehavior(StrEnum):
    """What becomes of an instance whose guest powers itself off."""

    STOP = "stop"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class StateReason:
    """Why an instance or image is in its state: EC2's code and sentence."""

    code: str
    message: str


USER_SHUTDOWN = StateReason("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown")
USER_HIBERNATE = StateReason("Client.UserInitiatedHibernate", "Client.UserInitiatedHibernate: User initiated hibernate")
INSTANCE_SHUTDOWN = StateReason(
    "Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
)


@dataclass(frozen=True, slots=True)
class Instance:
    """An EC2 instance. Its private addresses and security groups are those of its network interfaces."""

    id: str
    account: str
    region: str
    reservation_id: str
    requester: str
    launch_index: int
    image_id: str
    instance_type: str
    architecture: str
    state: InstanceState
    zone: str
    public_ip: str | None
    associate_public_ip: bool
    key_name: str | None
    public_key: str | None
    """The key pair's at launch: it stays the guest's when the key pair is deleted."""
    root_device_name: str
    launch_time: datetime
    first_launch_time: datetime
    guest_uuid: str
    user_data: str | None = field(repr=False)
    """Base64, as it came."""
    client_token: str
    disable_api_stop: bool
    disable_api_termination: bool
    shutdown_behavior: ShutdownBehavior
    ebs_optimized: bool
    monitoring: bool
    metadata_endpoint: bool
    metadata_tokens_required: bool
    metadata_hop_limit: int
    metadata_tags: bool
    options: Mapping[str, Any]
    """Launch options that are recorded and described (CpuOptions, Placement …), under EC2's member names."""
    boot_mode: str | None = None
    """What its firmware boots by: `uefi` or `legacy-bios`; None: legacy-bios, because the image says nothing."""
    nvme_only: bool = False
    """Whether its guest is to see NVMe disks whatever its type, as its image has it."""
    virtio_only: bool = False
    """Whether its guest is to see virtio disks whatever its type: its image had fast launch when it was launched."""
    prepared_on: str | None = None
    """The prepared machine that its root volume was made on; None: it was made on the image itself."""
    state_transition_reason: str = ""
    state_reason_code: str | None = None
    state_reason_message: str | None = None
    reachability: Reachability = Reachability.INITIALIZING
    impaired_since: datetime | None = None
    terminated_at: datetime | None = None
    version: int = 0
    """Counts the changes of this row, so that what was made from it can be kept until it changes."""

    @property
    def disk_bus(self) -> str:
        """How its guest sees its disks: `nvme` or `virtio`."""
        if self.nvme_only:
            return "nvme"
        return "virtio" if self.virtio_only else INSTANCE_TYPES[self.instance_type].disk_bus

    @property
    def is_hibernatable(self) -> bool:
        """Whether it was launched to be hibernated."""
        return bool(self.options.get("HibernationOptions", {}).get("Configured"))


def user_initiated(at: datetime) -> str:
    """EC2's StateTransitionReason for what a caller asked for (the zone is written GMT)."""
    return f"User initiated ({at:%Y-%m-%d %H:%M:%S} GMT)"
