"""Signing in and out of the console, and every request that is refused: what a stolen half or another site can do."""

import asyncio
import json
from collections.abc import Mapping

import pytest
from browser import HALF_B, Browser, code_of
from stack import Stack

from kumoniwa.console.sessions import CODE_SECONDS, IDLE

pytestmark = pytest.mark.anyio


@pytest.fixture
def browser(stack: Stack) -> Browser:
    return Browser(stack)


async def test_a_code_signs_in_and_the_session_calls_actions(browser: Browser) -> None:
    answer = await browser.sign_in()
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("kumoniwa-4566=")
    assert cookie.partition(";")[2] == " HttpOnly; SameSite=Strict; Path=/console/"
    told = await browser.call("DescribeInstances")
    assert (told.status, json.loads(told.body)) == (200, {"Reservations": []})


async def test_a_code_is_good_once(browser: Browser) -> None:
    code = await browser.code()
    assert (await browser.sign_in(code)).status == 200
    again = await browser.sign_in(code)
    assert (again.status, code_of(again)) == (403, "NotSignedIn")


async def test_a_code_is_good_for_a_minute(stack: Stack, browser: Browser) -> None:
    code = await browser.code()
    await stack.clock.advance(CODE_SECONDS)
    late = await browser.sign_in(code)
    assert (late.status, code_of(late)) == (403, "NotSignedIn")


@pytest.mark.parametrize("code", ["x" * 43, "é"])
async def test_a_wrong_code_is_refused(browser: Browser, code: str) -> None:
    wrong = await browser.sign_in(code)
    assert (wrong.status, code_of(wrong)) == (403, "NotSignedIn")
    assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"code": 7}', b'{"code": null}', b"[" * 900, b"\xff", b'{"code": "\\ud800"}']
)
async def test_a_sign_in_without_a_code_is_refused(browser: Browser, body: bytes) -> None:
    assert (await browser.ask("sign-in", body)).status == 400


async def test_wrong_codes_keep_nobody_out_who_has_a_right_one(browser: Browser) -> None:
    code = await browser.code()
    for _ in range(50):
        assert (await browser.sign_in("guess")).status == 403
    assert (await browser.sign_in(code)).status == 200


async def test_a_code_that_is_sent_twice_at_once_begins_one_session(stack: Stack, browser: Browser) -> None:
    code, other = await browser.code(), Browser(stack)
    answers = await asyncio.gather(browser.sign_in(code), other.sign_in(code))
    assert sorted(answer.status for answer in answers) == [200, 403]


async def test_a_body_that_nobody_signed_in_sends_is_read_no_further_than_a_code(browser: Browser) -> None:
    assert (await browser.ask("sign-in", b" " * 1025)).status == 413
    assert (await browser.ask("call", b" " * 1025)).status == 403


HEADERS: Mapping[str, dict[str, str | None]] = {
    "a stolen cookie alone": {HALF_B: None},
    "half B alone": {"cookie": None},
    "a wrong half B": {HALF_B: "x" * 43},
    "a wrong cookie": {"cookie": "kumoniwa-4566=" + "x" * 43},
    "the cookie of another port": {"host": "127.0.0.1:4599", "origin": "http://127.0.0.1:4599"},
    "another site's Origin": {"origin": "https://example.com"},
    "another port's Origin": {"origin": "http://127.0.0.1:4599"},
    "the Origin of a sandboxed page": {"origin": "null"},
    "no Origin": {"origin": None},
    "another site": {"sec-fetch-site": "cross-site"},
    "another port's page": {"sec-fetch-site": "same-site"},
    "an address that was typed": {"sec-fetch-site": "none"},
    "a rebound name": {"host": "evil.example:4566", "origin": "http://evil.example:4566"},
}


@pytest.mark.parametrize("what", HEADERS)
async def test_a_request_is_refused_with(browser: Browser, what: str) -> None:
    await browser.sign_in()
    for name in ("call", "evidence", "about", "sign-out"):
        asked = {"service": "ec2", "action": "DescribeInstances", "region": "us-east-1"}
        assert (await browser.ask(name, asked, HEADERS[what])).status == 403, name
    assert (await browser.ask("about", {})).status == 200  # and none of these ended the session


@pytest.mark.parametrize("what", ["another site's Origin", "no Origin", "another site", "a rebound name"])
async def test_a_sign_in_is_refused_with(browser: Browser, what: str) -> None:
    code = await browser.code()
    assert (await browser.ask("sign-in", {"code": code}, HEADERS[what])).status == 403
    assert (await browser.sign_in(code)).status == 200  # the code was not used up


async def test_after_signing_out_both_halves_are_worth_nothing(browser: Browser) -> None:
    await browser.sign_in()
    out = await browser.ask("sign-out", {})
    assert (out.status, out.headers["set-cookie"].partition(";")[0]) == (200, "kumoniwa-4566=")
    assert out.headers["set-cookie"].endswith("; Max-Age=0")
    after = await browser.call("DescribeInstances")
    assert (after.status, code_of(after)) == (403, "NotSignedIn")


async def test_a_session_that_is_not_used_ends(stack: Stack, browser: Browser) -> None:
    await browser.sign_in()
    await stack.clock.advance(IDLE.total_seconds() - 1)
    assert (await browser.ask("about", {})).status == 200
    await stack.clock.advance(IDLE.total_seconds())
    assert (await browser.ask("about", {})).status == 403


async def test_sessions_are_independent(stack: Stack, browser: Browser) -> None:
    other = Browser(stack)
    await browser.sign_in()
    await other.sign_in()
    assert (await browser.ask("about", {}, {HALF_B: other.half_b})).status == 403
    await browser.ask("sign-out", {})
    assert (await other.ask("about", {})).status == 200


async def test_the_signed_api_still_refuses_a_browser(stack: Stack) -> None:
    refused = await stack.caller.post("Action=DescribeInstances&Version=2016-11-15", origin="http://127.0.0.1:4566")
    assert (refused.status, "web pages may not call this cloud" in refused.text) == (403, True)


async def test_a_code_is_only_for_who_has_a_key(browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.ask("evidence", {"region": "us-east-1", "path": "console/sign-in-codes"})
    assert (answer.status, code_of(answer)) == (405, "MethodNotAllowed")
