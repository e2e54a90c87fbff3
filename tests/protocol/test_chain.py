"""The chain from a request's arrival to its answer, driven as a server would drive it."""

import asyncio
import json
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from asgi import Caller, Refused, send
from botocore.loaders import Loader
from structlog.testing import capture_logs
from waiting import let_others_run

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.registry import BoundAction
from kumoniwa.api.written_once import WrittenOnce
from kumoniwa.clock import SystemClock
from kumoniwa.credentials.credential import Credential
from kumoniwa.errors import IdempotentParameterMismatch, IncorrectInstanceState
from kumoniwa.gateway.arrival import MAX_BODY, answers_to
from kumoniwa.gateway.chain import HEALTH, Gateway
from kumoniwa.gateway.dispatch import Dispatcher
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.gateway.routes import Extensions
from kumoniwa.gateway.services import services
from kumoniwa.model.principals import account_itself
from kumoniwa.store.database import DatabaseUnavailable

pytestmark = pytest.mark.anyio

ACCOUNT = "123456789012"
KEY, SECRET = "KWEXAMPLEKEY", "a-secret"
VERSION = "Version=2016-11-15"


@dataclass
class Garden:
    """Actions that remember how they were called, and the tokens they recorded."""

    calls: list[tuple[Call, Parameters]] = field(default_factory=list)
    key_names: Sequence[str] = ()
    recorded: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    proceed: asyncio.Event = field(default_factory=asyncio.Event)

    async def create_volume(self, call: Call, parameters: Parameters) -> Answer:
        self.calls.append((call, parameters))
        self.reached.set()
        await self.proceed.wait()
        output = {"VolumeId": f"vol-{len(self.calls)}", "CreateTime": datetime(2026, 1, 2, tzinfo=UTC)}
        if call.token is not None:
            self.recorded[call.token.value] = (call.token.fingerprint, output)
        return output

    async def describe_key_pairs(self, call: Call, parameters: Parameters) -> Answer:
        self.calls.append((call, parameters))
        return {"KeyPairs": [WrittenOnce({"KeyName": name}) for name in self.key_names]}

    async def stop_instances(self, call: Call, parameters: Parameters) -> Answer:
        raise IncorrectInstanceState("This instance 'i-1' is not in a state from which it can be stopped.")

    async def reboot_instances(self, call: Call, parameters: Parameters) -> Answer:
        raise ZeroDivisionError

    async def create_tags(self, call: Call, parameters: Parameters) -> Answer:
        raise DatabaseUnavailable("database or disk is full")

    async def get_caller_identity(self, call: Call, parameters: Parameters) -> Answer:
        return {"Arn": f"arn:aws:iam::{call.account}:root", "UserId": call.account, "Account": call.account}

    async def find(self, call: Call) -> Mapping[str, Any] | None:
        assert call.token is not None
        if (known := self.recorded.get(call.token.value)) is None:
            return None
        if known[0] != call.token.fingerprint:
            raise IdempotentParameterMismatch
        return known[1]

    async def boots(self, call: Call, named: Mapping[str, str]) -> Mapping[str, Any]:
        return {"account": call.account, "action": call.action, "at": datetime(2026, 1, 2, tzinfo=UTC), **named}


class OneKey:
    """The credentials of a cloud with one access key."""

    is_stale = False

    async def refresh(self) -> None:
        raise AssertionError("nothing is stale")

    def find(self, access_key_id: str, session_token: str | None = None) -> Credential | None:
        known = access_key_id == KEY and session_token is None
        return Credential(SECRET, account_itself(ACCOUNT)) if known else None


@pytest.fixture
def garden() -> Garden:
    garden = Garden()
    garden.proceed.set()
    return garden


@pytest.fixture
def gateway(garden: Garden) -> Gateway:
    ec2: dict[str, BoundAction] = {
        "CreateVolume": garden.create_volume,
        "DescribeKeyPairs": garden.describe_key_pairs,
        "StopInstances": garden.stop_instances,
        "RebootInstances": garden.reboot_instances,
        "CreateTags": garden.create_tags,
    }
    return Gateway(
        Dispatcher(services({"ec2": ec2, "iam": {}, "sts": {"GetCallerIdentity": garden.get_caller_identity}}), garden),
        OneKey(),
        SystemClock(),
        extensions=Extensions({"/_kumoniwa/instances/{instance_id}/boots": garden.boots}),
        hosts=["garden.example"],
    )


