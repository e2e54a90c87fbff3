"""The serial console's WebSocket: who may open it, what comes first, what is typed, and why it is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from browser import Browser, code_of
from page import Page
from stack import Stack
from waiting import eventually_async, let_others_run, turns_until

from kumoniwa.console import changes, serial
from kumoniwa.console.sessions import IDLE
from kumoniwa.hypervisor.driver import GuestId, KeysNotRead
from kumoniwa.hypervisor.driver.serial_console import MOST_READERS, MOST_WAITING
from kumoniwa.hypervisor.simulated import SimulatedGuest
from kumoniwa.store.database import DatabaseUnavailable

pytestmark = pytest.mark.anyio

NO_SHELL = b"nothing reads what is typed here.]\r\n"


@pytest.fixture
async def browser(stack: Stack) -> Browser:
    browser = Browser(stack)
    await browser.sign_in()
    return browser


@pytest.fixture
async def instance(stack: Stack) -> str:
    """An instance whose guest waits for a login."""
    instance = await stack.launch()
    await stack.clock.advance(60)
    await stack.idle()
    return instance


def target(instance: str, region: str = "us-east-1") -> str:
    return f"/console/serial?region={region}&instance={instance}"


@asynccontextmanager
async def opened(stack: Stack, browser: Browser, instance: str) -> AsyncIterator[Page]:
    """A page that shows the serial console, until the block ends."""
    page = Page(stack, browser, target(instance))
    showing = asyncio.create_task(page.listen())
    assert (await page.next())["type"] == "websocket.accept"
    yield page
    page.leave()
    async with asyncio.timeout(10):
        await showing


async def until_closed(stack: Stack, page: Page) -> tuple[int, str]:
    """Why a page is closed, letting as much time pass as changes are gathered for."""
    closing = asyncio.create_task(page.closed())

    async def is_closed() -> bool:
        await stack.clock.advance(changes.COALESCE)
        return closing.done()

    await eventually_async(is_closed, within=10)
    return await closing


async def test_the_history_comes_first_and_every_page_reads_the_same(
    stack: Stack, browser: Browser, instance: str
) -> None:
    async with opened(stack, browser, instance) as one, opened(stack, browser, instance) as other:
        heard = [await page.said(until=b"login: ") for page in (one, other)]
        assert heard[0] == heard[1]
        assert heard[0].startswith(b"[    0.000000] Linux version ")
        stack.guest(instance).reboot_from_inside()
        await stack.clock.advance(60)
        heard = [await page.said(until=b"login: ") for page in (one, other)]
        assert heard[0] == heard[1]
        assert b"reboot: Restarting system" in heard[0] and b"Linux version " in heard[0]


async def test_what_is_typed_reaches_the_guest_and_every_page_sees_it(
    stack: Stack, browser: Browser, instance: str
) -> None:
    async with opened(stack, browser, instance) as typing, opened(stack, browser, instance) as watching:
        for page in (typing, watching):
            await page.said(until=b"login: ")
        typing.say(bytes=b"root\r")
        assert [await page.said(until=NO_SHELL) for page in (typing, watching)] == [
            b"\r\n[This guest is simulated: it has no shell, and " + NO_SHELL
        ] * 2
        typing.say(bytes=b"again\r")
    assert (await stack.guest(instance).console()).count(NO_SHELL) == 1


async def test_a_page_is_told_that_its_keys_are_lost(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        assert await page.told() == {"listening": True}
        for _ in range(3):
            stack.driver.fail_next("type_on_console", KeysNotRead("it does not read"))
            page.say(bytes=b"x")
        assert await page.told() == {"unread": True}
        await turns_until(lambda: not stack.driver.faults._failures["type_on_console"])
        assert [message for message in _taken(page) if message.get("text")] == []  # once a second at most


async def test_the_history_of_a_guest_is_there_after_a_stop_and_a_start(
    stack: Stack, browser: Browser, instance: str
) -> None:
    await stack.call("StopInstances", InstanceIds=[instance])
    await stack.clock.advance(60)
    await stack.idle()
    await stack.call("StartInstances", InstanceIds=[instance])
    await stack.clock.advance(60)
    await stack.idle()
    async with opened(stack, browser, instance) as page:
        assert (await page.said(until=b"login: ")).count(b"Linux version ") == 2


async def test_a_page_is_closed_once_the_last_words_of_a_stopped_guest_are_said(
    stack: Stack, browser: Browser, instance: str
) -> None:
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")
        await stack.call("StopInstances", InstanceIds=[instance])
        await stack.clock.advance(60)
        await stack.idle()
        assert (await page.said(until=b"Power down\r\n")).count(b"Power down") == 1
        assert await until_closed(stack, page) == (serial.NOT_RUNNING, "The instance is stopped.")
    again = Page(stack, browser, target(instance))
    async with asyncio.timeout(10):
        await again.listen()
    assert await again.closed() == (serial.NOT_RUNNING, "The instance is stopped.")


async def test_a_page_is_closed_when_its_instance_is_terminated(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        await stack.call("TerminateInstances", InstanceIds=[instance])
        await stack.clock.advance(60)
        await stack.idle()
        assert await until_closed(stack, page) == (serial.TERMINATED, "The instance is terminated.")


@pytest.mark.parametrize(
    ("named", "region", "reason"),
    [
        ("i-0123456789abcdef0", "us-east-1", "The instance ID 'i-0123456789abcdef0' does not exist"),
        ("vol-0123456789abcdef0", "us-east-1", 'Invalid id: "vol-0123456789abcdef0"'),
        ("../console", "us-east-1", 'Invalid id: "../console"'),
        ("i-" + "x" * 500, "us-east-1", 'Invalid id: "i-xxx'),
        ("i-0123456789abcdef0", "mars-1", "Credential should be scoped to a valid region, not 'mars-1'."),
    ],
)
async def test_what_there_is_not_is_refused_in_ec2s_words(
    stack: Stack, browser: Browser, named: str, region: str, reason: str
) -> None:
    page = Page(stack, browser, target(named, region))
    async with asyncio.timeout(10):
        await page.listen()
    code, said = await page.closed()
    assert (code, said[: len(reason)]) == (serial.NOT_FOUND, reason)
    assert len(said.encode()) <= 123
    assert stack.driver.world.machines == {}


async def test_an_instance_of_another_region_is_not_there(stack: Stack, browser: Browser, instance: str) -> None:
    page = Page(stack, browser, target(instance, "eu-central-1"))
    await page.listen()
    assert (await page.closed())[0] == serial.NOT_FOUND


async def test_a_database_that_cannot_be_read_now_is_no_reason_to_give_up(
    stack: Stack, browser: Browser, instance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(*_: object) -> None:
        raise DatabaseUnavailable("database or disk is full")

    monkeypatch.setattr(serial, "named", unavailable)
    page = Page(stack, browser, target(instance))
    await page.listen()
    said = "Kumoniwa's database cannot be used now (database or disk is full)."
    assert await page.closed() == (serial.CANNOT_TELL, said)


@pytest.mark.parametrize("query", ["", "?region=us-east-1", "?instance=i-1", "?region=us-east-1&instance="])
async def test_who_names_no_instance_is_refused(stack: Stack, browser: Browser, query: str) -> None:
    assert await _refused(Page(stack, browser, f"/console/serial{query}"))


@pytest.mark.parametrize(
    "other",
    [
        {"origin": "https://example.com"},
        {"origin": "null"},
        {"host": "evil.example:4566"},
        {"cookie": ""},
        {"cookie": "kumoniwa-4566=" + "x" * 43},
        {"sec-fetch-site": "cross-site"},
    ],
)
async def test_who_is_not_a_page_of_the_session_is_refused(
    stack: Stack, browser: Browser, instance: str, other: dict[str, str]
) -> None:
    assert await _refused(Page(stack, browser, target(instance), **other))


async def test_signing_out_closes_it_at_once(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")
        assert (await browser.ask("sign-out", {})).status == 200
        assert await page.closed() == (changes.SESSION_ENDED, "The session has ended.")
    assert await _refused(Page(stack, browser, target(instance)))


async def test_typing_is_use_of_the_session(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")
        await stack.clock.advance(IDLE.total_seconds() - 60)
        page.say(bytes=b"\r")
        await page.said(until=NO_SHELL)
        await stack.clock.advance(120)
        assert (await browser.ask("about", {})).status == 200


async def test_typing_does_not_bring_an_idle_session_back(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")
        await stack.clock.advance(IDLE.total_seconds())
        page.say(bytes=b"\r")
        assert (await until_closed(stack, page))[0] == changes.SESSION_ENDED
    assert (await browser.ask("about", {})).status == 403


async def test_an_idle_session_is_shown_no_more(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")
        await stack.clock.advance(IDLE.total_seconds())
        stack.guest(instance).reboot_from_inside()
        await stack.clock.advance(60)
        assert await page.closed() == (changes.SESSION_ENDED, "The session has ended.")
    assert code_of(await browser.ask("about", {})) == "NotSignedIn"


async def test_only_so_many_read_one_console(stack: Stack, browser: Browser, instance: str) -> None:
    readers = [await stack.guest(instance).follow_console() for _ in range(MOST_READERS)]
    page = Page(stack, browser, target(instance))
    await page.listen()
    assert await page.closed() == (
        changes.TOO_MANY_PAGES,
        "16 others read this serial console already. Close one of them first.",
    )
    with readers[0]:
        pass
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")


async def test_only_so_many_consoles_are_open(
    stack: Stack, browser: Browser, instance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial, "MOST_CONSOLES", 1)
    async with opened(stack, browser, instance):
        page = Page(stack, browser, target(instance))
        await page.listen()
        assert await page.closed() == (changes.TOO_MANY_PAGES, "Too many serial consoles are open.")
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")


async def test_a_page_that_is_slow_misses_the_middle_and_is_told_how_much(
    stack: Stack, browser: Browser, instance: str
) -> None:
    async with opened(stack, browser, instance) as page:
        await page.said(until=b"login: ")
        page.reads.clear()
        flood, console = b"x" * 65_536, stack.driver.world.machines[GuestId(instance)].serial
        for _ in range(32):
            console.hear(flood)
        console.hear(b"the end")
        page.reads.set()
        skipped, heard = 0, b""
        while not heard.endswith(b"the end"):
            message = await page.next()
            skipped += int((message.get("text") or '{"skipped": 0}').split()[1].strip("}"))
            heard += message.get("bytes") or b""
        assert skipped + len(heard) == 32 * len(flood) + len(b"the end")
        assert len(heard) <= MOST_WAITING + len(flood)


async def test_a_page_that_does_not_read_is_let_go(
    stack: Stack, browser: Browser, instance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial, "SEND_DEADLINE", 0.05)
    page = Page(stack, browser, target(instance))
    showing = asyncio.create_task(page.listen())
    await page.said(until=b"login: ")
    page.reads.clear()
    stack.guest(instance).reboot_from_inside()
    await stack.clock.advance(60)
    async with asyncio.timeout(10):
        await showing
    assert stack.driver.world.machines[GuestId(instance)].serial._readers == set()


async def test_a_page_that_speaks_text_is_let_go(stack: Stack, browser: Browser, instance: str) -> None:
    async with opened(stack, browser, instance) as page:
        page.say(text="hello")
        assert (await page.closed())[0] == changes.NOT_SPOKEN


async def test_who_types_without_end_waits(
    stack: Stack, browser: Browser, instance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = 0

    async def count(_: SimulatedGuest, keys: bytes) -> None:
        nonlocal taken
        taken += 1

    monkeypatch.setattr(SimulatedGuest, "type_on_console", count)
    monkeypatch.setattr(serial, "_TYPED_AT_ONCE", 10 * serial._LEAST)
    monkeypatch.setattr(serial, "_TYPED_A_SECOND", 1)
    page = Page(stack, browser, target(instance))
    showing = asyncio.create_task(page.listen())
    for _ in range(100):
        page.say(bytes=b"")  # which is as much work as a key
    await turns_until(lambda: taken >= 10)
    await let_others_run(500)
    assert taken <= 12
    showing.cancel()
    await asyncio.wait([showing], timeout=10)
    assert showing.cancelled()


def _taken(page: Page) -> list[dict[str, Any]]:
    """What was sent to a page and not looked at yet."""
    return [page.sent.get_nowait() for _ in range(page.sent.qsize())]


async def _refused(page: Page) -> bool:
    """Whether a page's connection is refused before it is accepted."""
    async with asyncio.timeout(10):
        await page.listen()
    return [message["type"] for message in _taken(page)] == ["websocket.close"]


async def test_nobody_connects_and_nobody_stays_where_access_is_disabled(
    stack: Stack, browser: Browser, instance: str
) -> None:
    page = Page(stack, browser, target(instance))
    showing = asyncio.create_task(page.listen())
    await page.said(until=b"login: ")
    await stack.call("DisableSerialConsoleAccess")
    code, reason = await until_closed(stack, page)
    assert (code, "EnableSerialConsoleAccess" in reason) == (serial.NOT_ALLOWED, True)
    await showing
    other = Page(stack, browser, target(instance))
    refused = asyncio.create_task(other.listen())
    assert (await other.closed())[0] == serial.NOT_ALLOWED
    await refused
    await stack.call("EnableSerialConsoleAccess")
    async with opened(stack, browser, instance) as allowed:
        await allowed.said(until=b"login: ")
