"""RunInstances with a launch template: what it takes of the template, and what its own parameters change."""

from typing import Any

import pytest
from asgi import Refused
from hypothesis import given
from hypothesis import strategies as st
from stack import Stack
from templates_at_hand import image_of, launch_from, make, tags_of

from kumoniwa.api.ec2.instances.launch.launch_template import merged_tags, overridden

pytestmark = pytest.mark.anyio


async def test_an_instance_is_what_its_template_says_and_tells_of_it(stack: Stack) -> None:
    tags = [
        {"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]}
        for kind in ("instance", "volume", "network-interface")
    ]
    template_id = await make(
        stack,
        TagSpecifications=tags,
        UserData="aGVsbG8=",
        DisableApiStop=True,
        InstanceInitiatedShutdownBehavior="terminate",
        Placement={"AvailabilityZone": "us-east-1b"},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 3},
        BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 2}}],
    )
    instance = await launch_from(stack, "web")
    assert (instance["InstanceType"], instance["Placement"]["AvailabilityZone"]) == ("t3.micro", "us-east-1b")
    assert instance["MetadataOptions"]["HttpPutResponseHopLimit"] == 3
    assert [one["DeviceName"] for one in instance["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    assert tags_of(instance) == {
        "for": "instance",
        "aws:ec2launchtemplate:id": template_id,
        "aws:ec2launchtemplate:version": "1",
    }
    volumes = (await stack.call("DescribeVolumes"))["Volumes"]
    assert [tags_of(one) for one in volumes] == [{"for": "volume"}] * 2
    (interface,) = (await stack.call("DescribeNetworkInterfaces"))["NetworkInterfaces"]
    assert tags_of(interface) == {"for": "network-interface"}


@pytest.mark.parametrize(
    ("version", "expected"), [(None, "t3.micro"), ("$Default", "t3.micro"), ("$Latest", "t3.nano"), ("2", "t3.nano")]
)
async def test_a_launch_names_a_version_by_number_or_as_default_or_latest(
    stack: Stack, version: str | None, expected: str
) -> None:
    template_id = await make(stack)
    said = {"InstanceType": "t3.nano"}
    named = {"LaunchTemplateId": template_id}
    await stack.call("CreateLaunchTemplateVersion", **named, SourceVersion="1", LaunchTemplateData=said)
    template = named if version is None else {**named, "Version": version}
    launched = await stack.call("RunInstances", LaunchTemplate=template, MinCount=1, MaxCount=1)
    assert launched["Instances"][0]["InstanceType"] == expected
    number = tags_of(launched["Instances"][0])["aws:ec2launchtemplate:version"]
    assert number == ("1" if expected == "t3.micro" else "2")


async def test_the_request_changes_what_it_says_and_keeps_the_rest(stack: Stack) -> None:
    await make(
        stack,
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 3},
        Monitoring={"Enabled": True},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 2}},
            {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 3}},
        ],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]}
        ],
    )
    instance = await launch_from(
        stack,
        "web",
        InstanceType="t3.small",
        MetadataOptions={"HttpPutResponseHopLimit": 5},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 7}},
            {"DeviceName": "/dev/sdh", "Ebs": {"VolumeSize": 8}},
        ],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "2"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "d", "Value": "2"}]},
        ],
    )
    assert (instance["InstanceType"], instance["Monitoring"]["State"]) == ("t3.small", "enabled")
    metadata = instance["MetadataOptions"]
    assert (metadata["HttpTokens"], metadata["HttpPutResponseHopLimit"]) == ("required", 5)
    volumes = (await stack.call("DescribeVolumes"))["Volumes"]
    sizes = {one["Attachments"][0]["Device"]: one["Size"] for one in volumes}
    assert (sizes["/dev/sdf"], sizes["/dev/sdg"], sizes["/dev/sdh"]) == (2, 7, 8)
    own = {key: value for key, value in tags_of(instance).items() if not key.startswith("aws:")}
    assert own == {"a": "1", "b": "2", "c": "2"}
    assert {one["Value"] for volume in volumes for one in volume["Tags"]} == {"2"}


