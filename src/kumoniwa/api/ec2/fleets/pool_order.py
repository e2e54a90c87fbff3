"""In which order a fleet tries its pools."""

from collections.abc import Sequence
from decimal import Decimal
from math import inf

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.fleets.fleet_parts import SPOT, Part, Strategy
from kumoniwa.api.ec2.fleets.fleet_pools import Pool, parameters_of
from kumoniwa.api.ec2.instances.launch.launch_network import launch_zone
from kumoniwa.errors import Ec2Error
from kumoniwa.hypervisor.driver import Capacity
from kumoniwa.model.instance_types import INSTANCE_TYPES, InstanceType
from kumoniwa.model.prices import SpotPool, on_demand_price
from kumoniwa.placement import guest_memory
from kumoniwa.values import dataclass

_OF_ROOM = (Strategy.CAPACITY, Strategy.CAPACITY_PRIORITIZED, Strategy.PRICE_CAPACITY)


@dataclass(frozen=True, slots=True)
class Choice:
    """A pool with what decides when it is tried."""

    pool: Pool
    zone: str | None
    """None, as its price, where there can be none: a launch of it is tried, and refused."""
    price: Decimal | None
    """Of an instance, in dollars an hour."""
    room: float
    """How much of the fleet's capacity the host can hold of it."""

    @property
    def priority(self) -> float:
        """The lower, the earlier; without one, last."""
        priority = (self.pool.overrides or {}).get("Priority")
        return inf if priority is None else float(priority)


def in_order(connection: Connection, call: Call, host: Capacity, part: Part, pools: Sequence[Pool]) -> list[Choice]:
    """The pools as the part's strategy wants them, the first to be tried first.

    The host is the capacity of every pool. What EC2 takes by how much a pool has left is here whether the host has room
    for all that is asked for; `capacity-optimized` alone begins where the most fits.
    """
    rooms = _rooms(connection, host, pools) if part.strategy in _OF_ROOM else {}
    choices = [_choice(connection, call, part, pool, rooms) for pool in pools]
    by_unit = any(pool.weight <= part.target for pool in pools)  # else one instance is enough, and its price counts
    return sorted(choices, key=lambda one: (*_rank(one, part, by_unit=by_unit), one.pool.position))


def _rank(choice: Choice, part: Part, *, by_unit: bool) -> tuple[float, ...]:
    """The lower, the earlier."""
    weight = choice.pool.weight if by_unit else 1.0
    price = inf if choice.price is None else float(choice.price) / weight
    is_too_small = float(choice.room < part.target)
    match part.strategy:
        case Strategy.LOWEST_PRICE:
            return (price,)
        case Strategy.PRIORITIZED:
            return (choice.priority,)
        case Strategy.DIVERSIFIED:
            return ()
        case Strategy.CAPACITY:
            return (-choice.room,)
        case Strategy.CAPACITY_PRIORITIZED:
            return (is_too_small, choice.priority)
        case Strategy.PRICE_CAPACITY:
            return (is_too_small, price)


def _choice(connection: Connection, call: Call, part: Part, pool: Pool, rooms: dict[str, float]) -> Choice:
    kind = _kind(pool)
    zone = _zone(connection, call, pool) if part.lifecycle == SPOT or part.one_zone else None
    room = 0.0 if kind is None else rooms.get(kind.name, inf) * pool.weight
    return Choice(pool, zone, _price(call, part, kind, zone), room)


def _price(call: Call, part: Part, kind: InstanceType | None, zone: str | None) -> Decimal | None:
    if kind is None:
        return None
    if part.lifecycle != SPOT:
        return on_demand_price(kind)
    return None if zone is None else SpotPool.of(kind, zone).price(call.at)


def _kind(pool: Pool) -> InstanceType | None:
    return INSTANCE_TYPES.get(pool.instance_type or "")


def _zone(connection: Connection, call: Call, pool: Pool) -> str | None:
    """The zone that it launches in."""
    try:
        return launch_zone(connection, call, parameters_of(pool))
    except Ec2Error:
        return None  # the launch says why


def _rooms(connection: Connection, host: Capacity, pools: Sequence[Pool]) -> dict[str, float]:
    """How many more guests of each type the host can hold."""
    kinds = {kind.name: kind for pool in pools if (kind := _kind(pool)) is not None}
    rooms = {name: guest_memory.room(host, connection, kind) for name, kind in kinds.items()}
    return {name: inf if room is None else float(room) for name, room in rooms.items()}
