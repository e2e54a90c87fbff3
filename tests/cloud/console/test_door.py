"""The console's door: actions in JSON through the same chain as the signed API's, and the static files."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from asgi import Caller, Refused
from browser import Browser, code_of
from stack import Stack, stack_on

from kumoniwa import __version__
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.console.static_files import static_files
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser(stack: Stack) -> Browser:
    browser = Browser(stack)
    await browser.sign_in()
    return browser


async def test_an_answer_is_what_an_sdk_reads_of_the_signed_apis(stack: Stack, browser: Browser) -> None:
    instance = await stack.launch(
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "ü"}]}]
    )
    signed = await stack.call("DescribeInstances", InstanceIds=[instance])
    answer = await browser.call("DescribeInstances", InstanceIds=[instance])
    told = json.loads(answer.body)
    assert told["Reservations"][0]["Instances"][0]["LaunchTime"].endswith(".000Z")
    assert _texts(told) == _texts(signed)


async def test_a_refusal_has_ec2s_code_words_and_the_request(stack: Stack, browser: Browser) -> None:
    instance = await stack.launch(DisableApiStop=True)
    answer = await browser.call("StopInstances", InstanceIds=[instance])
    refused = json.loads(answer.body)
    with pytest.raises(Refused) as signed:
        await stack.call("StopInstances", InstanceIds=[instance])
    assert (answer.status, refused["code"], refused["message"]) == (400, signed.value.code, signed.value.message)
    assert refused["requestId"] == answer.headers["x-amzn-requestid"]


async def test_the_request_of_a_page_is_on_the_timeline(stack: Stack, browser: Browser) -> None:
    instance = await stack.launch()
    rebooted = await browser.call("RebootInstances", InstanceIds=[instance])
    await stack.idle()
    boots = await stack.boots(instance, 2)
    assert boots[1]["request_id"] == rebooted.headers["x-amzn-requestid"]
    seen = await browser.ask("evidence", {"region": "us-east-1", "path": f"instances/{instance}/boots"})
    assert json.loads(seen.body)["boots"] == boots


async def test_a_dry_run_says_what_would_happen_and_does_nothing(stack: Stack, browser: Browser) -> None:
    instance = await stack.launch()
    answer = await browser.call("StopInstances", InstanceIds=[instance], DryRun=True)
    assert (answer.status, code_of(answer)) == (412, "DryRunOperation")
    assert (await stack.instance(instance))["State"]["Name"] == "running"


async def test_a_client_token_is_good_once_through_both_doors(stack: Stack, browser: Browser) -> None:
    asked: dict[str, Any] = {"AvailabilityZone": "us-east-1a", "Size": 1, "ClientToken": "twice"}
    first = json.loads((await browser.call("CreateVolume", **asked)).body)
    assert json.loads((await browser.call("CreateVolume", **asked)).body)["VolumeId"] == first["VolumeId"]
    assert (await stack.call("CreateVolume", **asked))["VolumeId"] == first["VolumeId"]


@pytest.mark.parametrize("freeze", [False, True])
async def test_a_page_knows_whether_the_server_freezes_guests_for_cuts(tmp_path: Path, *, freeze: bool) -> None:
    clock = ManualClock(datetime.now(UTC))
    driver = SimulatedDriver(clock, timing=Timing.instant())
    async with stack_on(Config(data_dir=tmp_path, driver="simulated", freeze=freeze), driver, clock) as stack:
        browser = Browser(stack)
        await browser.sign_in()
        told = json.loads((await browser.ask("about", {})).body)
    assert told == {
        "version": __version__,
        "region": "us-east-1",
        "driver": "simulated",
        "freeze": freeze,
        "network": "user",
        "account": "123456789012",
    }


async def test_another_region_is_another_place_and_an_unknown_one_is_refused(stack: Stack, browser: Browser) -> None:
    await stack.launch()
    elsewhere = await browser.call("DescribeInstances", region="eu-central-1")
    assert json.loads(elsewhere.body) == {"Reservations": []}
    unknown = await browser.call("DescribeInstances", region="mars-1")
    with pytest.raises(Refused) as signed:
        key = stack.running.key
        await Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], "mars-1").call(
            "DescribeInstances"
        )
    assert code_of(unknown) == signed.value.code


async def test_another_service_answers_too(browser: Browser) -> None:
    answer = await browser.call("GetCallerIdentity", service="sts")
    assert json.loads(answer.body)["Account"] == "123456789012"


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("DescribeInstances", {"InstanceIds": "i-0123456789abcdef0"}, "InvalidParameterValue"),
        ("DescribeInstances", {"Nonsense": 1}, "UnknownParameter"),
        ("DescribeInstances", {"MaxResults": "5"}, "InvalidParameterValue"),
        ("DescribeInstances", {"MaxResults": 10**40}, "InvalidParameterValue"),
        ("EnableImageDeprecation", {"ImageId": "ami-01234567", "DeprecateAt": 1e300}, "InvalidParameterValue"),
        ("CreateTransitGateway", {}, "InvalidAction"),
        ("NoSuchAction", {}, "InvalidAction"),
        ("StopInstances", {"InstanceIds": ["i-0123456789abcdef0"]}, "InvalidInstanceID.NotFound"),
    ],
)
async def test_a_call_is_refused(browser: Browser, action: str, parameters: dict[str, Any], code: str) -> None:
    answer = await browser.call(action, **parameters)
    assert (answer.status, code_of(answer)) == (400, code), answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[" * 100_000,
        b'{"service": "ec2", "action": "DescribeInstances", "region": "us-east-1", "parameters": []}',
        b'{"service": "ec2", "action": "DescribeInstances", "region": "us-east-1", "parameters": {"MaxResults": NaN}}',
        b'{"service": "ec2", "action": "DescribeInstances"}',
        b'{"service": "ec2", "action": ["DescribeInstances"], "region": "us-east-1"}',
        b'{"service": "s3", "action": "ListBuckets", "region": "us-east-1"}',
    ],
)
async def test_a_body_that_is_no_call_is_refused(browser: Browser, body: bytes) -> None:
    assert (await browser.ask("call", body)).status == 400


async def test_a_body_is_as_limited_as_the_signed_apis(browser: Browser) -> None:
    assert (await browser.ask("call", b" " * (1024 * 1024 + 1))).status == 413


async def test_evidence_is_asked_for_by_a_query(stack: Stack, browser: Browser) -> None:
    ends = {"from": await stack.launch(), "to": await stack.launch(), "port": "22"}
    path = f"reach?{urlencode(ends)}"
    seen = json.loads((await browser.ask("evidence", {"region": "us-east-1", "path": path})).body)
    assert seen["reached"] is True and seen == await stack.get(f"/_kumoniwa/{path}")
    refused = await browser.ask("evidence", {"region": "us-east-1", "path": "reach?from=moss&to=internet&port=1"})
    assert (refused.status, code_of(refused)) == (400, "InvalidParameterValue")


async def test_what_changes_something_cannot_be_reached_as_evidence(browser: Browser) -> None:
    for path, status in (("storage/repair", 405), ("../console/api/call", 404), ("nothing", 404)):
        assert (await browser.ask("evidence", {"region": "us-east-1", "path": path})).status == status


async def test_there_is_nothing_else_below_the_door(browser: Browser) -> None:
    assert (await browser.ask("nothing", {})).status == 404
    assert (await browser.get("/console/api/call")).status == 405


@pytest.fixture
def built(stack: Stack, tmp_path: Path) -> Path:
    """A folder of built files, which the door serves, beside a file that it must not."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    for name in ("index.html.gz", "serial.html.gz"):
        (folder / name).write_bytes(gzip.compress(b"<!doctype html>"))
    (folder / "assets" / "index-Bx91.js.gz").write_bytes(gzip.compress(b"export {}"))
    (folder / "left-uncompressed.js").write_text("secret")
    (tmp_path / "secret.js.gz").write_bytes(gzip.compress(b"secret"))
    stack.running.console.made._files = static_files(folder)
    return folder


