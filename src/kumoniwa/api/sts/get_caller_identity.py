"""GetCallerIdentity, which tools call before they do anything else."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action


@action("GetCallerIdentity", service="sts")
async def get_caller_identity(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Who the caller is: the account itself for the cloud's first key, as a root user is on AWS."""
    return {"Arn": call.caller.arn, "UserId": call.caller.id, "Account": call.account}
