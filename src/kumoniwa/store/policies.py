"""IAM's policies in the database: the account's own, those inside of users, groups and roles, and what is attached."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from kumoniwa.model.policies import AttachedPolicy, InlinePolicy, Policy, PolicyVersion
from kumoniwa.store import rows
from kumoniwa.store.prepared import Prepared
from kumoniwa.store.rows import all_of, insert, one_of
from kumoniwa.store.tables.identities import (
    iam_attached_policies,
    iam_inline_policies,
    iam_policies,
    iam_policy_versions,
)


def add(connection: Connection, policy: Policy, first: PolicyVersion) -> None:
    insert(connection, iam_policies, policy)
    insert(connection, iam_policy_versions, first)


def of_account(connection: Connection, account: str) -> list[Policy]:
    """The policies of an account, by name."""
    query = select(iam_policies).where(iam_policies.c.account == account)
    return all_of(Policy, connection, query.order_by(iam_policies.c.name))


def named(connection: Connection, account: str, name: str) -> Policy | None:
    """The policy of that name. Names that differ in nothing but capitals are the same."""
    own = (iam_policies.c.account == account, func.lower(iam_policies.c.name) == name.lower())
    return one_of(Policy, connection, select(iam_policies).where(*own))


def change(connection: Connection, policy_id: str, columns: Mapping[str, Any]) -> None:
    rows.change(connection, iam_policies, policy_id, columns)


def delete(connection: Connection, policy_id: str) -> None:
    """A policy, with its versions."""
    connection.execute(iam_policies.delete().where(iam_policies.c.id == policy_id))


def versions_of(connection: Connection, policy_id: str) -> list[PolicyVersion]:
    """The versions of a policy, the latest first."""
    query = select(iam_policy_versions).where(iam_policy_versions.c.policy_id == policy_id)
    return all_of(PolicyVersion, connection, query.order_by(iam_policy_versions.c.number.desc()))


def add_version(connection: Connection, version: PolicyVersion) -> None:
    insert(connection, iam_policy_versions, version)


def delete_version(connection: Connection, version: PolicyVersion) -> None:
    its = (iam_policy_versions.c.policy_id == version.policy_id, iam_policy_versions.c.number == version.number)
    connection.execute(iam_policy_versions.delete().where(*its))


def inline_of(connection: Connection, holder_id: str) -> list[InlinePolicy]:
    """The policies inside of a user, group or role, by name."""
    query = select(iam_inline_policies).where(iam_inline_policies.c.holder_id == holder_id)
    return all_of(InlinePolicy, connection, query.order_by(iam_inline_policies.c.name))


def put_inline(connection: Connection, policy: InlinePolicy) -> None:
    """Afterwards the holder has this policy, and no other of its name."""
    delete_inline(connection, policy.holder_id, policy.name)
    insert(connection, iam_inline_policies, policy)


def delete_inline(connection: Connection, holder_id: str, name: str) -> int:
    """Delete a policy inside of its holder; gives how many there were, none or one."""
    its = (iam_inline_policies.c.holder_id == holder_id, iam_inline_policies.c.name == name)
    return connection.execute(iam_inline_policies.delete().where(*its)).rowcount


def attached_to(connection: Connection, holder_id: str) -> list[str]:
    """The ARNs of the policies that are attached to a user, group or role, in their order."""
    its = select(iam_attached_policies.c.policy_arn).where(iam_attached_policies.c.holder_id == holder_id)
    return list(connection.execute(its.order_by(iam_attached_policies.c.policy_arn)).scalars())


def holders_of(connection: Connection, policy_arn: str) -> list[str]:
    """The ids of the users, groups and roles that a policy is attached to."""
    its = select(iam_attached_policies.c.holder_id).where(iam_attached_policies.c.policy_arn == policy_arn)
    return list(connection.execute(its.order_by(iam_attached_policies.c.holder_id)).scalars())


_HOLDER_COUNTS = Prepared(
    select(iam_attached_policies.c.policy_arn, func.count().label("count")).group_by(iam_attached_policies.c.policy_arn)
)


def holder_counts(connection: Connection) -> dict[str, int]:
    """By the ARN of a policy, how many users, groups and roles have it; those that none has are not in it."""
    return dict(_HOLDER_COUNTS.rows(connection))


def attach(connection: Connection, attached: AttachedPolicy) -> None:
    insert(connection, iam_attached_policies, attached)


def detach(connection: Connection, attached: AttachedPolicy) -> int:
    """Detach a policy; gives how many were attached, none or one."""
    its = (
        iam_attached_policies.c.holder_id == attached.holder_id,
        iam_attached_policies.c.policy_arn == attached.policy_arn,
    )
    return connection.execute(iam_attached_policies.delete().where(*its)).rowcount
