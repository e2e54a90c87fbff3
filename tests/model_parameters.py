"""EC2's model, and the parameters that it gives an action, for tests that hold an action's own list against it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from service_models import service_model


@cache
def ec2_model() -> Any:
    """botocore's own. It takes a fifth of a second to read: once for all."""
    return service_model("ec2", "2016-11-15")


def parameters_of(action: str) -> set[str]:
    """Each leaf of the action's request, as a path of member names."""
    return set(_leaves(ec2_model().operation_model(action).input_shape))


def leaves_of(shape: Any) -> set[str]:
    """Each leaf of a shape of the model, likewise."""
    return set(_leaves(shape))


def _leaves(shape: Any, path: str = "") -> Iterator[str]:
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure":
        yield path
        return
    for name, member in shape.members.items():
        yield from _leaves(member, f"{path}.{name}" if path else name)
