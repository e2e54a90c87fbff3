"""The prices that are made up."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.prices import DAY, EPOCH, LASTS_DAYS, SpotPool, on_demand_price

_MOMENTS = st.timedeltas(timedelta(0), timedelta(days=40_000)).map(lambda since: EPOCH + since)
_KINDS = st.sampled_from(sorted(kind.name for kind in INSTANCE_TYPES.every()))


def _last_change(pool: SpotPool, moment: datetime) -> datetime:
    """Day by day back from a moment."""
    day = (moment - EPOCH) // DAY
    while True:
        change = EPOCH + day * DAY + timedelta(minutes=pool.minute)
        if day % LASTS_DAYS == pool.turn and change <= moment:
            return change
        day -= 1


@given(_KINDS, st.sampled_from(["us-east-1a", "eu-west-1b"]), _MOMENTS)
def test_the_price_in_force_is_that_of_the_last_change(name: str, zone: str, moment: datetime) -> None:
    pool = SpotPool.of(INSTANCE_TYPES[name], zone)
    assert pool.price(moment) == pool.changed_to(_last_change(pool, moment))


@given(_KINDS, _MOMENTS)
def test_spot_costs_less_than_on_demand(name: str, moment: datetime) -> None:
    kind = INSTANCE_TYPES[name]
    assert 0 < SpotPool.of(kind, "us-east-1a").price(moment) < on_demand_price(kind)


def test_spot_costs_something_else_after_three_days() -> None:
    pool = SpotPool.of(INSTANCE_TYPES["m5.large"], "us-east-1a")
    prices = {pool.price(EPOCH + 3 * number * DAY) for number in range(1, 30)}
    assert len(prices) > 10
