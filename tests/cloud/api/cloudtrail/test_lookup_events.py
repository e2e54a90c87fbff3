"""CloudTrail's event history: the calls that were made, by whom, with what came of them, and how they are looked up."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from asgi import Caller, Refused
from stack import Stack
from structlog.testing import capture_logs

from kumoniwa.api import trail as recorded
from kumoniwa.api.call import Call
from kumoniwa.model.trail_events import TrailEvent
from kumoniwa.reconcile.time import EVENTS_KEPT, forgetting
from kumoniwa.store import trail_events
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio


async def events(stack: Stack, key: str = "", value: str = "", **more: Any) -> list[dict[str, Any]]:
    """The events with an attribute, the latest first."""
    asked = {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]} if key else {}
    found: list[dict[str, Any]] = (await stack.ask("cloudtrail", "LookupEvents", **asked, **more))["Events"]
    return found


async def event(stack: Stack, action: str) -> dict[str, Any]:
    """The record of the only event of an action."""
    [found] = await events(stack, "EventName", action)
    record: dict[str, Any] = json.loads(found["CloudTrailEvent"])
    return record


async def test_a_launch_is_told_as_cloudtrail_tells_it(stack: Stack) -> None:
    image = (await stack.call("DescribeImages"))["Images"][0]["ImageId"]
    secret = base64.b64encode(b"#!/bin/sh\nsecret").decode()
    answer = await stack.call(
        "RunInstances", ImageId=image, MinCount=1, MaxCount=1, InstanceType="t3.micro", UserData=secret
    )
    instance = answer["Instances"][0]
    [found] = await events(stack, "EventName", "RunInstances")
    key = stack.running.key
    assert (found["EventSource"], found["ReadOnly"], found["Username"]) == ("ec2.amazonaws.com", "false", "root")
    assert found["AccessKeyId"] == key["access_key_id"]
    resources = {one["ResourceName"]: one["ResourceType"] for one in found["Resources"]}
    assert resources.items() >= {
        (instance["InstanceId"], "AWS::EC2::Instance"),
        (image, "AWS::EC2::Ami"),
        (instance["VpcId"], "AWS::EC2::VPC"),
        (instance["SubnetId"], "AWS::EC2::Subnet"),
        (instance["SecurityGroups"][0]["GroupId"], "AWS::EC2::SecurityGroup"),
        (instance["NetworkInterfaces"][0]["NetworkInterfaceId"], "AWS::EC2::NetworkInterface"),
    }
    record = json.loads(found["CloudTrailEvent"])
    request, response = record.pop("requestParameters"), record.pop("responseElements")
    assert request.pop("userData") == "<sensitiveDataRemoved>"
    assert request == {
        "instancesSet": {"items": [{"imageId": image, "minCount": 1, "maxCount": 1}]},
        "instanceType": "t3.micro",
    }
    [told] = response["instancesSet"]["items"]
    assert (response["requestId"], response["reservationId"]) == (record["requestID"], answer["ReservationId"])
    assert (told["instanceId"], told["instanceState"]) == (instance["InstanceId"], {"code": 0, "name": "pending"})
    assert told["launchTime"] == int(instance["LaunchTime"].timestamp() * 1000)
    assert told["groupSet"]["items"][0]["groupId"] == instance["SecurityGroups"][0]["GroupId"]
    assert record.pop("eventTime") == f"{found['EventTime']:%Y-%m-%dT%H:%M:%SZ}"
    assert record.pop("userAgent") == ""
    assert record == {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "Root",
            "principalId": key["account"],
            "arn": f"arn:aws:iam::{key['account']}:root",
            "accountId": key["account"],
            "accessKeyId": key["access_key_id"],
        },
        "eventSource": "ec2.amazonaws.com",
        "eventName": "RunInstances",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "requestID": record["requestID"],
        "eventID": found["EventId"],
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": key["account"],
        "eventCategory": "Management",
    }
    await stack.idle()
    boots = await stack.boots(instance["InstanceId"], 1)
    assert boots[0]["request_id"] == record["requestID"]


async def test_calls_are_told_in_ec2s_sets(stack: Stack) -> None:
    instance = await stack.launch()
    await stack.call("CreateTags", Resources=[instance], Tags=[{"Key": "k", "Value": "v"}])
    await stack.call("StopInstances", InstanceIds=[instance])
    await stack.idle()
    tagged = await event(stack, "CreateTags")
    assert tagged["requestParameters"] == {
        "resourcesSet": {"items": [{"resourceId": instance}]},
        "tagSet": {"items": [{"key": "k", "value": "v"}]},
    }
    assert tagged["responseElements"] == {"requestId": tagged["requestID"], "_return": True}
    stopped = await event(stack, "StopInstances")
    assert stopped["requestParameters"] == {"instancesSet": {"items": [{"instanceId": instance}]}}
    [told] = stopped["responseElements"]["instancesSet"]["items"]
    assert told["currentState"] == {"code": 64, "name": "stopping"}


async def test_reads_are_told_with_what_they_asked_for_and_no_answer(stack: Stack) -> None:
    await stack.call("DescribeVolumes", Filters=[{"Name": "size", "Values": ["8", "9"]}])
    record = await event(stack, "DescribeVolumes")
    assert (record["readOnly"], record["responseElements"]) == (True, None)
    filters = [{"name": "size", "valueSet": {"items": [{"value": "8"}, {"value": "9"}]}}]
    assert record["requestParameters"] == {"filterSet": {"items": filters}}
    await stack.call("DescribeVpcs")
    assert (await event(stack, "DescribeVpcs"))["requestParameters"] is None


async def test_refused_calls_are_told_with_their_codes(stack: Stack) -> None:
    with pytest.raises(Refused):
        await stack.call("StopInstances", InstanceIds=["i-0123456789abcdef0"])
    record = await event(stack, "StopInstances")
    assert record["errorCode"] == "Client.InvalidInstanceID.NotFound"
    assert "i-0123456789abcdef0" in record["errorMessage"]
    assert record["responseElements"] is None
    assert record["requestParameters"] == {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}}
    with pytest.raises(Refused):
        await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1, DryRun=True)
    assert (await event(stack, "CreateVolume"))["errorCode"] == "Client.DryRunOperation"
    with pytest.raises(Refused):
        await stack.call(
            "CreateFleet", LaunchTemplateConfigs=[], TargetCapacitySpecification={"TotalTargetCapacity": 1}
        )
    assert (await event(stack, "CreateFleet"))["errorCode"].startswith("Client.")
    with pytest.raises(Refused):
        await stack.ask("ssm", "DeleteParameter", Name="none")
    record = await event(stack, "DeleteParameter")
    assert (record["errorCode"], record["eventSource"]) == ("ParameterNotFound", "ssm.amazonaws.com")


async def test_a_termination_that_one_protection_refuses_is_told_once_with_what_it_ended(stack: Stack) -> None:
    kept = await stack.launch(DisableApiTermination=True, Placement={"AvailabilityZone": "us-east-1a"})
    ended = await stack.launch(Placement={"AvailabilityZone": "us-east-1b"})
    with pytest.raises(Refused):
        await stack.call("TerminateInstances", InstanceIds=[kept, ended])
    record = await event(stack, "TerminateInstances")
    assert record["errorCode"] == "Client.OperationNotPermitted"


async def test_secrets_lie_nowhere(stack: Stack) -> None:
    secret = "correct horse battery staple"
    encoded = base64.b64encode(secret.encode()).decode()
    instance = await stack.launch(UserData=encoded)
    await stack.call("StopInstances", InstanceIds=[instance])
    await stack.idle()
    await stack.call("ModifyInstanceAttribute", InstanceId=instance, UserData={"Value": secret.encode()})
    await stack.ask("ssm", "PutParameter", Name="secret", Value=secret, Type="SecureString")
    private = (await stack.call("CreateKeyPair", KeyName="k"))["KeyMaterial"]
    assert "keyMaterial" not in (await event(stack, "CreateKeyPair"))["responseElements"]
    assert (await event(stack, "PutParameter"))["requestParameters"]["value"] == "<sensitiveDataRemoved>"
    changed = await event(stack, "ModifyInstanceAttribute")
    assert changed["requestParameters"]["userData"] == {"value": "<sensitiveDataRemoved>"}
    await stack.call("TerminateInstances", InstanceIds=[instance])
    folder = stack.running.cloud.world.config.data_dir
    whole = b"".join(path.read_bytes() for path in folder.glob(f"{DATABASE_FILE}*"))
    assert secret.encode() not in whole
    assert private.splitlines()[5].encode() not in whole


async def test_an_event_is_written_with_the_change_and_not_without_it(stack: Stack) -> None:
    await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1, ClientToken="once")
    count = "SELECT COUNT(*) FROM trail_events WHERE action = 'CreateVolume'"

    def written(connection: Any) -> int:
        return int(connection.exec_driver_sql(count).scalar())

    database = stack.running.cloud.world.database
    assert await database.read(written) == 1, "before anything was gathered"
    await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1, ClientToken="once")
    assert await database.read(written) == 1, "what is answered again changes nothing"
    again, first = [json.loads(one["CloudTrailEvent"]) for one in await events(stack, "EventName", "CreateVolume")]
    assert first["requestParameters"]["clientToken"] == "once"
    assert again["responseElements"]["volumeId"] == first["responseElements"]["volumeId"]


async def test_a_call_that_cannot_be_recorded_keeps_no_other_from_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recorded._event

    def unwritable(call: Call, *others: Any) -> TrailEvent:
        if call.action == "DescribeTags":
            raise TypeError("it has no place in an event")
        return made(call, *others)

    monkeypatch.setattr(recorded, "_event", unwritable)
    for action in ("DescribeVpcs", "DescribeTags", "DescribeKeyPairs"):
        await stack.call(action)
    with capture_logs() as lines:
        found = [one["EventName"] for one in await events(stack)]
    assert found[:2] == ["DescribeKeyPairs", "DescribeVpcs"]
    assert [(line["log_level"], line["action"]) for line in lines if "cannot be recorded" in line["event"]] == [
        ("error", "DescribeTags")
    ]


async def test_events_are_found_by_each_attribute(stack: Stack) -> None:
    instance = await stack.launch()
    await stack.call("CreateKeyPair", KeyName="k")
    await stack.ask("ssm", "PutParameter", Name="/a/b", Value="x", Type="String")
    await stack.call("DescribeInstances", InstanceIds=[instance])
    key = stack.running.key["access_key_id"]

    async def names(attribute: str, value: str) -> list[str]:
        return [one["EventName"] for one in await events(stack, attribute, value)]

    assert await names("ResourceName", instance) == ["DescribeInstances", "RunInstances"]
    assert await names("ResourceName", "k") == ["CreateKeyPair"]
    assert await names("ResourceName", "/a/b") == ["PutParameter"]
    assert await names("ResourceName", instance[:-1]) == []
    assert "RunInstances" in await names("ResourceType", "AWS::EC2::Instance")
    assert await names("ResourceType", "AWS::SSM::Parameter") == ["PutParameter"]
    await stack.clock.advance(10)
    assert await names("EventSource", "ssm.amazonaws.com") == ["PutParameter"]
    assert await names("EventSource", "ssm") == []
    assert await names("ReadOnly", "false") == ["PutParameter", "CreateKeyPair", "RunInstances"]
    assert "DescribeInstances" in await names("ReadOnly", "true")
    assert "RunInstances" in await names("Username", "root")
    assert "RunInstances" in await names("AccessKeyId", key)
    [one] = await events(stack, "EventName", "PutParameter")
    await stack.clock.advance(10)
    assert [found["EventId"] for found in await events(stack, "EventId", one["EventId"])] == [one["EventId"]]
    for unknown in ("x", "f" * 8 + "-ffff-ffff-ffff-" + "f" * 12, one["EventId"][:-1] + "x"):
        assert await events(stack, "EventId", unknown) == []


async def test_times_and_pages(stack: Stack) -> None:
    for number in range(5):
        await stack.call("CreateKeyPair", KeyName=str(number))
        await stack.clock.advance(100)
    asked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateKeyPair"}]}

    def told(answer: dict[str, Any]) -> list[str]:
        return [json.loads(one["CloudTrailEvent"])["requestParameters"]["keyName"] for one in answer["Events"]]

    first = await stack.ask("cloudtrail", "LookupEvents", **asked, MaxResults=2)
    second = await stack.ask("cloudtrail", "LookupEvents", **asked, MaxResults=2, NextToken=first["NextToken"])
    third = await stack.ask("cloudtrail", "LookupEvents", **asked, MaxResults=2, NextToken=second["NextToken"])
    assert [told(page) for page in (first, second, third)] == [["4", "3"], ["2", "1"], ["0"]]
    assert "NextToken" not in third
    times = [one["EventTime"] for page in (first, second, third) for one in page["Events"]]
    assert times == sorted(times, reverse=True)
    span = {"StartTime": times[3], "EndTime": times[1]}
    assert told(await stack.ask("cloudtrail", "LookupEvents", **asked, **span)) == ["3", "2", "1"]
    with pytest.raises(Refused) as refusal:
        await stack.ask("cloudtrail", "LookupEvents", StartTime=times[1], EndTime=times[3])
    assert refusal.value.code == "InvalidTimeRangeException"
    with pytest.raises(Refused) as refusal:
        await stack.ask("cloudtrail", "LookupEvents", NextToken=first["NextToken"])
    assert refusal.value.code == "InvalidNextTokenException"
    far = {"StartTime": "9990-01-01T00:00:00Z"}
    assert (await stack.ask("cloudtrail", "LookupEvents", **far))["Events"] == []


async def test_one_attribute_at_a_time_and_not_too_often(stack: Stack) -> None:
    two = [{"AttributeKey": "EventName", "AttributeValue": name} for name in ("a", "b")]
    with pytest.raises(Refused) as refusal:
        await stack.ask("cloudtrail", "LookupEvents", LookupAttributes=two)
    assert refusal.value.code == "InvalidLookupAttributesException"
    with pytest.raises(Refused) as refusal:
        await events(stack, "ReadOnly", "maybe")
    assert refusal.value.code == "InvalidLookupAttributesException"
    for _ in range(10):
        await events(stack, "EventName", "a")
    with pytest.raises(Refused) as refusal:
        await events(stack, "EventName", "a")
    assert refusal.value.code == "ThrottlingException"
    await stack.clock.advance(1)
    assert await events(stack, "EventName", "a") == []


async def test_a_user_is_named(stack: Stack) -> None:
    await stack.caller.iam("CreateUser", UserName="mei")
    key = (await stack.caller.iam("CreateAccessKey", UserName="mei"))["AccessKey"]
    mei = Caller(stack.running.gateway, key["AccessKeyId"], key["SecretAccessKey"])
    await mei.call("CreateKeyPair", KeyName="k")
    [found] = await events(stack, "Username", "mei")
    assert (found["EventName"], found["AccessKeyId"]) == ("CreateKeyPair", key["AccessKeyId"])
    identity = json.loads(found["CloudTrailEvent"])["userIdentity"]
    assert (identity["type"], identity["userName"]) == ("IAMUser", "mei")
    assert identity["arn"].endswith(":user/mei")


async def test_regions_have_histories_of_their_own(stack: Stack) -> None:
    await stack.in_region("eu-west-1").call("CreateKeyPair", KeyName="k")
    assert await events(stack, "EventName", "CreateKeyPair") == []
    assert len(await events(stack.in_region("eu-west-1"), "EventName", "CreateKeyPair")) == 1


async def test_reads_beyond_a_measure_are_not_recorded_and_hold_nothing_up(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "MOST_READS", 3)
    for _ in range(5):
        await stack.call("DescribeVpcs")
    await stack.clock.advance(recorded.DELAY + 1)
    await stack.written()
    await stack.call("DescribeSubnets")
    assert len(await events(stack, "EventName", "DescribeVpcs")) == 3
    assert len(await events(stack, "EventName", "DescribeSubnets")) == 1


async def test_what_is_gathered_is_written_soon_and_at_the_end(stack: Stack) -> None:
    await stack.call("DescribeVpcs")
    database = stack.running.cloud.world.database

    def count(connection: Any) -> int:
        return int(connection.exec_driver_sql("SELECT COUNT(*) FROM trail_events").scalar())

    before = await database.read(count)
    await stack.clock.advance(recorded.DELAY)
    await stack.written()
    assert await database.read(count) == before + 1


async def test_events_are_forgotten_after_ninety_days_and_beyond_a_number(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        await stack.call("CreateKeyPair", KeyName=str(number))
        await stack.clock.advance(1)
    database, now = stack.running.cloud.world.database, stack.clock.now()

    async def forget(before: timedelta) -> int:
        return await database.write(lambda connection: trail_events.forget(connection, now - before, at_most=100))

    assert await forget(timedelta(days=1)) == 0
    assert await forget(timedelta(seconds=4, milliseconds=500)) == 2
    monkeypatch.setattr(trail_events, "MOST", 3)
    trail = stack.running.cloud.trail
    assert trail is not None
    await trail.keep_measure()
    kept = [json.loads(one["CloudTrailEvent"]) for one in await events(stack, "EventName", "CreateKeyPair")]
    assert [one["requestParameters"]["keyName"] for one in kept] == ["5", "4", "3"]
    assert timedelta(days=90) == EVENTS_KEPT
    assert len(forgetting(now)) > 0


async def test_a_large_answer_keeps_the_ids_of_its_instances(stack: Stack) -> None:
    image = (await stack.call("DescribeImages"))["Images"][0]["ImageId"]
    answer = await stack.call("RunInstances", ImageId=image, MinCount=30, MaxCount=30, InstanceType="t3.nano")
    ids = [one["InstanceId"] for one in answer["Instances"]]
    record = await event(stack, "RunInstances")
    assert record["responseElements"]["instancesSet"]["items"] == [{"instanceId": one} for one in ids]
    assert len(await events(stack, "ResourceName", ids[-1])) == 1
    await stack.idle()


async def test_a_role_is_named_by_its_session_and_its_credentials_are_not_told(stack: Stack) -> None:
    account = stack.running.key["account"]
    await stack.caller.iam("CreateUser", UserName="mei")
    made = (await stack.caller.iam("CreateAccessKey", UserName="mei"))["AccessKey"]
    told = json.dumps((await event(stack, "CreateAccessKey"))["responseElements"])
    assert made["AccessKeyId"] in told
    assert made["SecretAccessKey"] not in told
    trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = (await stack.caller.iam("CreateRole", RoleName="backup", AssumeRolePolicyDocument=policy))["Role"]
    assumed = await stack.caller.sts("AssumeRole", RoleArn=role["Arn"], RoleSessionName="nightly")
    credentials = assumed["Credentials"]
    told = json.dumps((await event(stack, "AssumeRole"))["responseElements"])
    assert credentials["AccessKeyId"] in told
    assert credentials["SecretAccessKey"] not in told
    assert credentials["SessionToken"] not in told
    key, secret, token = (credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    nightly = Caller(stack.running.gateway, key, secret, session_token=token)
    await nightly.call("CreateKeyPair", KeyName="k")
    [found] = await events(stack, "Username", "nightly")
    identity = json.loads(found["CloudTrailEvent"])["userIdentity"]
    assert (identity["type"], identity["arn"]) == ("AssumedRole", f"arn:aws:sts::{account}:assumed-role/backup/nightly")
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["arn"], issuer["userName"]) == ("Role", role["Arn"], "backup")
