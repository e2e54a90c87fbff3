"""CreatePolicyVersion, GetPolicyVersion, ListPolicyVersions, SetDefaultPolicyVersion, DeletePolicyVersion."""

import asyncio
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.documents import written
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.policies.create_policy import NOT_EVALUATED, checked_document
from kumoniwa.api.iam.policies.named_policy import any_policy_of, policy_of
from kumoniwa.api.iam.refusals import CannotBeDeleted, NoSuchEntity, TooManyVersions
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.aws_policies import AWS, default_version_of_aws, document_of_aws
from kumoniwa.model.policies import Policy, PolicyVersion
from kumoniwa.store import policies

MOST_VERSIONS = 5
_OF_AWS = "Of AWS's own policies there is the default version, as it was one day, and no earlier one."


@action("CreatePolicyVersion", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def create_policy_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep another version of a policy, as its default where that is asked for."""
    document = checked_document(parameters)

    def add(connection: Connection) -> Answer:
        policy = policy_of(connection, call, parameters)
        if len(policies.versions_of(connection, policy.id)) >= MOST_VERSIONS:
            raise TooManyVersions(MOST_VERSIONS)
        version = PolicyVersion(policy.id, policy.latest_version + 1, document, call.at)
        policies.add_version(connection, version)
        columns: dict[str, Any] = {"latest_version": version.number, "updated_at": call.at}
        if parameters.get("SetAsDefault", False):
            columns["default_version"] = version.number
        policies.change(connection, policy.id, columns)
        shown = _output(policy_of(connection, call, parameters), version)
        return {"PolicyVersion": shown}

    return await cloud.change(call, add)


@action("GetPolicyVersion", service="iam", depth=Depth.PARTLY, missing=_OF_AWS)
async def get_policy_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A version of a policy of the account's own or of AWS's, with its document."""

    def read(connection: Connection) -> tuple[Policy, PolicyVersion]:
        policy = any_policy_of(connection, call, parameters)
        return policy, _version(connection, policy, parameters)

    policy, version = await cloud.read(read)
    is_of_aws = policy.account == AWS
    document = await asyncio.to_thread(document_of_aws, policy) if is_of_aws else version.document
    return {"PolicyVersion": {"Document": written(document), **_output(policy, version)}}


@action("ListPolicyVersions", service="iam", depth=Depth.PARTLY, missing=_OF_AWS)
async def list_policy_versions(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The versions of a policy, the latest first."""

    def read(connection: Connection) -> Answer:
        policy = any_policy_of(connection, call, parameters)
        found = _versions(connection, policy)
        return page(
            parameters,
            "Versions",
            found,
            lambda version: f"{policy.latest_version - version.number:06}",
            lambda version: _output(policy, version),
        )

    return await cloud.read(read)


@action("SetDefaultPolicyVersion", service="iam")
async def set_default_policy_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Let another version of a policy be its default."""

    def change(connection: Connection) -> Answer:
        policy = policy_of(connection, call, parameters)
        version = _version(connection, policy, parameters)
        policies.change(connection, policy.id, {"default_version": version.number, "updated_at": call.at})
        return None

    return await cloud.change(call, change)


@action("DeletePolicyVersion", service="iam")
async def delete_policy_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a version of a policy that is not its default."""

    def delete(connection: Connection) -> Answer:
        policy = policy_of(connection, call, parameters)
        version = _version(connection, policy, parameters)
        if version.number == policy.default_version:
            raise CannotBeDeleted("Cannot delete the default version of a policy.")
        policies.delete_version(connection, version)
        return None

    return await cloud.change(call, delete)


def _versions(connection: Connection, policy: Policy) -> list[PolicyVersion]:
    """The latest first; of a policy of AWS's own its default one alone."""
    if policy.account == AWS:
        return [default_version_of_aws(policy)]
    return policies.versions_of(connection, policy.id)


def _version(connection: Connection, policy: Policy, parameters: Parameters) -> PolicyVersion:
    named: str = parameters["VersionId"]
    for version in _versions(connection, policy):
        if f"v{version.number}" == named:
            return version
    raise NoSuchEntity(f"Policy {policy.arn} version {named[:64]} does not exist or is not attachable.")


def _output(policy: Policy, version: PolicyVersion) -> dict[str, Any]:
    return {
        "VersionId": f"v{version.number}",
        "IsDefaultVersion": version.number == policy.default_version,
        "CreateDate": version.created_at,
    }