async def test_an_interface_of_the_template_and_a_subnet_of_the_request_do_not_go_together(stack: Stack) -> None:
    """As people found out (terraform-provider-aws issue 33536, amazon.aws issue 157)."""
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    group = (await stack.call("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    await make(stack, NetworkInterfaces=[{"DeviceIndex": 0, "AssociatePublicIpAddress": True}])
    for more, words in (
        ({"SubnetId": subnet}, "an instance-level subnet ID"),
        ({"SecurityGroupIds": [group]}, "instance-level security groups"),
    ):
        with pytest.raises(Refused) as refused:
            await launch_from(stack, "web", **more)
        assert refused.value.code == "InvalidParameterCombination"
        assert refused.value.message == f"Network interfaces and {words} may not be specified on the same request"
    placed = await launch_from(stack, "web", NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet}])
    assert placed["SubnetId"] == subnet


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"LaunchTemplateName": "gone"}, {}, "InvalidLaunchTemplateName.NotFoundException"),
    ({"LaunchTemplateId": "lt-0123456789abcdef0"}, {}, "InvalidLaunchTemplateId.NotFound"),
    ({"LaunchTemplateId": "lt-1"}, {}, "InvalidLaunchTemplateId.Malformed"),
    ({"LaunchTemplateName": "web", "Version": "2"}, {}, "InvalidLaunchTemplateId.VersionNotFound"),
    ({"Version": "1"}, {}, "MissingParameter"),
    ({"LaunchTemplateName": "web", "LaunchTemplateId": "lt-1"}, {}, "InvalidParameterCombination"),
    ({"LaunchTemplateName": "without image"}, {}, "MissingParameter"),
    ({"LaunchTemplateName": "web"}, {"ImageId": "resolve:ssm:/my/image"}, "SsmInvalidParameter"),
    ({"LaunchTemplateName": "alias"}, {}, "SsmInvalidParameter"),
    ({"LaunchTemplateName": "capacity block"}, {}, "UnsupportedOperation"),
    ({"LaunchTemplateName": "attributes"}, {}, "UnsupportedOperation"),
    ({"LaunchTemplateName": "spot tags"}, {}, "InvalidParameterValue"),
]


async def test_what_cannot_be_launched_is_refused_and_leaves_nothing(stack: Stack) -> None:
    spot_tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "a", "Value": "b"}]}]
    requirements = {"VCpuCount": {"Min": 1}, "MemoryMiB": {"Min": 512}}
    image = {"ImageId": await image_of(stack)}
    await make(stack)
    for name, data in {
        "without image": {"InstanceType": "t3.micro"},
        "alias": {"ImageId": "resolve:ssm:/aws/service/x"},
        "capacity block": {**image, "InstanceMarketOptions": {"MarketType": "capacity-block"}},
        "attributes": {**image, "InstanceRequirements": requirements},
        "spot tags": {**image, "TagSpecifications": spot_tags},
    }.items():
        asked = {"LaunchTemplateName": name.replace(" ", "-"), "LaunchTemplateData": data}
        await stack.call("CreateLaunchTemplate", **asked)
    for template, more, code in REFUSED:
        named = {key: value.replace(" ", "-") for key, value in template.items()}
        with pytest.raises(Refused) as refused:
            await stack.call("RunInstances", LaunchTemplate=named, MinCount=1, MaxCount=1, **more)
        assert refused.value.code == code, template
    assert (await stack.call("DescribeInstances"))["Reservations"] == []
    typed = await launch_from(stack, "attributes", InstanceType="t3.nano")
    assert typed["InstanceType"] == "t3.nano"


