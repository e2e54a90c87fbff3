"""Describe-, Modify- and ResetInstanceAttribute, and the options of an instance that have actions of their own."""

from base64 import b64encode
from typing import Any

import pytest
from asgi import Refused
from model_parameters import ec2_model
from sqlalchemy import Engine, event
from stack import Stack

from kumoniwa.errors import NotBuilt

pytestmark = pytest.mark.anyio

_NOT_SUPPORTED = "enaSupport"
"""The one attribute in EC2's model that DescribeInstanceAttribute does not have: its documentation says so."""
ATTRIBUTES: list[str] = [name for name in ec2_model().shape_for("InstanceAttributeName").enum if name != _NOT_SUPPORTED]


async def _read(stack: Stack, instance_id: str, attribute: str) -> Any:
    told = await stack.call("DescribeInstanceAttribute", InstanceId=instance_id, Attribute=attribute)
    assert told.pop("InstanceId") == instance_id
    return next(iter(told.values()), None)


async def _stopped(stack: Stack, **parameters: Any) -> str:
    instance_id = await stack.launch(**parameters)
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    return instance_id


async def test_every_attribute_is_told_one_at_a_time_terminated_or_not(stack: Stack) -> None:
    instance_id = await stack.launch(UserData=b64encode(b"#!/bin/sh").decode(), EbsOptimized=True)
    told = {attribute: await _read(stack, instance_id, attribute) for attribute in ATTRIBUTES}
    assert told["instanceType"] == {"Value": "t3.micro"}
    assert told["userData"] == {"Value": b64encode(b"#!/bin/sh").decode()}
    assert told["disableApiStop"] == told["disableApiTermination"] == {"Value": False}
    assert told["instanceInitiatedShutdownBehavior"] == {"Value": "stop"}
    assert told["rootDeviceName"] == {"Value": "/dev/xvda"}
    assert told["sourceDestCheck"] == told["ebsOptimized"] == {"Value": True}
    assert told["sriovNetSupport"] == {"Value": "simple"}
    assert told["enclaveOptions"] == {"Enabled": False}
    assert [device["DeviceName"] for device in told["blockDeviceMapping"]] == ["/dev/xvda"]
    assert [group["GroupId"][:3] for group in told["groupSet"]] == ["sg-"]
    with pytest.raises(Refused) as refused:
        await _read(stack, instance_id, _NOT_SUPPORTED)
    assert (refused.value.code, refused.value.message) == (
        "InvalidParameterValue",
        "Value (enaSupport) for parameter attribute is invalid. Unknown attribute.",
    )
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    ended = {attribute: await _read(stack, instance_id, attribute) for attribute in ATTRIBUTES}
    assert ended["instanceType"] == {"Value": "t3.micro"}
    assert ended["blockDeviceMapping"] == ended["groupSet"] == []


async def test_an_attribute_that_there_is_not_is_refused(stack: Stack) -> None:
    instance_id = await stack.launch()
    with pytest.raises(Refused) as refused:
        await _read(stack, instance_id, "colour")
    assert refused.value.code == "InvalidParameterValue"


@pytest.mark.parametrize(
    ("change", "attribute", "value"),
    [
        ({"DisableApiStop": {"Value": True}}, "disableApiStop", True),
        ({"Attribute": "disableApiStop", "Value": "true"}, "disableApiStop", True),
        ({"DisableApiTermination": {"Value": True}}, "disableApiTermination", True),
        ({"Attribute": "disableApiTermination", "Value": "True"}, "disableApiTermination", True),
        ({"SourceDestCheck": {"Value": False}}, "sourceDestCheck", False),
        (
            {"InstanceInitiatedShutdownBehavior": {"Value": "terminate"}},
            "instanceInitiatedShutdownBehavior",
            "terminate",
        ),
        (
            {"Attribute": "instanceInitiatedShutdownBehavior", "Value": "terminate"},
            "instanceInitiatedShutdownBehavior",
            "terminate",
        ),
    ],
)
async def test_what_a_running_instance_can_change(
    stack: Stack, change: dict[str, Any], attribute: str, value: object
) -> None:
    instance_id = await stack.launch()
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, **change)
    assert await _read(stack, instance_id, attribute) == {"Value": value}