@pytest.fixture
def caller(gateway: Gateway) -> Caller:
    return Caller(gateway, KEY, SECRET, "eu-central-1")


async def test_an_action_learns_who_called_it_from_where_and_with_what(caller: Caller, garden: Garden) -> None:
    answer = await caller.call("DescribeKeyPairs", KeyNames=["a"], Filters=[{"Name": "tag:x", "Values": ["1"]}])
    assert answer == {"KeyPairs": []}
    [(call, parameters)] = garden.calls
    assert (call.action, call.account, call.region, call.principal) == (
        "DescribeKeyPairs",
        ACCOUNT,
        "eu-central-1",
        KEY,
    )
    assert parameters == {"KeyNames": ["a"], "Filters": [{"Name": "tag:x", "Values": ["1"]}]}


@pytest.mark.parametrize("how", ["get", "presigned"])
async def test_a_get_is_an_action_too(caller: Caller, garden: Garden, how: str) -> None:
    answer = await getattr(caller, how)(f"/?Action=DescribeKeyPairs&{VERSION}&KeyName.1=a%20b")
    assert answer.status == 200, answer.text
    assert garden.calls[0][1] == {"KeyNames": ["a b"]}


@pytest.mark.parametrize("version", ["2006-06-26", "2014-06-15", "2014-10-01", "2016-11-15"])
async def test_an_answer_is_in_the_namespace_of_the_version_that_was_asked_for(caller: Caller, version: str) -> None:
    answer = await caller.post(f"Action=DescribeKeyPairs&Version={version}")
    assert f'<DescribeKeyPairsResponse xmlns="http://ec2.amazonaws.com/doc/{version}/">' in answer.text


def test_every_version_that_botocore_has_a_model_of_is_spoken() -> None:
    known = Loader().list_api_versions("ec2", "service-2")
    assert len(known) > 5 and all(ec2_codec().speaks(version) for version in known)


async def test_every_answer_carries_its_request_id_twice_and_is_not_kept(caller: Caller) -> None:
    answer = await caller.post(f"Action=DescribeKeyPairs&{VERSION}")
    name = "{http://ec2.amazonaws.com/doc/2016-11-15/}requestId"
    assert ElementTree.fromstring(answer.body).findtext(name) == answer.headers["x-amzn-requestid"]
    assert answer.headers["content-type"] == "text/xml;charset=UTF-8"
    assert answer.headers["cache-control"] == "no-store"
    assert not any(header.startswith("access-control") for header in answer.headers)


