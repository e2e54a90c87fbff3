"""GetPolicy and ListPolicies."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.names import path_prefix
from kumoniwa.api.iam.pages import page
from kumoniwa.api.iam.policies.named_policy import any_policy_of, policy_output, whole_policy_output
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.aws_policies import policies_of_aws
from kumoniwa.model.policies import Policy
from kumoniwa.store import policies

_OF_AWS = "AWS's own policies are those of one day, with ids that are not theirs."


@action("GetPolicy", service="iam", depth=Depth.PARTLY, missing=_OF_AWS)
async def get_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A policy of the account's own, or of AWS's."""

    def read(connection: Connection) -> Answer:
        policy = any_policy_of(connection, call, parameters)
        return {"Policy": whole_policy_output(policy, policies.holder_counts(connection))}

    return await cloud.read(read)


@action("ListPolicies", service="iam", depth=Depth.PARTLY, missing=_OF_AWS)
async def list_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The policies of the account's own and of AWS's, by name: those below a path, or that are attached."""
    prefix, scope = path_prefix(parameters), parameters.get("Scope", "All")
    of_aws = policies_of_aws() if scope != "Local" else []
    is_asked = parameters.get("PolicyUsageFilter") != "PermissionsBoundary"

    def read(connection: Connection) -> Answer:
        holders = policies.holder_counts(connection)
        own = policies.of_account(connection, call.account) if scope != "AWS" else []
        found = [
            policy
            for policy in (*own, *of_aws)
            if is_asked
            and policy.path.startswith(prefix)
            and (policy.arn in holders or not parameters.get("OnlyAttached", False))
        ]
        found.sort(key=_key)
        return page(parameters, "Policies", found, _key, lambda policy: policy_output(policy, holders))

    return await cloud.read(read)


def _key(policy: Policy) -> str:
    return f"{policy.name} {policy.arn}"
