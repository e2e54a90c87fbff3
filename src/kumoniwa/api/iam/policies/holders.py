"""What is alike for the policies of users, of groups and of roles."""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.documents import checked_permissions, size_of, written
from kumoniwa.api.iam.groups.named_group import group_of
from kumoniwa.api.iam.names import MOST_OF_A_POLICY, checked_name
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.policies.named_policy import attachable, is_of_aws, name_in
from kumoniwa.api.iam.refusals import LimitExceeded, NoSuchEntity, TooLargeTogether
from kumoniwa.api.iam.roles.named_role import role_of
from kumoniwa.api.iam.users.named_user import user_of
from kumoniwa.model.policies import AttachedPolicy, InlinePolicy
from kumoniwa.store import policies
from kumoniwa.values import dataclass

MOST_ATTACHED = 10
"""Policies of a user, group or role: AWS's quota."""


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Holder:
    """A kind of entity that has policies."""

    noun: str
    parameter: str
    quota: str
    most_inline: int
    """Characters of all policies inside of one, without white space: AWS's quota."""
    named: Callable[[Connection, Call, Parameters], _Named]

    async def attach(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Attach a policy; one that is attached stays so."""

        def attach(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            arn = attachable(connection, call, parameters["PolicyArn"])
            attached = policies.attached_to(connection, holder.id)
            if arn in attached:
                return None
            if len(attached) >= MOST_ATTACHED:
                raise LimitExceeded(self.quota, MOST_ATTACHED)
            policies.attach(connection, AttachedPolicy(holder.id, arn))
            return None

        return await cloud.change(call, attach)

    async def detach(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Detach a policy. Raises `NoSuchEntity` for one that is not attached."""
        arn: str = parameters["PolicyArn"]
        is_of_aws(arn)  # or no policy's at all, which it refuses

        def detach(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            for attached in policies.attached_to(connection, holder.id):
                if attached.lower() == arn.lower():
                    policies.detach(connection, AttachedPolicy(holder.id, attached))
                    return None
            raise NoSuchEntity(f"Policy {arn} was not found.")

        return await cloud.change(call, detach)

    async def attached(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """The policies that are attached, by ARN."""
        prefix: str = parameters.get("PathPrefix", "/")

        def read(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            arns = policies.attached_to(connection, holder.id)
            found = [arn for arn in arns if arn.partition(":policy")[2].startswith(prefix)]
            return page(
                parameters,
                "AttachedPolicies",
                found,
                lambda arn: arn,
                lambda arn: {"PolicyName": name_in(arn), "PolicyArn": arn},
            )

        return await cloud.read(read)

    async def put(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Put a policy inside, or in the place of the one of its name."""
        name = checked_name(parameters, "PolicyName", MOST_OF_A_POLICY)
        document = checked_permissions(parameters["PolicyDocument"])

        def put(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            others = [one for one in policies.inline_of(connection, holder.id) if one.name != name]
            if size_of(document) + sum(size_of(one.document) for one in others) > self.most_inline:
                raise TooLargeTogether(self.most_inline, self.noun, holder.name)
            policies.put_inline(connection, InlinePolicy(holder.id, name, document))
            return None

        return await cloud.change(call, put)

    async def get(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """A policy inside, with its document."""

        def read(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            for one in policies.inline_of(connection, holder.id):
                if one.name == parameters["PolicyName"]:
                    document = written(one.document)
                    return {self.parameter: holder.name, "PolicyName": one.name, "PolicyDocument": document}
            raise self._missing(parameters)

        return await cloud.read(read)

    async def names(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """The names of the policies inside."""

        def read(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            names = [one.name for one in policies.inline_of(connection, holder.id)]
            return page(parameters, "PolicyNames", names, lambda name: name, lambda name: name)

        return await cloud.read(read)

    async def delete(self, cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
        """Delete a policy inside."""

        def delete(connection: Connection) -> Answer:
            holder = self.named(connection, call, parameters)
            if not policies.delete_inline(connection, holder.id, parameters["PolicyName"]):
                raise self._missing(parameters)
            return None

        return await cloud.change(call, delete)

    def _missing(self, parameters: Parameters) -> NoSuchEntity:
        name = parameters["PolicyName"][:MOST_OF_A_POLICY]
        return NoSuchEntity(f"The {self.noun} policy with name {name} cannot be found.")


GROUP = Holder("group", "GroupName", "PoliciesPerGroup", 5120, group_of)
ROLE = Holder("role", "RoleName", "PoliciesPerRole", 10_240, role_of)
USER = Holder("user", "UserName", "PoliciesPerUser", 2048, user_of)
