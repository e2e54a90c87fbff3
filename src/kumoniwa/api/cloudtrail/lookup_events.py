"""LookupEvents."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.cloudtrail.event_output import event_output
from kumoniwa.api.cloudtrail.event_resources import resources_of
from kumoniwa.api.listing import seen_last, token_after
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error
from kumoniwa.model.trail_events import TrailEvent, id_at, id_of_event
from kumoniwa.store import trail_events
from kumoniwa.store.trail_events import MENTIONED

_MOST = 50
_AGES = timedelta(days=36_500)
_SOURCE = ".amazonaws.com"

Passes = Callable[[TrailEvent], bool]


class LookupRefused(Ec2Error):
    """CloudTrail's refusals of a lookup, each with a code of its own."""


@action(
    "LookupEvents",
    service="cloudtrail",
    depth=Depth.PARTLY,
    missing="At most 50 reads a second are recorded, and the 50,000 latest events are kept, for 90 days. There are no "
    "Insights events.",
)
async def lookup_events(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The calls that were made in a region, the latest first: all of them, or those with one attribute."""
    compared, passes = _asked_for(parameters.get("LookupAttributes") or [])
    since, until = _span(call, parameters)
    last = seen_last(call, parameters, _invalid_token)
    most = parameters.get("MaxResults") or _MOST
    trail = cloud.trail
    if trail is None or parameters.get("EventCategory") == "insight":
        return {"Events": []}
    by_console = call.came is not None and call.came.by_console  # its pages read no more often than they may
    if not by_console and not trail.may_be_looked_up(call.scope):
        raise LookupRefused("ThrottlingException", "Rate exceeded")
    await trail.flush()

    def read(connection: Connection) -> list[TrailEvent]:
        end = until if last is None else min(until, int(last))
        there = trail_events.newest_first(connection, call.scope, since, end, compared)
        return list(islice(filter(passes, there), most + 1))

    # Not on the event loop: where few pass, many are read.
    found = await cloud.world.database.read(read)
    rows = [event_output(one, trail.elements) for one in found[:most]]
    if len(found) <= most:
        return {"Events": rows}
    return {"Events": rows, "NextToken": token_after(str(found[most - 1].id), call, parameters)}


def _asked_for(attributes: list[Mapping[str, str]]) -> tuple[dict[str, object], Passes]:
    """What the database compares of the events, and what else they must be. Raises CloudTrail's refusals."""
    if len(attributes) > 1:
        raise _invalid("You can specify only one lookup attribute.")
    if not attributes:
        return {}, lambda _: True
    key, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    match key:
        case "EventId":
            found = id_of_event(value)
            return {"id": -1 if found is None else found}, lambda event: event.event_id == value
        case "EventName":
            return {"action": value}, lambda _: True
        case "ReadOnly":
            if value not in ("true", "false"):
                raise _invalid("The value of ReadOnly must be true or false.")
            return {"is_read": value == "true"}, lambda _: True
        case "Username":
            return {"username": value}, lambda _: True
        case "EventSource":
            return {"service": value.removesuffix(_SOURCE) if value.endswith(_SOURCE) else ""}, lambda _: True
        case "AccessKeyId":
            return {"access_key": value}, lambda _: True
        case "ResourceName":
            return {MENTIONED: value}, lambda event: value in resources_of(event)
        case _:
            return {}, lambda event: value in resources_of(event).values()


def _span(call: Call, parameters: Parameters) -> tuple[int, int]:
    """Between which ids the events are. Raises the refusal of a time that begins after its end."""
    start: datetime = parameters.get("StartTime") or call.at - _AGES
    end: datetime | None = parameters.get("EndTime")
    if end is not None and start > end:
        raise LookupRefused("InvalidTimeRangeException", "Start time must be before or equal to end time.")
    # Seconds are whole in what is told of events: one of the last second is meant too.
    until = call.at + _AGES if end is None else end + timedelta(seconds=1)
    least, most = call.at - _AGES, call.at + _AGES
    return id_at(min(max(start, least), most)), id_at(min(max(until, least), most))


def _invalid(message: str) -> LookupRefused:
    return LookupRefused("InvalidLookupAttributesException", message)


def _invalid_token(token: str) -> Ec2Error:
    return LookupRefused("InvalidNextTokenException", "Invalid NextToken.")
