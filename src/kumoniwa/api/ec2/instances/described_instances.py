"""Instances with their descriptions, which are made once per version.

An instance's version counts every change of its description, in the transaction that makes the change: of its row,
its tags, its attachments and its security groups. One look at ids and versions therefore says which descriptions still
hold; only the others are read and made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_output import instance_output, surroundings
from kumoniwa.api.ec2.named.instance_lookup import instances_named
from kumoniwa.api.written_once import Frame, Framed, WrittenOnce
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances

_BYTES = 12_000
_BYTES_OF_PART = 1_000
_BYTES_OF_CHARACTER = 5  # in the output, and in UTF-8


class Described(NamedTuple):
    """An instance as EC2 describes it."""

    instance: Instance
    """Its row, but for what may be large and is in no description."""
    output: WrittenOnce
    alone: Framed
    """It under the reservation that launched it, as where no other instance of that is shown."""

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes, with all that is written of it."""
        tags = self.output["Tags"] or ()
        parts = len(tags) + len(self.output["BlockDeviceMappings"])
        letters = sum(len(tag["Key"]) + len(tag["Value"]) for tag in tags)
        letters += len(self.instance.state_reason_message or "")
        return _BYTES + parts * _BYTES_OF_PART + letters * _BYTES_OF_CHARACTER


def instances_described(cloud: Cloud, connection: Connection, call: Call, ids: Sequence[str]) -> list[Described]:
    """These instances of the caller's account and region, in no order. Raises what `instances_named` raises."""
    versions = instances.versions(connection, call.scope, ids)
    if not versions.keys() >= set(ids):
        instances_named(connection, call, ids)  # refuses, in EC2's words
    return described(cloud, connection, call, versions)


def described(cloud: Cloud, connection: Connection, call: Call, versions: Mapping[str, int]) -> list[Described]:
    """The instances that have these versions, by id, in that order."""
    known: dict[str, Described] = cloud.descriptions.that_hold(versions)
    if len(known) == len(versions):
        return list(known.values())
    made = _describe(connection, call, [each for each in versions if each not in known])
    cloud.descriptions.keep(versions, made)
    known |= made
    return [known[each] for each in versions]


def under_reservations(found: Sequence[Described]) -> list[Framed]:
    """Instances under the reservations that launched them, in the order in which they stand."""
    grouped: dict[str, list[Described]] = {}
    for each in found:
        grouped.setdefault(each.instance.reservation_id, []).append(each)
    return [
        those[0].alone if len(those) == 1 else Framed(those[0].alone.frame, [each.output for each in those])
        for those in grouped.values()
    ]


def _describe(connection: Connection, call: Call, ids: Sequence[str]) -> Mapping[str, Described]:
    found = instances.in_scope(connection, call.scope, ids)
    around = surroundings(connection, call, found)
    frames: dict[str, Frame] = {}
    made: dict[str, Described] = {}
    for instance in found:
        if (frame := frames.get(instance.reservation_id)) is None:
            frame = frames[instance.reservation_id] = _reservation(instance)
        kept = instance if instance.user_data is None else replace(instance, user_data=None)
        output = WrittenOnce(instance_output(instance, around))
        made[instance.id] = Described(kept, output, Framed(frame, [output]))
    return made


def _reservation(instance: Instance) -> Frame:
    return Frame(
        {"ReservationId": instance.reservation_id, "OwnerId": instance.account, "Groups": []}, member="Instances"
    )