@pytest.mark.parametrize("count", [1, 999])
async def test_a_large_answer_is_sent_in_parts_and_logged_when_it_is(
    gateway: Gateway, garden: Garden, count: int
) -> None:
    garden.key_names = [f"key-{number}" for number in range(count)]
    sent: list[tuple[Mapping[str, Any], int]] = []

    async def application(scope: Any, receive: Any, take: Any) -> None:
        async def also_here(message: Mapping[str, Any]) -> None:
            sent.append((message, len(logged)))
            await take(message)

        await gateway(scope, receive, also_here)

    with capture_logs() as logged:
        answer = await Caller(application, KEY, SECRET, "eu-central-1").call("DescribeKeyPairs")
    assert [each["KeyName"] for each in answer["KeyPairs"]] == garden.key_names
    head, *pieces = [message for message, _ in sent]
    assert int(dict(head["headers"])[b"content-length"]) == sum(len(piece["body"]) for piece in pieces)
    assert [piece["more_body"] for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    assert (len(pieces) > 1) is (count > 1)
    assert {lines for _, lines in sent} == {0}
    assert [(line["event"], line["code"]) for line in logged] == [("answered", "ok")]


async def test_an_answer_whose_caller_leaves_is_logged_all_the_same(gateway: Gateway) -> None:
    async def application(scope: Any, receive: Any, _: Any) -> None:
        async def refuse(message: Mapping[str, Any]) -> None:
            raise ConnectionResetError

        await gateway(scope, receive, refuse)

    with capture_logs() as logged, pytest.raises(ConnectionResetError):
        await send(application, "GET", HEALTH)
    assert [line["event"] for line in logged] == ["answered"]


async def test_a_refusal_is_told_in_ec2s_envelope(caller: Caller) -> None:
    answer = await caller.post(f"Action=StopInstances&{VERSION}&InstanceId.1=i-1")
    root = ElementTree.fromstring(answer.body)
    assert answer.status == 400
    assert root.findtext("Errors/Error/Code") == "IncorrectInstanceState"
    assert root.findtext("RequestID") == answer.headers["x-amzn-requestid"]


async def test_an_unexpected_error_is_an_internal_error_and_tells_nothing(caller: Caller) -> None:
    with pytest.raises(Refused, match="An internal error has occurred") as refusal:
        await caller.call("RebootInstances", InstanceIds=["i-1"])
    assert (refusal.value.code, refusal.value.status) == ("InternalError", 500)
    assert "ZeroDivision" not in str(refusal.value)


async def test_a_dry_run_is_answered_when_the_action_has_checked(caller: Caller, garden: Garden) -> None:
    with pytest.raises(Refused, match="Request would have succeeded") as refusal:
        await caller.call("CreateVolume", AvailabilityZone="a", DryRun=True, ClientToken="t")
    assert (refusal.value.code, refusal.value.status) == ("DryRunOperation", 412)
    ((call, parameters),) = garden.calls
    assert (call.dry_run, call.token, parameters) == (True, None, {"AvailabilityZone": "a"})


async def test_a_dry_run_is_refused_as_the_call_would_be(caller: Caller) -> None:
    with pytest.raises(Refused) as refusal:
        await caller.call("StopInstances", InstanceIds=["i-1"], DryRun=True)
    assert refusal.value.code == "IncorrectInstanceState"


async def test_a_dry_run_still_checks_the_parameters(caller: Caller) -> None:
    answer = await caller.post(f"Action=StopInstances&{VERSION}&DryRun=true")
    assert (answer.status, "No instances specified" in answer.text) == (400, True)


async def test_dry_run_false_is_no_dry_run(caller: Caller, garden: Garden) -> None:
    await caller.call("CreateVolume", AvailabilityZone="a", DryRun=False, ClientToken="t")
    assert garden.calls[0][1] == {"AvailabilityZone": "a"}


async def test_the_same_token_gets_the_same_answer_and_acts_once(caller: Caller, garden: Garden) -> None:
    first = await caller.call("CreateVolume", AvailabilityZone="a", Size=1, ClientToken="once")
    again = await caller.call("CreateVolume", Size=1, AvailabilityZone="a", ClientToken="once")
    assert first == again
    assert len(garden.calls) == 1


async def test_the_same_token_with_other_parameters_is_refused(caller: Caller) -> None:
    await caller.call("CreateVolume", AvailabilityZone="a", Size=1, ClientToken="once")
    with pytest.raises(Refused, match="IdempotentParameterMismatch"):
        await caller.call("CreateVolume", AvailabilityZone="a", Size=2, ClientToken="once")


async def test_twins_with_one_token_wait_for_each_other(caller: Caller, garden: Garden) -> None:
    garden.proceed.clear()
    twins = [
        asyncio.create_task(caller.call("CreateVolume", AvailabilityZone="a", ClientToken="twin")) for _ in range(3)
    ]
    async with asyncio.timeout(10):
        await garden.reached.wait()
    garden.proceed.set()
    answers = await asyncio.gather(*twins)
    assert answers[0] == answers[1] == answers[2]
    assert len(garden.calls) == 1


@pytest.mark.parametrize("token", ["x" * 65, "töken"])
async def test_a_token_that_is_too_long_or_not_ascii_is_refused(caller: Caller, token: str) -> None:
    with pytest.raises(Refused, match="parameter ClientToken is invalid"):
        await caller.call("CreateVolume", AvailabilityZone="a", ClientToken=token)


async def test_an_action_that_is_not_built_says_so_and_an_unknown_one_is_ec2s_refusal(caller: Caller) -> None:
    for action in ("CreateFleet", "CreateVpcEndpoint", "CreateVpnGateway", "CreateTransitGateway"):
        built = await caller.post(f"Action={action}&{VERSION}")
        assert f"<Code>InvalidAction</Code><Message>Kumoniwa does not implement the action {action}." in built.text
    unknown = await caller.post(f"Action=MakeTea&{VERSION}")
    assert "The action MakeTea is not valid for this web service." in unknown.text


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (VERSION, "must contain the parameter Action"),
        ("Action=DescribeKeyPairs", "must contain the parameter Version"),
        (
            "Action=DescribeKeyPairs&Version=2010-03-31",
            "The requested version (2010-03-31) of service AmazonEC2 does not",
        ),
        (f"Action=DescribeKeyPairs&Action=StopInstances&{VERSION}", "given twice"),
        (f"Action=DescribeKeyPairs&{VERSION}&KeyName.1=%ff", "not UTF-8"),
        (f"Action=DescribeKeyPairs&{VERSION}&KeyName.1=a%00b", "XML cannot hold"),
    ],
)
async def test_a_request_that_is_not_well_formed_is_refused(caller: Caller, body: str, told: str) -> None:
    answer = await caller.post(body)
    assert (answer.status, told in answer.text) == (400, True), answer.text


