"""What a page that listens is told, and when its connection ends, with the cloud's clock in the test's hand."""

import asyncio

import pytest
from browser import Browser
from page import Page
from stack import Stack
from waiting import eventually_async, let_others_run

from kumoniwa.console import changes
from kumoniwa.console.sessions import IDLE

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser(stack: Stack) -> Browser:
    browser = Browser(stack)
    await browser.sign_in()
    return browser


async def test_a_session_that_ends_while_its_connection_is_accepted_ends_the_connection(
    stack: Stack, browser: Browser
) -> None:
    page = Page(stack, browser, "/console/live")
    page.reads.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(page.listen())
        await let_others_run(2)
        assert (await browser.ask("sign-out", {})).status == 200
        page.reads.set()
        told = [await page.next() for _ in range(3)]
        page.leave()
    assert [message["type"] for message in told] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert told[-1]["code"] == changes.SESSION_ENDED


async def test_a_page_that_does_not_read_is_let_go_when_its_session_ends(
    stack: Stack, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "SEND_DEADLINE", 0.05)
    page = Page(stack, browser, "/console/live")
    listening = asyncio.create_task(page.listen())
    assert [(await page.next())["type"] for _ in range(2)] == ["websocket.accept", "websocket.send"]
    page.reads.clear()
    await browser.ask("sign-out", {})
    async with asyncio.timeout(10):
        await listening


async def test_a_session_in_which_nothing_is_asked_for_long_is_told_no_more(
    stack: Stack, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "BEAT", 2 * IDLE.total_seconds())
    page = Page(stack, browser, "/console/live")
    listening = asyncio.create_task(page.listen())
    assert [(await page.next())["type"] for _ in range(2)] == ["websocket.accept", "websocket.send"]
    other = Browser(stack)
    await other.sign_in()
    for _ in range(2):
        await stack.clock.advance(IDLE.total_seconds() / 2)
        assert (await other.ask("about", {})).status == 200
    assert (await other.call("CreateKeyPair", KeyName="unheard")).status == 200

    async def told_after_a_while() -> bool:
        await stack.clock.advance(changes.COALESCE)
        return not page.sent.empty()

    await eventually_async(told_after_a_while, within=10)
    told = await page.next()
    assert (told["type"], told.get("code")) == ("websocket.close", changes.SESSION_ENDED)
    page.leave()
    await listening
