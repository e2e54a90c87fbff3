"""What an account has of Auto Scaling: nothing. Who cleans up, or takes stock, asks before he touches an instance.

Of groups and launch configurations that are named and are not there, Auto Scaling leaves out what it does not find.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import Depth, action

_NONE = "There are none, and none can be made."


@action("DescribeAutoScalingGroups", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_auto_scaling_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Groups of instances that are scaled: none."""
    return {"AutoScalingGroups": []}


@action("DescribeAutoScalingInstances", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_auto_scaling_instances(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Instances of such groups: none, whichever are asked for."""
    return {"AutoScalingInstances": []}


@action("DescribeLaunchConfigurations", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_launch_configurations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Launch configurations, what launch templates replaced: none."""
    return {"LaunchConfigurations": []}


@action("DescribePolicies", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_policies(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Scaling policies: none."""
    return {"ScalingPolicies": []}


@action("DescribeScheduledActions", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_scheduled_actions(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Scaling at set times: none."""
    return {"ScheduledUpdateGroupActions": []}


@action("DescribeScalingActivities", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_scaling_activities(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """What groups have done: nothing."""
    return {"Activities": []}


@action("DescribeNotificationConfigurations", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_notification_configurations(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Who is notified of what groups do: nobody."""
    return {"NotificationConfigurations": []}


@action("DescribeTags", service="autoscaling", depth=Depth.PARTLY, missing=_NONE)
async def describe_tags(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Tags of groups: none."""
    return {"Tags": []}