async def test_a_parameter_in_the_query_and_again_in_the_body_is_refused(caller: Caller) -> None:
    answer = await caller.post(f"Action=DescribeKeyPairs&{VERSION}&KeyName.1=a", target="/?KeyName.1=b")
    assert "was given twice" in answer.text


async def test_what_carries_older_signatures_is_no_parameter_of_the_action(caller: Caller, garden: Garden) -> None:
    """AWS's SDK for Ruby 1 sends a Timestamp in the body of what it signs by version 4."""
    older = "AWSAccessKeyId=a&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2026-11-30T18%3A00%3A00Z"
    answer = await caller.post(f"Action=DescribeKeyPairs&{VERSION}&{older}&KeyName.1=a")
    assert answer.status == 200, answer.text
    [(_, parameters)] = garden.calls
    assert parameters == {"KeyNames": ["a"]}


async def test_a_wrong_key_is_ec2s_authentication_failure(gateway: Gateway) -> None:
    for stranger in (Caller(gateway, "OTHERKEY", SECRET), Caller(gateway, KEY, "other")):
        with pytest.raises(Refused, match="not able to validate the provided access credentials") as refusal:
            await stranger.call("DescribeKeyPairs")
        assert (refusal.value.code, refusal.value.status) == ("AuthFailure", 401)


async def test_unsigned_requests_reach_nothing(gateway: Gateway, garden: Garden) -> None:
    for target in (f"/?Action=DescribeKeyPairs&{VERSION}", "/_kumoniwa/instances/i-1/boots"):
        answer = await send(gateway, "GET", target)
        assert (answer.status, "MissingAuthenticationToken" in answer.text) == (403, True)
    assert garden.calls == []


async def test_who_signs_in_two_ways_is_refused_as_ec2_refuses(caller: Caller) -> None:
    answer = await caller.post(f"Action=DescribeKeyPairs&{VERSION}", target="/?X-Amz-Signature=b")
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>'), (
        answer.text
    )


async def test_only_callers_that_are_known_keep_their_connections(gateway: Gateway, caller: Caller) -> None:
    for body in (f"Action=DescribeKeyPairs&{VERSION}", f"Action=StopInstances&{VERSION}&InstanceId.1=i-1"):
        assert "connection" not in (await caller.post(body)).headers
    for stranger in (Caller(gateway, "OTHERKEY", SECRET), Caller(gateway, KEY, "other")):
        assert (await stranger.post(f"Action=DescribeKeyPairs&{VERSION}")).headers["connection"] == "close"
    for target in ("/", "/_kumoniwa/health", "/_kumoniwa/instances/i-1/boots"):
        assert (await send(gateway, "GET", target)).headers["connection"] == "close"


