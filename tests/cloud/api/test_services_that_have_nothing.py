"""Auto Scaling and load balancers, which have nothing here: clean-up tools ask them before they touch an instance."""

from typing import Any

import pytest
from asgi import Caller, Refused
from stack import Stack

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("service", "action", "member", "asked"),
    [
        ("auto_scaling", "DescribeAutoScalingGroups", "AutoScalingGroups", {"AutoScalingGroupNames": ["a"]}),
        (
            "auto_scaling",
            "DescribeAutoScalingInstances",
            "AutoScalingInstances",
            {"InstanceIds": ["i-0123456789abcdef0"]},
        ),
        ("auto_scaling", "DescribeLaunchConfigurations", "LaunchConfigurations", {"LaunchConfigurationNames": ["a"]}),
        ("auto_scaling", "DescribePolicies", "ScalingPolicies", {}),
        ("auto_scaling", "DescribeScheduledActions", "ScheduledUpdateGroupActions", {}),
        ("auto_scaling", "DescribeScalingActivities", "Activities", {}),
        ("auto_scaling", "DescribeNotificationConfigurations", "NotificationConfigurations", {}),
        ("auto_scaling", "DescribeTags", "Tags", {"Filters": [{"Name": "key", "Values": ["a"]}]}),
        ("elb", "DescribeLoadBalancers", "LoadBalancerDescriptions", {}),
        ("elbv2", "DescribeLoadBalancers", "LoadBalancers", {}),
        ("elbv2", "DescribeTargetGroups", "TargetGroups", {}),
    ],
)
async def test_an_empty_list_is_answered_in_the_services_own_shape(
    stack: Stack, service: str, action: str, member: str, asked: dict[str, Any]
) -> None:
    ask = getattr(stack.caller, service)
    assert await ask(action) == {member: []}
    assert await ask(action, **asked) == {member: []}


@pytest.mark.parametrize(
    ("service", "action", "asked", "code"),
    [
        ("elb", "DescribeLoadBalancers", {"LoadBalancerNames": ["a"]}, "LoadBalancerNotFound"),
        ("elb", "DescribeTags", {"LoadBalancerNames": ["a"]}, "LoadBalancerNotFound"),
        ("elbv2", "DescribeLoadBalancers", {"Names": ["a"]}, "LoadBalancerNotFound"),
        ("elbv2", "DescribeTargetGroups", {"LoadBalancerArn": "arn:a"}, "LoadBalancerNotFound"),
        ("elbv2", "DescribeTargetGroups", {"TargetGroupArns": ["arn:a"]}, "TargetGroupNotFound"),
        ("elbv2", "DescribeTargetHealth", {"TargetGroupArn": "arn:a"}, "TargetGroupNotFound"),
        ("elbv2", "DescribeListeners", {"LoadBalancerArn": "arn:a"}, "LoadBalancerNotFound"),
        ("elbv2", "DescribeListeners", {"ListenerArns": ["arn:a"]}, "ListenerNotFound"),
        ("elbv2", "CreateLoadBalancer", {"Name": "a"}, "InvalidAction"),
        ("auto_scaling", "DescribeLoadBalancers", {"AutoScalingGroupName": "a"}, "InvalidAction"),
    ],
)
async def test_what_is_named_is_not_found(
    stack: Stack, service: str, action: str, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        await getattr(stack.caller, service)(action, **asked)
    assert caught.value.code == code


async def test_the_version_says_which_load_balancers_are_meant(stack: Stack) -> None:
    caller: Caller = stack.caller
    for version, member in (("2012-06-01", "LoadBalancerDescriptions"), ("2015-12-01", "LoadBalancers")):
        answer = await caller.post(f"Action=DescribeLoadBalancers&Version={version}", service="elasticloadbalancing")
        assert f'xmlns="http://elasticloadbalancing.amazonaws.com/doc/{version}/"' in answer.text
        assert f"<{member}/>" in answer.text
    unknown = await caller.post("Action=DescribeLoadBalancers&Version=2016-11-15", service="elasticloadbalancing")
    assert "<Code>NoSuchVersion</Code>" in unknown.text
    own = await caller.post("Action=DescribeLoadBalancers&Version=2015-12-01", service="elasticloadbalancingv2")
    assert "does not implement the service elasticloadbalancingv2" in own.text


async def test_the_event_history_has_what_load_balancers_were_asked(stack: Stack) -> None:
    await stack.caller.elbv2("DescribeTargetGroups")
    await stack.idle()
    seen = await stack.ask(
        "cloudtrail",
        "LookupEvents",
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DescribeTargetGroups"}],
    )
    assert [event["EventSource"] for event in seen["Events"]] == ["elasticloadbalancing.amazonaws.com"]
