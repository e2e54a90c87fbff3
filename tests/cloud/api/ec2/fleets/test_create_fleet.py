"""CreateFleet of type `instant`, DescribeFleets, DeleteFleets."""

from functools import partial
from typing import Any

import pytest
from asgi import Refused
from fleets_at_hand import SPOT, create_fleet, described_fleet, template_config, types_of
from stack import Stack
from templates_at_hand import make, tags_of
from waiting import eventually_async

from kumoniwa.model.scope import Scope
from kumoniwa.placement import guest_memory
from kumoniwa.store import fleets

pytestmark = pytest.mark.anyio

_GONE = "fleet-00000000-0000-0000-0000-000000000000"


async def test_a_fleet_launches_its_capacity_at_once_and_tells_of_what(stack: Stack) -> None:
    template_id = await make(
        stack, TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "from", "Value": "template"}]}]
    )
    tags = [{"ResourceType": kind, "Tags": [{"Key": "for", "Value": kind}]} for kind in ("fleet", "instance", "volume")]
    fleet = await create_fleet(stack, total=2, TagSpecifications=tags)
    (group,) = fleet["Instances"]
    assert fleet["Errors"] == []
    specification = {"LaunchTemplateId": template_id, "Version": "1"}
    assert group["LaunchTemplateAndOverrides"] == {"LaunchTemplateSpecification": specification}
    assert (group["Lifecycle"], group["InstanceType"], len(group["InstanceIds"])) == ("on-demand", "t3.micro", 2)
    instance = await stack.instance(group["InstanceIds"][0])
    assert instance["State"]["Name"] == "running"
    assert tags_of(instance) == {
        "aws:ec2:fleet-id": fleet["FleetId"],
        "aws:ec2launchtemplate:id": template_id,
        "aws:ec2launchtemplate:version": "1",
        "for": "instance",
        "from": "template",
    }
    assert [tags_of(one) for one in (await stack.call("DescribeVolumes"))["Volumes"]] == [{"for": "volume"}] * 2
    shown = await described_fleet(stack, fleet["FleetId"])
    assert tags_of(shown) == {"for": "fleet"}
    assert (shown["Type"], shown["FleetState"], shown["ActivityStatus"]) == ("instant", "active", "fulfilled")
    assert (shown["FulfilledCapacity"], shown["FulfilledOnDemandCapacity"]) == (2.0, 2.0)
    assert shown["Instances"] == fleet["Instances"]
    assert shown["TargetCapacitySpecification"] == {
        "TotalTargetCapacity": 2,
        "OnDemandTargetCapacity": 2,
        "SpotTargetCapacity": 0,
        "DefaultTargetCapacityType": "on-demand",
    }
    said = shown["LaunchTemplateConfigs"][0]["LaunchTemplateSpecification"]
    assert said == {"LaunchTemplateName": "web", "Version": "$Latest"}