async def test_large_bodies_are_read_a_few_at_a_time_until_their_signatures_are_known(gateway: Gateway) -> None:
    reading, goes_on = 0, asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal reading
        reading += 1
        await goes_on.wait()
        return {"type": "http.request", "body": b"x" * 100_000, "more_body": False}

    sent: list[MutableMapping[str, Any]] = []

    async def take(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in [*_claiming(KEY), ("content-length", "100000")]]
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": raw}
    async with asyncio.timeout(20), asyncio.TaskGroup() as callers:
        for _ in range(10):
            callers.create_task(gateway(scope, receive, take))
        await let_others_run(100)
        assert reading == 4
        goes_on.set()
    assert reading == 10
    assert [message["status"] for message in sent if "status" in message] == [401] * 10


async def test_sts_says_who_the_caller_is(caller: Caller) -> None:
    answer = await caller.post("Action=GetCallerIdentity&Version=2011-06-15", service="sts")
    root = ElementTree.fromstring(answer.body)
    space = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    assert root.findtext(f"{space}GetCallerIdentityResult/{space}Account") == ACCOUNT
    assert root.findtext(f"{space}ResponseMetadata/{space}RequestId") == answer.headers["x-amzn-requestid"]


async def test_sts_refuses_in_its_own_envelope(gateway: Gateway, caller: Caller) -> None:
    stranger = await Caller(gateway, "OTHERKEY", SECRET).post("Action=GetCallerIdentity", service="sts")
    assert (stranger.status, "<Code>InvalidClientTokenId</Code>" in stranger.text) == (403, True)
    assert stranger.text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<ErrorResponse')
    role = await caller.post("Action=AssumeRole&Version=2011-06-15&RoleArn=x", service="sts")
    assert "Kumoniwa does not implement the action AssumeRole of STS." in role.text


async def test_a_service_that_is_not_part_of_kumoniwa_is_named(caller: Caller) -> None:
    answer = await caller.post("{}", service="logs", Content_Type="application/x-amz-json-1.1")
    assert json.loads(answer.body)["__type"] == "UnknownOperationException"
    assert "does not implement the service logs" in answer.text
    answer = await caller.post("Action=ListTopics", service="sns")
    assert "<Message>Kumoniwa does not implement the service sns" in answer.text


async def test_an_extension_is_signed_and_answers_json(caller: Caller) -> None:
    for service in ("ec2", "kumoniwa"):
        answer = await caller.get("/_kumoniwa/instances/i-1/boots?limit=3", service=service)
        assert answer.headers["content-type"] == "application/json"
        assert json.loads(answer.body) == {
            "account": ACCOUNT,
            "action": "/_kumoniwa/instances/{instance_id}/boots",
            "at": "2026-01-02T00:00:00.000Z",
            "instance_id": "i-1",
            "limit": "3",
        }


async def test_an_extension_that_is_not_there_is_refused_in_json(caller: Caller) -> None:
    answer = await caller.get("/_kumoniwa/tea")
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "NotFound")


async def test_health_needs_no_signature(gateway: Gateway) -> None:
    answer = await send(gateway, "GET", "/_kumoniwa/health")
    assert (answer.status, json.loads(answer.body)["status"]) == (200, "ok")


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1:4566", True),
        ("127.3.2.1", True),
        ("localhost:4566", True),
        ("ec2.localhost", True),
        ("[::1]:4566", True),
        ("Garden.example:80", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("10.0.0.1", False),
        ("", False),
        ("[::1]", True),
        ("[::1]evil.example", False),
        ("[::1]:evil.example", False),
        ("127.0.0.1:evil.example", False),
        ("127.0.0.1:4566@evil.example", False),
        ("user@127.0.0.1:4566", False),
        ("localhost.evil.example", False),
        ("evillocalhost", False),
        ("127.0.0.1, evil.example", False),
        ("[evil.example]", False),
    ],
)
def test_only_names_of_this_cloud_are_answered_to(host: str, ours: bool) -> None:
    assert answers_to(host, {"garden.example"}) is ours


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([("host", "evil.example")], 403),
        ([], 403),
        ([("host", "localhost"), ("host", "localhost")], 403),
        ([("host", "localhost"), ("origin", "http://localhost")], 403),
        ([("host", "localhost"), ("x", "y" * 40_000)], 431),
        ([("host", "localhost"), *[("x", "y")] * 200], 431),
        ([("host", "localhost"), ("content-length", str(MAX_BODY + 1))], 413),
        ([("host", "localhost"), ("content-length", "-1")], 413),
    ],
)
async def test_what_may_not_arrive_is_refused_before_it_is_read(
    gateway: Gateway, headers: list[tuple[str, str]], status: int
) -> None:
    answer = await send(gateway, "GET", "/_kumoniwa/health", headers)
    assert answer.status == status
    assert "x-amzn-requestid" in answer.headers


