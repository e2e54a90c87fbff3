"""DeletePolicy."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.policies.named_policy import policy_of
from kumoniwa.api.iam.refusals import CannotBeDeleted
from kumoniwa.api.registry import action
from kumoniwa.store import policies


@action("DeletePolicy", service="iam")
async def delete_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a policy that is attached to nothing, and has no version but its default."""

    def delete(connection: Connection) -> Answer:
        policy = policy_of(connection, call, parameters)
        if policies.holders_of(connection, policy.arn):
            raise CannotBeDeleted("Cannot delete a policy attached to entities.")
        if len(policies.versions_of(connection, policy.id)) > 1:
            raise CannotBeDeleted(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        policies.delete(connection, policy.id)
        return None

    return await cloud.change(call, delete)