async def test_ec2s_own_tags_are_neither_given_nor_taken_and_do_not_count(stack: Stack) -> None:
    tags = [{"Key": f"key-{number}", "Value": ""} for number in range(49)]
    await make(stack, TagSpecifications=[{"ResourceType": "instance", "Tags": tags}])
    instance_id = (await launch_from(stack, "web"))["InstanceId"]
    await stack.call("CreateTags", Resources=[instance_id], Tags=[{"Key": "the fiftieth", "Value": ""}])
    with pytest.raises(Refused) as refused:
        await stack.call("CreateTags", Resources=[instance_id], Tags=[{"Key": "one more", "Value": ""}])
    assert refused.value.code == "TagLimitExceeded"
    await stack.call("DeleteTags", Resources=[instance_id])
    assert set(tags_of(await stack.instance(instance_id))) == {
        "aws:ec2launchtemplate:id",
        "aws:ec2launchtemplate:version",
    }
    for action in ("CreateTags", "DeleteTags"):
        with pytest.raises(Refused) as refused:
            await stack.call(action, Resources=[instance_id], Tags=[{"Key": "aws:ec2launchtemplate:id", "Value": "x"}])
        assert refused.value.code == "InvalidParameterValue"


async def test_a_token_launches_once_whatever_becomes_of_the_template(stack: Stack) -> None:
    await make(stack)
    asked = {"LaunchTemplate": {"LaunchTemplateName": "web"}, "MinCount": 1, "MaxCount": 1, "ClientToken": "once"}
    first = await stack.call("RunInstances", **asked)
    await stack.call("DeleteLaunchTemplate", LaunchTemplateName="web")
    assert (await stack.call("RunInstances", **asked))["ReservationId"] == first["ReservationId"]


_values = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3)
_devices = st.lists(
    st.fixed_dictionaries({"DeviceName": st.sampled_from("fgh"), "Ebs": _values}),
    max_size=3,
    unique_by=lambda one: str(one["DeviceName"]),
)
_tags = st.lists(
    st.fixed_dictionaries({"Key": st.sampled_from("abc"), "Value": st.sampled_from("12")}),
    max_size=3,
    unique_by=lambda one: one["Key"],
)
_specifications = st.lists(
    st.fixed_dictionaries({"ResourceType": st.sampled_from(["instance", "volume"]), "Tags": _tags}),
    max_size=2,
    unique_by=lambda one: str(one["ResourceType"]),
)
_parameters = st.fixed_dictionaries(
    {},
    optional={
        "InstanceType": st.sampled_from(["x", "y"]),
        "SecurityGroupIds": st.lists(st.sampled_from("gh"), min_size=1, max_size=2),
        "MetadataOptions": _values,
        "IamInstanceProfile": _values,
        "BlockDeviceMappings": _devices,
        "TagSpecifications": _specifications,
    },
)


@given(said=_parameters, by=_parameters)
def test_nothing_of_the_request_is_lost_and_nothing_of_the_template_that_it_does_not_name(
    said: dict[str, Any], by: dict[str, Any]
) -> None:
    merged = overridden(said, by)
    assert merged.keys() == said.keys() | by.keys()
    assert {name: merged[name] for name in said.keys() - by.keys()} == {n: said[n] for n in said.keys() - by.keys()}
    assert overridden(said, {}) == said
    assert overridden({}, by) == by
    for name in by.keys() & {"InstanceType", "SecurityGroupIds", "IamInstanceProfile"}:
        assert merged[name] == by[name]
    if "MetadataOptions" in by:
        assert merged["MetadataOptions"] == {**said.get("MetadataOptions", {}), **by["MetadataOptions"]}

    def devices(parameters: dict[str, Any]) -> dict[str, Any]:
        return {one["DeviceName"]: one for one in parameters.get("BlockDeviceMappings", [])}

    assert devices(merged) == {**devices(said), **devices(by)}

    def tags(parameters: dict[str, Any]) -> dict[tuple[str, str], str]:
        return {
            (one["ResourceType"], tag["Key"]): tag["Value"]
            for one in parameters.get("TagSpecifications", [])
            for tag in one["Tags"]
        }

    assert tags(merged) == {**tags(said), **tags(by)}
    assert tags({"TagSpecifications": merged_tags(by.get("TagSpecifications", []), [])}) == tags(by)
