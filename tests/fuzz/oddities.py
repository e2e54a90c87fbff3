"""What may be odd about a request, and whether it may be granted even so."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class May(Enum):
    """Whether a request may be granted."""

    MUST = "it must be granted"
    MAY = "it may be granted or refused"
    NEVER = "it must be refused"


@dataclass(frozen=True)
class Oddity(Generic[T]):
    """One thing that is odd, and how a request comes to it."""

    name: str
    may: May
    change: Callable[[T, Random], None]