@pytest.mark.parametrize(
    ("change", "attribute", "value"),
    [
        ({"InstanceType": {"Value": "t3.small"}}, "instanceType", "t3.small"),
        ({"Attribute": "instanceType", "Value": "t3.small"}, "instanceType", "t3.small"),
        ({"UserData": {"Value": b"new"}}, "userData", b64encode(b"new").decode()),
        ({"Attribute": "userData", "Value": b64encode(b"new").decode()}, "userData", b64encode(b"new").decode()),
        ({"EbsOptimized": {"Value": True}}, "ebsOptimized", True),
        ({"SriovNetSupport": {"Value": "simple"}}, "sriovNetSupport", "simple"),
    ],
)
async def test_what_a_stopped_instance_can_change(
    stack: Stack, change: dict[str, Any], attribute: str, value: object
) -> None:
    instance_id = await _stopped(stack)
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, **change)
    assert await _read(stack, instance_id, attribute) == {"Value": value}


async def test_enhanced_networking_stays_on(stack: Stack) -> None:
    instance_id = await _stopped(stack)
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, EnaSupport={"Value": True})
    assert (await stack.instance(instance_id))["EnaSupport"] is True


async def test_empty_user_data_takes_the_old_away(stack: Stack) -> None:
    instance_id = await _stopped(stack, UserData=b64encode(b"old").decode())
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, UserData={"Value": b""})
    assert await _read(stack, instance_id, "userData") in (None, {})


async def test_groups_change_at_once_and_the_ports_of_the_guest_with_them(stack: Stack) -> None:
    instance_id = await stack.launch()
    assert stack.guest(instance_id).forwards == ()
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    await stack.call(
        "AuthorizeSecurityGroupIngress", GroupId=group, IpProtocol="tcp", FromPort=8080, ToPort=8080, CidrIp="0.0.0.0/0"
    )
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, Groups=[group])
    assert await _read(stack, instance_id, "groupSet") == [{"GroupId": group}]
    assert [forward.guest_port for forward in stack.guest(instance_id).forwards] == [8080]


@pytest.mark.parametrize("named", ["device", "volume", "both"])
async def test_delete_on_termination_is_changed_by_device_or_volume(stack: Stack, named: str) -> None:
    instance_id = await stack.launch()
    device = (await stack.instance(instance_id))["BlockDeviceMappings"][0]
    mapping: dict[str, Any] = {"Ebs": {"DeleteOnTermination": False}}
    if named != "volume":
        mapping["DeviceName"] = device["DeviceName"]
    if named != "device":
        mapping["Ebs"]["VolumeId"] = device["Ebs"]["VolumeId"]
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, BlockDeviceMappings=[mapping])
    assert (await stack.instance(instance_id))["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"] is False
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    left = (await stack.call("DescribeVolumes"))["Volumes"]
    assert [(volume["VolumeId"], volume["State"]) for volume in left] == [(device["Ebs"]["VolumeId"], "available")]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({}, "InvalidParameterCombination", "No attributes specified."),
        (
            {"DisableApiStop": {"Value": True}, "SourceDestCheck": {"Value": True}},
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified: disableApiStop, sourceDestCheck",
        ),
        (
            {"Attribute": "disableApiStop"},
            "MissingParameter",
            "The request must contain the parameter value",
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sdz", "Ebs": {"DeleteOnTermination": True}}]},
            "InvalidInstanceAttributeValue",
            "No device is currently mapped at /dev/sdz",
        ),
        (
            {"Kernel": {"Value": "aki-1"}},
            "UnsupportedOperation",
            NotBuilt("changing the attribute kernel").message,
        ),
        (
            {"Groups": ["sg-0123456789abcdef0"]},
            "InvalidGroup.NotFound",
            "The security group 'sg-0123456789abcdef0' does not exist",
        ),
    ],
)
async def test_changes_that_cannot_be_are_refused(
    stack: Stack, change: dict[str, Any], code: str, message: str
) -> None:
    instance_id = await stack.launch()
    with pytest.raises(Refused) as refused:
        await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, **change)
    assert (refused.value.code, refused.value.message) == (code, message)