async def test_overrides_change_what_the_template_says(stack: Stack) -> None:
    subnets = (await stack.call("DescribeSubnets"))["Subnets"]
    await stack.call("CreateKeyPair", KeyName="moss")
    await make(stack, NetworkInterfaces=[{"DeviceIndex": 0, "Description": "kept"}])
    overrides = {
        "InstanceType": "t3.small",
        "SubnetId": subnets[2]["SubnetId"],
        "KeyName": "moss",
        "MetadataOptions": {"HttpTokens": "required"},
        "BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3}}],
    }
    user_data = "aGVsbG8="
    config = template_config(overrides)
    config["LaunchTemplateSpecification"]["LaunchTemplateSpecificationUserData"] = user_data
    fleet = await create_fleet(stack, config)
    (instance_id,) = fleet["Instances"][0]["InstanceIds"]
    instance = await stack.instance(instance_id)
    assert (instance["InstanceType"], instance["SubnetId"]) == ("t3.small", subnets[2]["SubnetId"])
    assert (instance["KeyName"], instance["MetadataOptions"]["HttpTokens"]) == ("moss", "required")
    assert instance["NetworkInterfaces"][0]["Description"] == "kept"
    assert [one["DeviceName"] for one in instance["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    told = await stack.call("DescribeInstanceAttribute", InstanceId=instance_id, Attribute="userData")
    assert told["UserData"]["Value"] == user_data
    shown = fleet["Instances"][0]["LaunchTemplateAndOverrides"]["Overrides"]
    assert shown == {name: overrides[name] for name in ("InstanceType", "SubnetId", "BlockDeviceMappings")}


async def test_a_zone_of_the_overrides_is_taken_whatever_the_template_says(stack: Stack) -> None:
    await make(stack, Placement={"AvailabilityZoneId": "use1-az1"})
    fleet = await create_fleet(stack, template_config({"AvailabilityZone": "us-east-1c"}))
    instance = await stack.instance(fleet["Instances"][0]["InstanceIds"][0])
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1c"


async def test_what_cannot_be_launched_is_an_error_of_its_pool_and_others_are_launched(stack: Stack) -> None:
    await make(stack)
    await make(stack, "spot", InstanceMarketOptions={"MarketType": "spot"})
    await make(stack, "lost", KeyName="lost")
    fleet = await create_fleet(
        stack,
        template_config(name="spot"),
        template_config(name="lost"),
        template_config({"InstanceType": "t9.huge"}, {"InstanceType": "t3.small"}),
    )
    assert types_of(fleet) == [("t3.small", 1)]
    assert {one["ErrorCode"] for one in fleet["Errors"]} == {"InvalidParameterCombination", "InvalidKeyPair.NotFound"}
    none = await create_fleet(stack, template_config({"InstanceType": "t9.huge"}))
    assert none["Instances"] == []
    (error,) = none["Errors"]
    assert (error["ErrorCode"], error["ErrorMessage"]) == (
        "InvalidParameterValue",
        "Invalid value 't9.huge' for InstanceType.",
    )
    assert error["LaunchTemplateAndOverrides"]["Overrides"] == {"InstanceType": "t9.huge"}
    shown = await described_fleet(stack, none["FleetId"])
    assert (shown["Errors"], shown["FulfilledCapacity"]) == (none["Errors"], 0.0)


async def test_pools_are_tried_from_the_cheapest_or_by_priority(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    await make(stack)
    large = {"InstanceType": "m5.large", "Priority": 1.0}
    small = {"InstanceType": "t3.micro", "Priority": 2.0}
    assert types_of(await create_fleet(stack, template_config(large, small), total=2)) == [("t3.micro", 2)]
    prioritized: dict[str, Any] = {"OnDemandOptions": {"AllocationStrategy": "prioritized"}}
    assert types_of(await create_fleet(stack, template_config(small, large), total=2, **prioritized)) == [
        ("m5.large", 2)
    ]
    older: dict[str, Any] = {"OnDemandOptions": {"AllocationStrategy": "lowestPrice"}}
    assert types_of(await create_fleet(stack, template_config(large, small), **older)) == [("t3.micro", 1)]
    weighted = [
        {"InstanceType": "m5.large", "WeightedCapacity": 16.0},
        {"InstanceType": "t3.micro", "WeightedCapacity": 1.0},
    ]
    fleet = await create_fleet(stack, template_config(*weighted), total=17)
    assert types_of(fleet) == [("m5.large", 2)]
    assert (await described_fleet(stack, fleet["FleetId"]))["FulfilledCapacity"] == 32.0
    monkeypatch.setattr(guest_memory, "room", lambda host, connection, kind: 1 if kind.name == "t3.micro" else None)
    assert types_of(await create_fleet(stack, template_config(large, small), total=3)) == [
        ("t3.micro", 1),
        ("m5.large", 2),
    ]


async def test_fewer_than_the_least_capacity_of_one_type_are_none(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make(stack)
    pools = [{"InstanceType": "t3.micro"}, {"InstanceType": "t3.small"}]
    monkeypatch.setattr(guest_memory, "room", lambda host, connection, kind: 1 if kind.name == "t3.micro" else 3)
    single: dict[str, Any] = {"OnDemandOptions": {"SingleInstanceType": True, "MinTargetCapacity": 2}}
    assert types_of(await create_fleet(stack, template_config(*pools), total=3, **single)) == [("t3.small", 3)]
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1
    none = await create_fleet(stack, template_config(pools[0]), total=3, **single)
    assert none["Instances"] == []
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1
    zoned = [{"AvailabilityZone": zone} for zone in ("us-east-1b", "us-east-1c")]
    options: dict[str, Any] = {"OnDemandOptions": {"SingleAvailabilityZone": True, "MinTargetCapacity": 1}}
    fleet = await create_fleet(stack, template_config(*zoned), **options)
    instance = await stack.instance(fleet["Instances"][0]["InstanceIds"][0])
    assert instance["Placement"]["AvailabilityZone"] == "us-east-1b"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Type": "maintain"}, "UnsupportedOperation"),
        ({"Type": "request"}, "UnsupportedOperation"),
        ({"TargetCapacitySpecification": {"TotalTargetCapacity": 0}}, "InvalidParameterValue"),
        (
            {"TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "capacity-block"}},
            "UnsupportedOperation",
        ),
        (
            {"TargetCapacitySpecification": {"TotalTargetCapacity": 1, "SpotTargetCapacity": 2}},
            "InvalidParameterValue",
        ),
        (
            {"TargetCapacitySpecification": {"TotalTargetCapacity": 1, "TargetCapacityUnitType": "vcpu"}},
            "UnsupportedOperation",
        ),
        ({"OnDemandOptions": {"MinTargetCapacity": 1}}, "InvalidParameterCombination"),
        ({"OnDemandOptions": {"AllocationStrategy": "cheap"}}, "InvalidParameterValue"),
        ({"OnDemandOptions": {"AllocationStrategy": "diversified"}}, "InvalidParameterValue"),
        ({"OnDemandOptions": {"MaxTotalPrice": "cheap"}}, "InvalidParameterValue"),
        ({"SpotOptions": {"AllocationStrategy": "cheap"}, **SPOT}, "InvalidParameterValue"),
        ({"SpotOptions": {"AllocationStrategy": "prioritized"}, **SPOT}, "InvalidParameterValue"),
        ({"SpotOptions": {"MinTargetCapacity": 1}, **SPOT}, "InvalidParameterCombination"),
        ({"SpotOptions": {"InstancePoolsToUseCount": 0}, **SPOT}, "InvalidParameterValue"),
        (
            {"SpotOptions": {"InstancePoolsToUseCount": 2, "AllocationStrategy": "diversified"}, **SPOT},
            "InvalidParameterCombination",
        ),
        ({"SpotOptions": {"InstanceInterruptionBehavior": "stop"}, **SPOT}, "InvalidParameterCombination"),
        ({"SpotOptions": {"InstanceInterruptionBehavior": "hibernate"}, **SPOT}, "UnsupportedOperation"),
        ({"SpotOptions": {"MaxTotalPrice": "0"}, **SPOT}, "InvalidParameterValue"),
        ({"LaunchTemplateConfigs": [template_config({"MaxPrice": "0.0009"})], **SPOT}, "InvalidParameterValue"),
        ({"LaunchTemplateConfigs": [template_config(name="gone")]}, "InvalidLaunchTemplateName.NotFoundException"),
        ({"LaunchTemplateConfigs": [template_config(version="7")]}, "InvalidLaunchTemplateId.VersionNotFound"),
        (
            {"LaunchTemplateConfigs": [{"LaunchTemplateSpecification": {"LaunchTemplateName": "web"}}]},
            "MissingParameter",
        ),
        ({"LaunchTemplateConfigs": [template_config({"WeightedCapacity": 0.0})]}, "InvalidParameterValue"),
        (
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": ""}]}]},
            "InvalidParameterValue",
        ),
        ({"DryRun": True}, "DryRunOperation"),
        ({"DryRun": True, "ExcessCapacityTerminationPolicy": "terminate"}, "DryRunOperation"),
        ({"DryRun": False, "ExcessCapacityTerminationPolicy": "terminate"}, "InvalidParameterValue"),
    ],
)
async def test_a_request_that_cannot_be_is_refused_and_launches_nothing(
    stack: Stack, parameters: dict[str, Any], code: str
) -> None:
    await make(stack)
    with pytest.raises(Refused) as refused:
        await create_fleet(stack, **parameters)
    assert refused.value.code == code
    assert (await stack.call("DescribeInstances"))["Reservations"] == []


async def test_a_fleet_without_any_image_is_refused_as_a_whole(stack: Stack) -> None:
    data = {"InstanceType": "t3.micro"}
    await stack.call("CreateLaunchTemplate", LaunchTemplateName="bare", LaunchTemplateData=data)
    with pytest.raises(Refused) as refused:
        await create_fleet(stack, template_config(name="bare"))
    assert (refused.value.code, refused.value.message) == (
        "InvalidParameterValue",
        "Parameter 'amiIdList' cannot be empty.",
    )
    assert (await stack.call("DescribeInstances"))["Reservations"] == []


async def test_a_type_must_be_said_and_the_refusal_says_which(stack: Stack) -> None:
    await make(stack)
    target = {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"}
    with pytest.raises(Refused) as refused:
        await stack.call("CreateFleet", LaunchTemplateConfigs=[template_config()], TargetCapacitySpecification=target)
    assert refused.value.message == (
        "Kumoniwa does not implement EC2 Fleets of type maintain. Ask for Type=instant, which launches all at once and "
        "once."
    )


async def test_a_token_makes_one_fleet(stack: Stack) -> None:
    await make(stack)
    first = await create_fleet(stack, ClientToken="once")
    assert (await create_fleet(stack, ClientToken="once")) == first
    assert (await described_fleet(stack, first["FleetId"]))["ClientToken"] == "once"
    assert len((await stack.call("DescribeInstances"))["Reservations"]) == 1


async def test_fleets_are_shown_to_who_names_them(stack: Stack) -> None:
    await make(stack)
    fleet_id = (await create_fleet(stack))["FleetId"]
    assert (await stack.call("DescribeFleets"))["Fleets"] == []
    by_state = [{"Name": "fleet-state", "Values": ["active"]}, {"Name": "type", "Values": ["instant"]}]
    assert len((await stack.call("DescribeFleets", FleetIds=[fleet_id], Filters=by_state))["Fleets"]) == 1
    await stack.call("CreateTags", Resources=[fleet_id], Tags=[{"Key": "team", "Value": "moss"}])
    assert tags_of(await described_fleet(stack, fleet_id)) == {"team": "moss"}
    for asked, code in (([_GONE], "InvalidFleetId.NotFound"), (["fleet-1"], "InvalidFleetId.Malformed")):
        with pytest.raises(Refused) as refused:
            await stack.call("DescribeFleets", FleetIds=asked)
        assert refused.value.code == code
    with pytest.raises(Refused) as refused:
        await stack.call("DescribeFleetInstances", FleetId=fleet_id)
    assert (refused.value.code, refused.value.message) == (
        "Unsupported",
        f"Fleet {fleet_id} is instant fleet. Describe fleet instances is not supported by this type of fleet",
    )


async def test_a_deleted_fleet_takes_its_instances_along(stack: Stack) -> None:
    await make(stack)
    await make(stack, "kept", DisableApiTermination=True)
    fleet = await create_fleet(stack, total=2)
    protected = await create_fleet(stack, template_config(name="kept"))
    asked = [fleet["FleetId"], protected["FleetId"], _GONE, "fleet-x"]
    answer = await stack.call("DeleteFleets", FleetIds=asked, TerminateInstances=True)
    assert answer["SuccessfulFleetDeletions"] == [
        {"CurrentFleetState": "deleted_terminating", "PreviousFleetState": "active", "FleetId": fleet["FleetId"]}
    ]
    assert {one["FleetId"]: one["Error"]["Code"] for one in answer["UnsuccessfulFleetDeletions"]} == {
        protected["FleetId"]: "unexpectedError",
        _GONE: "fleetIdDoesNotExist",
        "fleet-x": "fleetIdMalformed",
    }
    await stack.idle()
    for instance_id in fleet["Instances"][0]["InstanceIds"]:
        assert (await stack.instance(instance_id))["State"]["Name"] == "terminated"
    shown = await described_fleet(stack, fleet["FleetId"])
    assert (shown["FleetState"], shown["FulfilledCapacity"]) == ("deleted", 0.0)
    again = await stack.call("DeleteFleets", FleetIds=[fleet["FleetId"]], TerminateInstances=True)
    assert again["UnsuccessfulFleetDeletions"][0]["Error"]["Code"] == "fleetNotInDeletableState"

    async def is_alone() -> bool:
        await stack.clock.advance(60 * 60 * 50)
        left = await stack.running.cloud.read(partial(fleets.in_scope, scope=Scope("123456789012", "us-east-1")))
        return [one.id for one in left] == [protected["FleetId"]]

    await eventually_async(is_alone, within=20)


async def test_a_fleet_is_not_deleted_without_its_instances(stack: Stack) -> None:
    """Codes and texts: the EC2 user guide, "Delete an EC2 Fleet request"."""
    await make(stack)
    fleet_id = (await create_fleet(stack))["FleetId"]
    answer = await stack.call("DeleteFleets", FleetIds=[fleet_id], TerminateInstances=False)
    (failed,) = answer["UnsuccessfulFleetDeletions"]
    assert failed["Error"] == {
        "Code": "NoTerminateInstancesNotSupported",
        "Message": "NoTerminateInstances option is not supported for instant fleet",
    }
    many = [f"{_GONE[:-2]}{number:02}" for number in range(26)]
    answer = await stack.call("DeleteFleets", FleetIds=many, TerminateInstances=True)
    codes = {one["Error"]["Code"] for one in answer["UnsuccessfulFleetDeletions"]}
    assert (codes, len(answer["UnsuccessfulFleetDeletions"])) == ({"ExceededInstantFleetNumForDeletion"}, 26)
    assert (await described_fleet(stack, fleet_id))["FleetState"] == "active"
