"""Sessions of the console are those of an access key: they call as its user, and end with it."""

import asyncio
import json

import pytest
from browser import Browser, code_of
from page import Page
from signers import user_with_key
from stack import Stack

from kumoniwa.console import changes

pytestmark = pytest.mark.anyio


async def test_a_session_calls_as_whoever_asked_for_its_code(stack: Stack) -> None:
    browser = Browser(stack, await user_with_key(stack, "clerk"))
    await browser.sign_in()
    told = json.loads((await browser.call("GetCallerIdentity", service="sts")).body)
    assert told["Arn"] == "arn:aws:iam::123456789012:user/clerk"


async def test_a_session_ends_with_its_key_and_so_do_its_code_and_its_page(stack: Stack) -> None:
    clerk = await user_with_key(stack, "clerk")
    browser, late = Browser(stack, clerk), Browser(stack, clerk)
    await browser.sign_in()
    code, other = await late.code(), Browser(stack)
    await other.sign_in()
    page = Page(stack, browser, "/console/live")
    async with asyncio.TaskGroup() as group:
        group.create_task(page.listen())
        assert [(await page.next())["type"] for _ in range(2)] == ["websocket.accept", "websocket.send"]
        keys = await clerk.iam("ListAccessKeys")
        await stack.caller.iam("DeleteAccessKey", AccessKeyId=keys["AccessKeyMetadata"][0]["AccessKeyId"])
        refused = await browser.call("DescribeInstances")
        assert (refused.status, code_of(refused)) == (403, "NotSignedIn")
        told = await page.next()
        while told["type"] != "websocket.close":
            told = await page.next()
        page.leave()
    assert told["code"] == changes.SESSION_ENDED
    refused = await late.sign_in(code)
    assert (refused.status, code_of(refused)) == (403, "NotSignedIn")
    assert (await other.call("DescribeInstances")).status == 200