async def test_source_dest_check_is_reset_to_on(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, SourceDestCheck={"Value": False})
    await stack.call("ResetInstanceAttribute", InstanceId=instance_id, Attribute="sourceDestCheck")
    assert await _read(stack, instance_id, "sourceDestCheck") == {"Value": True}


async def test_of_several_interfaces_the_one_that_is_meant_is_named(stack: Stack) -> None:
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    asked = [{"DeviceIndex": index, "SubnetId": subnet} for index in (0, 1)]
    instance_id = await stack.launch(NetworkInterfaces=asked)
    before = (await stack.instance(instance_id))["NetworkInterfaces"]
    group = (await stack.call("CreateSecurityGroup", GroupName="web", Description="web"))["GroupId"]
    for action, change in (
        ("ModifyInstanceAttribute", {"Groups": [group]}),
        ("ModifyInstanceAttribute", {"SourceDestCheck": {"Value": False}}),
        ("ResetInstanceAttribute", {"Attribute": "sourceDestCheck"}),
        ("DescribeInstanceAttribute", {"Attribute": "groupSet"}),
        ("DescribeInstanceAttribute", {"Attribute": "sourceDestCheck"}),
    ):
        with pytest.raises(Refused) as refused:
            await stack.call(action, InstanceId=instance_id, **change)
        assert (refused.value.code, refused.value.message) == (
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance_id}'. "
            "Please specify an interface ID for the operation instead.",
        )
    assert (await stack.instance(instance_id))["NetworkInterfaces"] == before
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, DisableApiStop={"Value": True})


async def test_a_new_type_comes_with_its_own_processors(stack: Stack) -> None:
    instance_id = await _stopped(stack, InstanceType="m5.4xlarge", CpuOptions={"CoreCount": 2, "ThreadsPerCore": 1})
    await stack.call("ModifyInstanceAttribute", InstanceId=instance_id, InstanceType={"Value": "m5.2xlarge"})
    assert (await stack.instance(instance_id))["CpuOptions"] == {"CoreCount": 4, "ThreadsPerCore": 2}
    changed = await stack.call("ModifyInstanceCpuOptions", InstanceId=instance_id, CoreCount=2, ThreadsPerCore=2)
    assert (changed["CoreCount"], changed["ThreadsPerCore"]) == (2, 2)
    assert (await stack.instance(instance_id))["CpuOptions"] == {"CoreCount": 2, "ThreadsPerCore": 2}