async def test_files_are_served_compressed_with_their_types(browser: Browser, built: Path) -> None:
    page = await browser.get("/console/", accept_encoding="gzip, br")
    assert (page.status, gzip.decompress(page.body)) == (200, b"<!doctype html>")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (page.headers["content-encoding"], page.headers["cache-control"]) == ("gzip", "no-cache")
    script = await browser.get("/console/assets/index-Bx91.js")
    assert (script.status, script.body) == (200, b"export {}")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "content-encoding" not in script.headers
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_large_file_is_sent_in_pieces_so_that_a_crowd_that_does_not_read_holds_little(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    (tmp_path / "large.js.gz").write_bytes(gzip.compress(content))
    sent: list[Any] = []

    async def keep(message: Any) -> None:
        sent.append(message)

    response = static_files(tmp_path)["large.js"].response("identity")
    await response({"type": "http"}, _nothing_more, keep)
    pieces = [message.get("body", b"") for message in sent[1:]]
    assert b"".join(pieces) == content
    assert max(len(piece) for piece in pieces) <= 64 * 1024
    assert not sent[-1].get("more_body", False)


async def _nothing_more() -> Any:
    raise AssertionError("a file is sent without listening")


async def test_whoever_nobody_knows_waits_for_a_turn(browser: Browser, built: Path) -> None:
    strangers = Browser(browser._stack)
    for answer in (
        await strangers.get("/console/"),
        await strangers.get("/console"),
        await strangers.get("/console/none"),
        await strangers.ask("about", {}),
        await strangers.sign_in("x"),
    ):
        assert answer.headers["connection"] == "close"  # which is what `app.connections` goes by
    assert "connection" not in (await browser.ask("about", {})).headers


async def test_every_answer_says_what_a_browser_may_do_with_it(browser: Browser, built: Path) -> None:
    for answer in (await browser.get("/console/"), await browser.get("/console/none"), await browser.ask("about", {})):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"


async def test_only_the_page_with_a_terminal_may_write_styles_of_its_own(browser: Browser, built: Path) -> None:
    policies = {}
    for name in ("", "index.html", "serial.html", "assets/index-Bx91.js", "serial.html/", "assets/serial.html", "none"):
        policies[name] = (await browser.get(f"/console/{name}")).headers["content-security-policy"]
    usual = policies.pop("")
    of_terminal = policies.pop("serial.html")
    assert of_terminal == usual.replace("style-src 'self';", "style-src 'self' 'unsafe-inline';")
    assert "unsafe" not in usual
    assert set(policies.values()) == {usual}


@pytest.mark.parametrize(
    "path",
    [
        "/console/../secret.js",
        "/console/..%2fsecret.js",
        "/console/%2e%2e/secret.js",
        "/console/assets/../../secret.js",
        "/console/assets/..%5c..%5csecret.js",
        "/console//etc/passwd",
        "/console/left-uncompressed.js",
        "/console/index.html.gz",
        "/console/assets/",
        "/console/assets",
        "/console/index.html%00.js",
    ],
)
async def test_nothing_else_is_reachable(browser: Browser, built: Path, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status, code_of(answer)) == (404, "NotFound")


async def test_files_are_not_for_a_rebound_name(browser: Browser, built: Path) -> None:
    assert (await browser.get("/console/", host="evil.example:4566")).status == 403


async def test_the_address_without_its_slash_leads_to_the_console(browser: Browser, built: Path) -> None:
    answer = await browser.get("/console")
    assert (answer.status, answer.headers["location"]) == (308, "/console/")


async def test_a_console_that_was_not_built_says_so(stack: Stack, browser: Browser) -> None:
    stack.running.console.made._files = {}
    answer = await browser.get("/console/")
    assert (answer.status, "scripts/console" in answer.text) == (404, True)


def _texts(value: object) -> object:
    """As text, with times in EC2's form: one reader makes times of them, the other leaves them."""
    return json.loads(json.dumps(value, default=lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"))


async def test_a_large_answer_is_compressed_for_whoever_takes_it(browser: Browser) -> None:
    asked = {"service": "ec2", "action": "DescribeInstanceTypes", "region": "us-east-1"}
    plain = await browser.ask("call", asked)
    answer = await browser.ask("call", asked, {"accept-encoding": "gzip, deflate, br"})
    assert "content-encoding" not in plain.headers
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert len(answer.body) < len(plain.body) / 5
    assert json.loads(gzip.decompress(answer.body)) == json.loads(plain.body)
    small = await browser.ask("call", {**asked, "action": "DescribeRegions"}, {"accept-encoding": "gzip"})
    assert "content-encoding" not in small.headers
