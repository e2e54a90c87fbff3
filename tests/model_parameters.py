"""The parameters that EC2's model gives an action, for tests that hold an action's own list against it."""

from collections.abc import Iterator
from typing import Any

from kumoniwa.gateway.protocols.botocore_model import service_model


def parameters_of(action: str) -> set[str]:
    """Each leaf of the action's request, as a path of member names."""
    return set(_leaves(service_model("ec2", "2016-11-15").operation_model(action).input_shape))


def _leaves(shape: Any, path: str = "") -> Iterator[str]:
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure":
        yield path
        return
    for name, member in shape.members.items():
        yield from _leaves(member, f"{path}.{name}" if path else name)