async def test_metadata_options_change_only_where_asked(stack: Stack) -> None:
    instance_id = await stack.launch(MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 3})
    await stack.call("ModifyInstanceMetadataOptions", InstanceId=instance_id, InstanceMetadataTags="enabled")
    options = (await stack.instance(instance_id))["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 3)
    assert (options["HttpEndpoint"], options["InstanceMetadataTags"], options["State"]) == (
        "enabled",
        "enabled",
        "applied",
    )
    with pytest.raises(Refused) as refused:
        await stack.call("ModifyInstanceMetadataOptions", InstanceId=instance_id, HttpPutResponseHopLimit=65)
    assert refused.value.code == "InvalidParameterValue"


async def test_maintenance_options_and_monitoring_are_kept_and_told(stack: Stack) -> None:
    instance_id = await stack.launch()
    await stack.call("ModifyInstanceMaintenanceOptions", InstanceId=instance_id, RebootMigration="disabled")
    asked = {"InstanceId": instance_id, "AutoRecovery": "disabled"}
    now = await stack.call("ModifyInstanceMaintenanceOptions", **asked)
    assert now == {**asked, "RebootMigration": "disabled"}
    assert (await stack.instance(instance_id))["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    await stack.call("ModifyInstanceMaintenanceOptions", **{**asked, "AutoRecovery": "default"})
    monitored = await stack.call("MonitorInstances", InstanceIds=[instance_id])
    assert monitored["InstanceMonitorings"] == [{"InstanceId": instance_id, "Monitoring": {"State": "pending"}}]
    instance = await stack.instance(instance_id)
    assert instance["MaintenanceOptions"] == {"AutoRecovery": "default", "RebootMigration": "disabled"}
    assert instance["Monitoring"] == {"State": "enabled"}
    unmonitored = await stack.call("UnmonitorInstances", InstanceIds=[instance_id])
    assert unmonitored["InstanceMonitorings"][0]["Monitoring"] == {"State": "disabling"}
    assert (await stack.instance(instance_id))["Monitoring"] == {"State": "disabled"}


async def test_an_instance_without_automatic_recovery_says_so(stack: Stack) -> None:
    options = {"MaintenanceOptions": {"AutoRecovery": "disabled"}}
    template = await stack.call("CreateLaunchTemplate", LaunchTemplateName="fixed", LaunchTemplateData=options)
    by_template = {"LaunchTemplate": {"LaunchTemplateId": template["LaunchTemplate"]["LaunchTemplateId"]}}
    for asked in (options, by_template):
        instance_id = await stack.launch(**asked)
        shown = (await stack.instance(instance_id))["MaintenanceOptions"]
        assert shown == {"AutoRecovery": "disabled", "RebootMigration": "default"}
        data = (await stack.call("GetLaunchTemplateData", InstanceId=instance_id))["LaunchTemplateData"]
        assert data["MaintenanceOptions"] == {"AutoRecovery": "disabled"}
    by_filter = [{"Name": "maintenance-options.auto-recovery", "Values": ["disabled"]}]
    assert len((await stack.call("DescribeInstances", Filters=by_filter))["Reservations"]) == 2


async def test_credit_specifications_are_told_of_burstable_types_alone(stack: Stack) -> None:
    t2 = await stack.launch(InstanceType="t2.micro")
    t3 = await stack.launch()
    m5 = await stack.launch(InstanceType="m5.large")

    async def told(**parameters: Any) -> dict[str, str]:
        answer = await stack.call("DescribeInstanceCreditSpecifications", **parameters)
        return {one["InstanceId"]: one["CpuCredits"] for one in answer["InstanceCreditSpecifications"]}

    assert await told(InstanceIds=[t2, t3]) == {t2: "standard", t3: "unlimited"}
    assert await told() == {t3: "unlimited"}
    with pytest.raises(Refused):
        await told(InstanceIds=[m5])
    changed = await stack.call(
        "ModifyInstanceCreditSpecification",
        InstanceCreditSpecifications=[{"InstanceId": one, "CpuCredits": "unlimited"} for one in (t2, m5)],
    )
    assert changed["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": t2}]
    refused = changed["UnsuccessfulInstanceCreditSpecifications"][0]
    assert (refused["InstanceId"], refused["Error"]["Code"]) == (m5, "InstanceCreditSpecification.NotSupported")
    assert await told(InstanceIds=[t2]) == {t2: "unlimited"}


async def test_an_instance_that_is_named_a_thousand_times_costs_no_more_than_once(stack: Stack) -> None:
    t3 = await stack.launch()
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        changed = await stack.call(
            "ModifyInstanceCreditSpecification",
            InstanceCreditSpecifications=[
                {"InstanceId": one, "CpuCredits": "standard"} for one in (t3, "i-0123456789abcdef0") * 1000
            ],
        )
        await stack.launch(SecurityGroups=["default"] * 1000)
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    assert changed["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": t3}]
    assert len(changed["UnsuccessfulInstanceCreditSpecifications"]) == 1000
    assert len(heard) < 300
