"""GetPolicy and ListPolicies."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.names import path_prefix
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.policies.named_policy import policy_of, policy_output, whole_policy_output
from kumoniwa.api.registry import Depth, action
from kumoniwa.store import policies

_NOT_OF_AWS = "AWS's own policies are not listed, and their documents are not here."


@action("GetPolicy", service="iam", depth=Depth.PARTLY, missing=_NOT_OF_AWS)
async def get_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A policy of the account's own."""

    def read(connection: Connection) -> Answer:
        policy = policy_of(connection, call, parameters)
        return {"Policy": whole_policy_output(policy, policies.holder_counts(connection))}

    return await cloud.read(read)


@action("ListPolicies", service="iam", depth=Depth.PARTLY, missing=_NOT_OF_AWS)
async def list_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The policies of the account's own, by name: those below a path, or that are attached."""
    prefix = path_prefix(parameters)
    is_asked = parameters.get("Scope", "All") != "AWS" and parameters.get("PolicyUsageFilter") != "PermissionsBoundary"

    def read(connection: Connection) -> Answer:
        holders = policies.holder_counts(connection)
        found = [
            policy
            for policy in policies.of_account(connection, call.account)
            if is_asked
            and policy.path.startswith(prefix)
            and (policy.arn in holders or not parameters.get("OnlyAttached", False))
        ]
        return page(
            parameters, "Policies", found, lambda policy: policy.name, lambda policy: policy_output(policy, holders)
        )

    return await cloud.read(read)
