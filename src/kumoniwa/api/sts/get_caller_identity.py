"""GetCallerIdentity, which tools call before they do anything else."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action


@action("GetCallerIdentity", service="sts")
async def get_caller_identity(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Who the caller is. Kumoniwa's keys are the account's own, as a root user's are on AWS."""
    return {"Arn": f"arn:aws:iam::{call.account}:root", "UserId": call.account, "Account": call.account}
