"""IAM's instance profiles in the database, and the instances that have one."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from kumoniwa.model.roles import InstanceProfile, ProfileAssociation
from kumoniwa.model.scope import Scope
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared, among, listed
from kumoniwa.store.rows import InScope, all_of, insert, one_of
from kumoniwa.store.tables.identities import instance_profiles, profile_associations


def add(connection: Connection, profile: InstanceProfile) -> None:
    insert(connection, instance_profiles, profile)


def named(connection: Connection, account: str, name: str) -> InstanceProfile | None:
    """The profile of that name. Names that differ in nothing but capitals are the same."""
    own = (instance_profiles.c.account == account, func.lower(instance_profiles.c.name) == name.lower())
    return one_of(InstanceProfile, connection, select(instance_profiles).where(*own))


def with_id(connection: Connection, profile_id: str) -> InstanceProfile | None:
    return one_of(InstanceProfile, connection, select(instance_profiles).where(instance_profiles.c.id == profile_id))


def of_account(connection: Connection, account: str) -> list[InstanceProfile]:
    """The profiles of an account, by name."""
    query = select(instance_profiles).where(instance_profiles.c.account == account)
    return all_of(InstanceProfile, connection, query.order_by(instance_profiles.c.name))


def with_role(connection: Connection, role_id: str) -> list[InstanceProfile]:
    """The profiles that have a role, by name."""
    query = select(instance_profiles).where(instance_profiles.c.role_id == role_id)
    return all_of(InstanceProfile, connection, query.order_by(instance_profiles.c.name))


def change(connection: Connection, profile_id: str, columns: Mapping[str, Any]) -> None:
    rows.change(connection, instance_profiles, profile_id, columns)


def delete(connection: Connection, profile_id: str) -> None:
    """A profile without a role. Instances that have it keep their association."""
    connection.execute(instance_profiles.delete().where(instance_profiles.c.id == profile_id))


_ASSOCIATIONS = InScope(ProfileAssociation, profile_associations, profile_associations.c.id)
_OF_INSTANCE = Prepared(select(profile_associations).where(profile_associations.c.instance_id == bindparam("instance")))
_OF_INSTANCES = Prepared(select(profile_associations).where(among(profile_associations.c.instance_id, "ids")))


def associate(connection: Connection, *associations: ProfileAssociation) -> None:
    """For instances that have no profile."""
    insert(connection, profile_associations, *associations)


def associations(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[ProfileAssociation]:
    """The associations of an account's instances in a region; only these, where `ids` are given."""
    return _ASSOCIATIONS.of(connection, scope, ids)


def of_instance(connection: Connection, instance_id: str) -> ProfileAssociation | None:
    """The association of an instance, where it has a profile."""
    return _OF_INSTANCE.value(ProfileAssociation, connection, instance=instance_id)


def of_instances(connection: Connection, instance_ids: Collection[str]) -> dict[str, ProfileAssociation]:
    """The associations of these instances, by instance; those without a profile are not in it."""
    found = _OF_INSTANCES.values(ProfileAssociation, connection, ids=listed(instance_ids))
    return {one.instance_id: one for one in found}


_ENDED = Prepared(profile_associations.delete().where(profile_associations.c.instance_id == bindparam("instance_id")))


def disassociate(connection: Connection, instance_id: str) -> None:
    """Afterwards the instance has no profile."""
    _ENDED.run(connection, instance_id=instance_id)
