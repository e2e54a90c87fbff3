"""What the actions that change instances' states have in common."""

from collections.abc import Mapping
from typing import Any

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.instances.instance_output import state_output
from kumoniwa.errors import OperationNotPermitted
from kumoniwa.model.instances import (
    USER_HIBERNATE,
    USER_SHUTDOWN,
    Instance,
    InstanceState,
    StateReason,
    user_initiated,
)

StateChange = Mapping[str, Any]
"""An instance's state before and after, under EC2's member names."""


def state_change(instance: Instance, current: InstanceState) -> StateChange:
    """The change of an instance from its state to this one."""
    return {
        "InstanceId": instance.id,
        "CurrentState": state_output(current),  # the first, as on EC2: libcloud reads the first name that there is
        "PreviousState": state_output(instance.state),
    }


def user_shutdown(call: Call) -> dict[str, Any]:
    """The columns that say that the caller ended the instance, or had it stopped."""
    return _initiated(call, USER_SHUTDOWN)


def user_hibernate(call: Call) -> dict[str, Any]:
    """The columns that say that the caller had the instance hibernated: that this was begun, as on EC2."""
    return _initiated(call, USER_HIBERNATE)


def _initiated(call: Call, reason: StateReason) -> dict[str, Any]:
    return {
        "state_transition_reason": user_initiated(call.at),
        "state_reason_code": reason.code,
        "state_reason_message": reason.message,
    }


def protected(instance: Instance, verb: str, attribute: str) -> OperationNotPermitted:
    """EC2's refusal to stop or terminate an instance that this attribute protects."""
    return OperationNotPermitted(
        f"The instance '{instance.id}' may not be {verb}. Modify its '{attribute}' instance attribute and try again."
    )
