"""TagPolicy, UntagPolicy, ListPolicyTags."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.policies.named_policy import policy_of
from kumoniwa.api.iam.tagged import Tagged
from kumoniwa.api.registry import action
from kumoniwa.store import policies

_TAGGED = Tagged(policy_of, policies.change, "TagsPerPolicy")


@action("TagPolicy", service="iam")
async def tag_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a policy tags."""
    return await _TAGGED.tag(cloud, call, parameters)


@action("UntagPolicy", service="iam")
async def untag_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Take tags from a policy."""
    return await _TAGGED.untag(cloud, call, parameters)


@action("ListPolicyTags", service="iam")
async def list_policy_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The tags of a policy, by key."""
    return await _TAGGED.listed(cloud, call, parameters)
