"""Instances with their descriptions, which are made once per version.

An instance's version counts every change of its description, in the transaction that makes the change: of its row,
its tags, its attachments and its security groups. One look at ids and versions therefore says which descriptions still
hold; only the others are read and made again.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.instances.instance_output import instance_output, surroundings
from kumoniwa.api.ec2.named.instance_lookup import instances_named
from kumoniwa.api.written_once import WrittenOnce
from kumoniwa.model.instances import Instance
from kumoniwa.store import instances

Described = tuple[Instance, WrittenOnce]

_FEW = 100  # more instances than these are read with all others: naming each would take longer


def described_instances(
    cloud: Cloud, connection: Connection, call: Call, ids: Sequence[str] | None = None
) -> list[Described]:
    """The instances of the caller's account and region, in no order; only these, where ids are given.

    Raises what `instances_named` raises, where ids are given.
    """
    versions = instances.versions(connection, call.scope, ids or None)
    if ids and not versions.keys() >= set(ids):
        instances_named(connection, call, ids)  # refuses, in EC2's words
    known: dict[str, Described] = cloud.descriptions.that_hold(versions)
    if len(known) < len(versions):
        made = _describe(connection, call, [each for each in versions if each not in known])
        cloud.descriptions.keep(versions, made)
        known |= made
    return list(known.values())


def _describe(connection: Connection, call: Call, ids: Sequence[str]) -> Mapping[str, Described]:
    found = instances.in_scope(connection, call.scope, ids if len(ids) < _FEW else None)
    around = surroundings(connection, call, found)
    return {instance.id: (instance, WrittenOnce(instance_output(instance, around))) for instance in found}