def _claiming(key: str) -> list[tuple[str, str]]:
    """Headers of a request that says it is signed with this key."""
    signed = f"Credential={key}/20260301/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
    date = ("date", "Sun, 01 Mar 2026 12:00:00 GMT")
    return [("host", "localhost"), date, ("authorization", f"AWS4-HMAC-SHA256 {signed.replace('=host', '=date;host')}")]


async def test_a_body_that_grows_past_the_limit_is_refused_without_being_kept(gateway: Gateway) -> None:
    pieces = [b"x" * 1000] * (MAX_BODY // 1000 + 2)
    answer = await send(gateway, "POST", "/", _claiming(KEY), body=pieces)
    assert answer.status == 413


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (_claiming("KWSOMEBODYELSE"), "AuthFailure"),
        ([("host", "localhost")], "MissingAuthenticationToken"),
        ([("host", "localhost"), ("authorization", "Basic x")], "IncompleteSignature"),
    ],
)
async def test_the_body_of_a_caller_that_nobody_knows_is_not_read(
    gateway: Gateway, headers: list[tuple[str, str]], code: str
) -> None:
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    sent: list[MutableMapping[str, Any]] = []

    async def take(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": raw}
    await gateway(scope, receive, take)
    assert code.encode() in sent[1]["body"]
    assert read <= 1  # older signatures are looked for in the first piece


async def test_an_older_signature_in_a_body_is_still_named(gateway: Gateway) -> None:
    answer = await send(gateway, "POST", "/", body=b"AWSAccessKeyId=K&SignatureVersion=2&Signature=x")
    assert "Kumoniwa verifies Signature Version 4 alone" in answer.text


async def test_a_long_address_is_refused(gateway: Gateway) -> None:
    assert (await send(gateway, "GET", "/?" + "x" * 70_000)).status == 414


async def test_other_methods_are_refused(gateway: Gateway) -> None:
    assert (await send(gateway, "OPTIONS", "/")).status == 405


async def test_a_body_that_is_no_form_is_refused(caller: Caller) -> None:
    answer = await caller.post("{}", Content_Type="application/json")
    assert "its body is not a form" in answer.text


def test_a_gateway_for_actions_that_ec2_does_not_have_cannot_be_made(garden: Garden) -> None:
    with pytest.raises(ValueError, match="MakeTea"):
        services({"ec2": {"MakeTea": garden.create_volume}, "iam": {}, "sts": {}})


def test_actions_of_a_service_that_does_not_answer_are_noticed() -> None:
    with pytest.raises(ValueError, match="logs"):
        services({"ec2": {}, "iam": {}, "sts": {}, "logs": {}})


async def test_what_cannot_be_written_now_is_told_as_ec2_does_and_without_a_traceback(caller: Caller) -> None:
    with capture_logs() as logged, pytest.raises(Refused) as refused:
        await caller.call("CreateTags", Resources=["vol-0123456789abcdef0"], Tags=[{"Key": "a", "Value": "b"}])
    assert (refused.value.code, refused.value.status) == ("Unavailable", 503)
    assert refused.value.message == (
        "The server is overloaded and can't handle the request: Kumoniwa's database cannot be used now"
        " (database or disk is full). Try again; where it stays so, kumoniwa doctor shows whether it answers and has"
        " room."
    )
    assert [line["event"] for line in logged] == ["answered"]
