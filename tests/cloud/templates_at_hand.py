"""Launch templates for tests."""

from typing import Any

from stack import Stack

TYPE = {"InstanceType": "t3.micro"}


async def image_of(stack: Stack) -> str:
    """The image that every simulated cloud has."""
    image: str = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    return image


async def make(stack: Stack, name: str = "web", **data: Any) -> str:
    """A launch template of that image, with these data; gives its id."""
    said = {"ImageId": await image_of(stack), **TYPE, **data}
    made = await stack.call("CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=said)
    template_id: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template_id


async def data_of(stack: Stack, name: str, version: str = "$Latest") -> dict[str, Any]:
    """What a version of a launch template says."""
    asked = {"LaunchTemplateName": name, "Versions": [version]}
    (shown,) = (await stack.call("DescribeLaunchTemplateVersions", **asked))["LaunchTemplateVersions"]
    data: dict[str, Any] = shown["LaunchTemplateData"]
    return data


async def launch_from(stack: Stack, name: str, **parameters: Any) -> dict[str, Any]:
    """An instance that was launched from a launch template, and runs."""
    asked = {"LaunchTemplate": {"LaunchTemplateName": name}, "MinCount": 1, "MaxCount": 1, **parameters}
    launched = await stack.call("RunInstances", **asked)
    await stack.idle()
    return await stack.instance(launched["Instances"][0]["InstanceId"])


def tags_of(resource: dict[str, Any]) -> dict[str, str]:
    """A resource's tags by key."""
    return {tag["Key"]: tag["Value"] for tag in resource.get("Tags") or resource.get("TagSet") or []}
