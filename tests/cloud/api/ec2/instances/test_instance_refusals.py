"""What the instance actions refuse: EC2's code, its exact words and its HTTP status, and nothing happens."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

NOBODY = "i-0123456789abcdef0"
NOBODY_ELSE = "i-0123456789abcdef1"
NO_IMAGE = "ami-0123456789abcdef0"
BY_IDS = ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances", "MonitorInstances"]
BY_ID: dict[str, dict[str, Any]] = {
    "CreateImage": {"Name": "golden"},
    "DescribeInstanceAttribute": {"Attribute": "userData"},
    "GetConsoleOutput": {},
    "GetInstanceUefiData": {},
    "GetPasswordData": {},
    "ModifyInstanceAttribute": {"DisableApiStop": {"Value": True}},
    "ModifyInstanceCpuOptions": {"CoreCount": 1, "ThreadsPerCore": 1},
    "ModifyInstanceMaintenanceOptions": {"AutoRecovery": "default"},
    "ModifyInstanceMetadataOptions": {"HttpTokens": "required"},
    "ResetInstanceAttribute": {"Attribute": "sourceDestCheck"},
}

# In parameters and messages {i} is an instance that runs, {s} one that is stopped, {t} one that is terminated.
LAUNCH: list[tuple[dict[str, Any], str, str]] = [
    ({"MinCount": 0}, "InvalidParameterValue", "Minimum instance count must be greater than zero"),
    ({"MaxCount": 0}, "InvalidParameterValue", "Maximum instance count must be greater than zero"),
    (
        {"MinCount": 2, "MaxCount": 1},
        "InvalidParameterValue",
        "Maximum instance count must not be smaller than minimum instance count",
    ),
    ({"InstanceType": "z9.huge"}, "InvalidParameterValue", "Invalid value 'z9.huge' for InstanceType."),
    ({"ImageId": NO_IMAGE}, "InvalidAMIID.NotFound", f"The image id '[{NO_IMAGE}]' does not exist"),
    ({"ImageId": "ami-x"}, "InvalidAMIID.Malformed", 'Invalid id: "ami-x" (expecting "ami-...")'),
    ({"ImageId": ""}, "InvalidAMIID.Malformed", 'Invalid id: "" (expecting "ami-...")'),
    ({"InstanceType": ""}, "InvalidParameterValue", "Invalid value '' for InstanceType."),
    (
        {"SecurityGroupIds": [""]},
        "InvalidParameterValue",
        "Value () for parameter groupId is invalid. The value cannot be empty",
    ),
    ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound", "The key pair 'nobody' does not exist"),
    ({"UserData": "not base64!"}, "InvalidParameterValue", "Invalid BASE64 encoding of user data"),
    ({"UserData": "YWFh" * 5462}, "InvalidParameterValue", "User data is limited to 16384 bytes"),
    ({"SecurityGroupIds": ["sg-x"]}, "InvalidGroupId.Malformed", 'Invalid id: "sg-x" (expecting "sg-...")'),
    (
        {"SecurityGroupIds": ["sg-0123456789abcdef0"]},
        "InvalidGroup.NotFound",
        "The security group 'sg-0123456789abcdef0' does not exist",
    ),
    (
        {"SecurityGroups": ["default"], "SubnetId": "subnet-0123456789abcdef0"},
        "InvalidParameterCombination",
        "The parameter groupName cannot be used with the parameter subnet",
    ),
    ({"SubnetId": "subnet-0"}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-0' does not exist"),
    (
        {"Placement": {"AvailabilityZone": "us-east-1z"}},
        "InvalidParameterValue",
        "Invalid availability zone: [us-east-1z]",
    ),
    (
        {"NetworkInterfaces": [{"SubnetId": "subnet-0"}]},
        "InvalidParameterValue",
        "Each network interface requires a device index.",
    ),
    (
        {"NetworkInterfaces": [{"DeviceIndex": 1}]},
        "InvalidParameterValue",
        "When specifying network interfaces, you must include a device at index 0",
    ),
    (
        {"NetworkInterfaces": [{"DeviceIndex": 0}], "SecurityGroupIds": ["sg-0"]},
        "InvalidParameterCombination",
        "Network interfaces and instance-level security groups may not be specified on the same request",
    ),
    (
        {"PrivateIpAddress": "172.31.0.2"},
        "InvalidParameterValue",
        "Address 172.31.0.2 is in subnet's reserved address range",
    ),
    (
        {"CpuOptions": {"CoreCount": 1}},
        "MissingParameter",
        "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore.",
    ),
    (
        {"InstanceType": "m5.large", "CreditSpecification": {"CpuCredits": "standard"}},
        "InstanceCreditSpecification.NotSupported",
        "The m5.large instance type does not support T2 Unlimited.",
    ),
    (
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sdb"}]},
        "MissingParameter",
        "The request must contain the parameter ebs",
    ),
    (
        {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "NoDevice": ""}]},
        "InvalidBlockDeviceMapping",
        "The root device '/dev/xvda' cannot be suppressed.",
    ),
    (
        {"TagSpecifications": [{"ResourceType": "image", "Tags": [{"Key": "a", "Value": "b"}]}]},
        "InvalidParameterValue",
        "'image' is not a valid taggable resource type for this operation.",
    ),
]

STATES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "StartInstances",
        {"InstanceIds": ["{t}"]},
        "IncorrectInstanceState",
        "The instance '{t}' is not in a state from which it can be started.",
    ),
    (
        "StopInstances",
        {"InstanceIds": ["{t}"]},
        "IncorrectInstanceState",
        "This instance '{t}' is not in a state from which it can be stopped.",
    ),
    (
        "StopInstances",
        {"InstanceIds": ["{i}"], "Hibernate": True},
        "UnsupportedHibernationConfiguration",
        "The instance can't be hibernated because it was not configured at launch for hibernation: {i}",
    ),
    (
        "RebootInstances",
        {"InstanceIds": ["{s}"]},
        "IncorrectInstanceState",
        "Instance '{s}' cannot be rebooted as it is not in the 'running' state.",
    ),
    (
        "CreateImage",
        {"InstanceId": "{t}", "Name": "golden"},
        "InvalidParameterValue",
        "Invalid value '{t}' for instanceId. Instance is not in state 'running' or 'stopping' or 'stopped'",
    ),
    *[
        (
            "ModifyInstanceAttribute",
            {"InstanceId": "{i}", **change},
            "IncorrectInstanceState",
            "The instance '{i}' is not in the 'stopped' state.",
        )
        for change in (
            {"InstanceType": {"Value": "t3.small"}},
            {"UserData": {"Value": b"#!/bin/sh"}},
            {"EbsOptimized": {"Value": True}},
            {"Attribute": "instanceType", "Value": "t3.small"},
        )
    ],
    (
        "ModifyInstanceCpuOptions",
        {"InstanceId": "{i}", "CoreCount": 1, "ThreadsPerCore": 1},
        "IncorrectInstanceState",
        "The instance '{i}' is not in the 'stopped' state.",
    ),
    (
        "ModifyInstanceAttribute",
        {"InstanceId": "{s}", "InstanceType": {"Value": "z9.huge"}},
        "InvalidInstanceAttributeValue",
        "Invalid value 'z9.huge' for InstanceType.",
    ),
    (
        "ResetInstanceAttribute",
        {"InstanceId": "{i}", "Attribute": "kernel"},
        "IncorrectInstanceState",
        "The instance '{i}' is not in the 'stopped' state.",
    ),
    (
        "GetInstanceUefiData",
        {"InstanceId": "{i}"},
        "UnsupportedOperation",
        "The instance '{i}' does not boot by UEFI and has no UEFI data.",
    ),
]


def _filled(value: Any, ids: dict[str, str]) -> Any:
    match value:
        case str():
            return value.format(**ids)
        case list():
            return [_filled(item, ids) for item in value]
        case dict():
            return {name: _filled(item, ids) for name, item in value.items()}
        case _:
            return value


async def _refusal(stack: Stack, action: str, parameters: dict[str, Any]) -> tuple[str, str, int]:
    with pytest.raises(Refused) as refused:
        await stack.call(action, **parameters)
    return refused.value.code, refused.value.message, refused.value.status


@pytest.mark.parametrize("action", BY_IDS)
async def test_ids_that_are_malformed_or_of_nobody_are_refused(stack: Stack, action: str) -> None:
    assert await _refusal(stack, action, {"InstanceIds": ["foo"]}) == (
        "InvalidInstanceID.Malformed",
        'Invalid id: "foo"',
        400,
    )
    assert await _refusal(stack, action, {"InstanceIds": [NOBODY, NOBODY_ELSE]}) == (
        "InvalidInstanceID.NotFound",
        f"The instance IDs '{NOBODY}, {NOBODY_ELSE}' do not exist",
        400,
    )


@pytest.mark.parametrize("action", BY_ID)
async def test_an_id_that_is_malformed_or_of_nobody_is_refused(stack: Stack, action: str) -> None:
    of_attributes = action in ("ModifyInstanceAttribute", "ResetInstanceAttribute")
    assert await _refusal(stack, action, {"InstanceId": "foo", **BY_ID[action]}) == (
        "InvalidParameterValue" if of_attributes else "InvalidInstanceID.Malformed",
        "Value (foo) for parameter instanceId is invalid. Expected: 'i-...'." if of_attributes else 'Invalid id: "foo"',
        400,
    )
    assert await _refusal(stack, action, {"InstanceId": NOBODY, **BY_ID[action]}) == (
        "InvalidInstanceID.NotFound",
        f"The instance ID '{NOBODY}' does not exist",
        400,
    )


@pytest.mark.parametrize("action", [*BY_IDS, *BY_ID, "RunInstances"])
async def test_a_dry_run_is_refused_as_the_call_is(stack: Stack, action: str) -> None:
    asked: dict[str, Any] = {"InstanceIds": [NOBODY]} if action in BY_IDS else {}
    if action in BY_ID:
        asked = {"InstanceId": NOBODY, **BY_ID[action]}
    if action == "RunInstances":
        asked = {"ImageId": NO_IMAGE, "MinCount": 1, "MaxCount": 1}
    refusal = await _refusal(stack, action, {**asked, "DryRun": True})
    assert refusal[0] == ("InvalidAMIID.NotFound" if action == "RunInstances" else "InvalidInstanceID.NotFound")
    assert refusal == await _refusal(stack, action, asked)


async def test_a_dry_run_that_would_have_succeeded_says_so(stack: Stack) -> None:
    assert await _refusal(stack, "DescribeInstances", {"DryRun": True}) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
        412,
    )


async def test_a_launch_is_refused_in_ec2s_words_and_leaves_nothing(stack: Stack) -> None:
    image = (await stack.call("DescribeImages", Owners=["self"]))["Images"][0]["ImageId"]
    asked = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    for parameters, code, message in LAUNCH:
        assert await _refusal(stack, "RunInstances", {**asked, **parameters}) == (code, message, 400), parameters
    assert (await stack.call("DescribeInstances"))["Reservations"] == []
    assert (await stack.call("DescribeVolumes"))["Volumes"] == []


async def test_states_that_forbid_an_action_are_told_in_ec2s_words(stack: Stack) -> None:
    ids = {"i": await stack.launch(), "s": await stack.launch(), "t": await stack.launch()}
    await stack.call("StopInstances", InstanceIds=[ids["s"]])
    await stack.call("TerminateInstances", InstanceIds=[ids["t"]])
    await stack.idle()
    for action, parameters, code, message in STATES:
        refusal = await _refusal(stack, action, _filled(parameters, ids))
        assert refusal == (code, message.format(**ids), 400), (action, parameters)


@pytest.mark.parametrize("action", ["StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"])
async def test_one_bad_id_among_good_ones_changes_nothing(stack: Stack, action: str) -> None:
    good = await stack.launch()
    if action == "StartInstances":
        await stack.call("StopInstances", InstanceIds=[good])
        await stack.idle()
    before, boots = await stack.instance(good), await stack.boots(good, 1)
    for bad in (NOBODY, "foo"):
        with pytest.raises(Refused):
            await stack.call(action, InstanceIds=[good, bad])
    await stack.idle()
    assert await stack.instance(good) == before
    assert await stack.boots(good, 1) == boots


async def test_a_stop_of_one_protected_instance_stops_no_other(stack: Stack) -> None:
    free, protected = await stack.launch(), await stack.launch(DisableApiStop=True)
    with pytest.raises(Refused):
        await stack.call("StopInstances", InstanceIds=[free, protected])
    await stack.idle()
    assert (await stack.instance(free))["State"]["Name"] == "running"


async def test_unknown_parameters_are_refused(stack: Stack) -> None:
    answer = await stack.caller.post(f"Action=StopInstances&Version=2016-11-15&InstanceId.1={NOBODY}&Softly=true")
    assert answer.status == 400
    assert "<Code>UnknownParameter</Code><Message>The parameter Softly is not recognized</Message>" in answer.text
