"""The listing of every Describe action that has one."""

import inspect
from collections.abc import Iterator
from typing import Any

from kumoniwa.api import ec2
from kumoniwa.api.listing import Listing
from kumoniwa.api.registry import ACTIONS
from kumoniwa.modules import import_all

import_all(ec2)


def _listings() -> Iterator[tuple[str, Listing[Any]]]:
    for name, action in sorted(ACTIONS["ec2"].items()):
        words = inspect.unwrap(action.function).__code__.co_names
        named = (vars(inspect.getmodule(action.function)).get(word) for word in words)
        yield from ((name, value) for value in named if isinstance(value, Listing))


LISTINGS = dict(_listings())
