"""Application, network and gateway load balancers, and what is asked of them."""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error

_NONE = "There are none, and none can be made."


@action("DescribeLoadBalancers", service="elasticloadbalancingv2", depth=Depth.PARTLY, missing=_NONE)
async def describe_load_balancers(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The load balancers: none; one that is named is not found."""
    if parameters.get("LoadBalancerArns") or parameters.get("Names"):
        raise _no_load_balancer()
    return {"LoadBalancers": []}


@action("DescribeTargetGroups", service="elasticloadbalancingv2", depth=Depth.PARTLY, missing=_NONE)
async def describe_target_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The target groups: none; one that is named is not found."""
    if parameters.get("LoadBalancerArn"):
        raise _no_load_balancer()
    if parameters.get("TargetGroupArns") or parameters.get("Names"):
        raise _no_target_group()
    return {"TargetGroups": []}


@action("DescribeTargetHealth", service="elasticloadbalancingv2", depth=Depth.PARTLY, missing=_NONE)
async def describe_target_health(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Whether the targets of a group are well: the group is not found."""
    raise _no_target_group()


@action("DescribeListeners", service="elasticloadbalancingv2", depth=Depth.PARTLY, missing=_NONE)
async def describe_listeners(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The listeners of a load balancer, which is not found, or those that are named."""
    if parameters.get("LoadBalancerArn"):
        raise _no_load_balancer()
    raise Ec2Error("ListenerNotFound", "One or more listeners not found")


def _no_load_balancer() -> Ec2Error:
    return Ec2Error("LoadBalancerNotFound", "One or more load balancers not found")


def _no_target_group() -> Ec2Error:
    return Ec2Error("TargetGroupNotFound", "One or more target groups not found")
