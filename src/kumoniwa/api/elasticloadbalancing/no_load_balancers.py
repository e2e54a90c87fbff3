"""Classic load balancers, and what is asked of them."""

from collections.abc import Sequence

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error

_NONE = "There are none, and none can be made."


@action("DescribeLoadBalancers", service="elasticloadbalancing", depth=Depth.PARTLY, missing=_NONE)
async def describe_load_balancers(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The load balancers: none; one that is named is not found."""
    _refuse_named(parameters.get("LoadBalancerNames", []))
    return {"LoadBalancerDescriptions": []}


@action("DescribeTags", service="elasticloadbalancing", depth=Depth.PARTLY, missing=_NONE)
async def describe_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Tags of load balancers, of which none is found."""
    _refuse_named(parameters["LoadBalancerNames"])
    return {"TagDescriptions": []}


def _refuse_named(names: Sequence[str]) -> None:
    if names:
        raise Ec2Error("LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{names[0]}'")
