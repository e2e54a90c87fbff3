"""The serial console, the system log and the screenshot as a person sees them: Chromium, a server of its own, simulated
guests. Then the serial console's WebSocket on a real socket."""

import re
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from cloud_process import CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from console_session import SignedIn, sign_in
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import ConnectionClosed, InvalidStatus

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def guest(sdk: Sdk) -> str:
    return launch(sdk, "with-a-console")


def serial(person: Person, cloud: CloudProcess, instance: str) -> Page:
    """The page of an instance's serial console, connected."""
    page = person.page
    page.goto(f"{cloud.endpoint}/console/serial.html#/us-east-1/{instance}")
    expect(page.get_by_role("status")).to_have_text("Connected")
    return page


def shows(page: Page, text: str) -> None:
    """The terminal shows this: its lines are there for screen readers too."""
    expect(page.locator(".xterm-rows")).to_contain_text(text)


def test_a_serial_console_shows_the_log_and_takes_what_is_typed(
    cloud: CloudProcess, person: Person, guest: str
) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.select("with-a-console")
    person.choose("Actions", "Monitor and troubleshoot")
    with person.context.expect_page() as opened:
        person.page.get_by_role("menuitem", name=re.compile("EC2 serial console")).click()
    page = person.page = opened.value
    assert page.url == f"{cloud.endpoint}/console/serial.html#/us-east-1/{guest}"
    expect(page).to_have_title(f"{guest} – EC2 serial console")
    expect(page.get_by_role("status")).to_have_text("Connected")
    shows(page, "login:")
    assert person.violations() == []
    page.keyboard.type("root\n")  # the terminal has the focus
    shows(page, "it has no shell, and nothing reads what is typed here.")
    person.picture("serial-console")
    assert person.violations() == []


def test_a_serial_console_goes_on_over_reboots_and_comes_back_after_a_stop(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    instance, client = launch(sdk, "to-be-stopped"), sdk.client()
    page = serial(person, cloud, instance)
    client.reboot_instances(InstanceIds=[instance])
    shows(page, "reboot: ")
    client.stop_instances(InstanceIds=[instance])
    expect(page.get_by_role("status")).to_have_text(
        "The instance is stopped. The console connects by itself when it starts."
    )
    shows(page, "reboot: Power down")
    assert person.violations() == []
    client.start_instances(InstanceIds=[instance])
    expect(page.get_by_role("status")).to_have_text("Connected")
    client.terminate_instances(InstanceIds=[instance])
    expect(page.get_by_role("status")).to_have_text("The instance is terminated. Nothing more will come.")


def test_the_keyboard_is_not_trapped(cloud: CloudProcess, person: Person, guest: str) -> None:
    page = serial(person, cloud, guest)
    terminal = page.get_by_role("textbox", name="Serial console: what you type goes to the guest")
    expect(terminal).to_be_focused()
    page.keyboard.press("Tab")  # it is the guest's
    expect(terminal).to_be_focused()
    page.keyboard.press("Control+Shift+ArrowUp")
    expect(page.get_by_role("link", name="Instance details")).to_be_focused()
    page.keyboard.press("Tab")
    expect(terminal).to_be_focused()
    page.keyboard.press("Control+Shift+ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="System log")).to_be_visible()


def test_what_there_is_not_is_said(cloud: CloudProcess, person: Person) -> None:
    page = person.page
    page.goto(f"{cloud.endpoint}/console/serial.html#/us-east-1/i-0123456789abcdef0")
    expect(page.get_by_role("status")).to_have_text("The instance ID 'i-0123456789abcdef0' does not exist")
    page.goto(f"{cloud.endpoint}/console/serial.html")
    expect(page.get_by_text("This address names no instance.")).to_be_visible()
    assert person.violations() == []


def test_signing_out_ends_a_serial_console_and_signing_in_brings_it_back(
    cloud: CloudProcess, browser: Browser, guest: str
) -> None:
    person = Person(new_profile(browser))
    person.sign_in(cloud.console_address())
    other = person.context.new_page()
    other.goto(f"{cloud.endpoint}/console/serial.html#/us-east-1/{guest}")
    expect(other.get_by_role("status")).to_have_text("Connected")
    person.page.get_by_role("button", name="123456789012").click()
    person.page.get_by_role("menuitem", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    person.page = person.context.new_page()
    person.sign_in(cloud.console_address())
    expect(other.get_by_role("status")).to_have_text("Connected")
    person.context.close()


def test_a_serial_console_says_that_the_server_is_gone(browser: Browser, tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud:
        person = Person(new_profile(browser))
        person.sign_in(cloud.console_address())
        instance = launch(Sdk(cloud.environment(), tmp_path), "gone")
        page = serial(person, cloud, instance)
        assert cloud.stop() == 0
        expect(page.get_by_role("status")).to_have_text("The server does not answer. It is tried again by itself.")
        cloud.start()
        expect(page.get_by_text("A session ends when you sign out")).to_be_visible()
        person.context.close()


def test_the_system_log_and_the_screenshot_are_a_menu_away(cloud: CloudProcess, person: Person, guest: str) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.select("with-a-console")
    person.choose("Actions", "Monitor and troubleshoot", "Get system log")
    log = person.page.get_by_role("region", name="System log")
    expect(log).to_contain_text(re.compile(r"Linux version [\s\S]*login:"))
    with person.page.expect_download() as downloading:
        person.page.get_by_role("link", name="Download").click()
    assert downloading.value.suggested_filename == f"{guest}.log"
    assert "Linux version " in Path(downloading.value.path()).read_text()
    person.choose("Actions", "Monitor and troubleshoot", "Get instance screenshot")
    picture = person.page.get_by_role("img", name=f"What the display of {guest} shows")
    expect(picture).to_be_visible()
    assert picture.evaluate("picture => picture.complete && picture.naturalWidth") == 720
    first = picture.get_attribute("alt")
    assert first is not None
    expect(picture).not_to_have_attribute("alt", first)  # it is taken again by itself


def test_the_system_log_shows_a_reboot_by_itself(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    instance = launch(sdk, "to-be-rebooted")
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}/log")
    log = person.page.get_by_role("region", name="System log")
    expect(log).to_contain_text("Linux version")
    sdk.client().reboot_instances(InstanceIds=[instance])
    expect(log).to_contain_text(re.compile(r"reboot: [\s\S]*Linux version"))


@pytest.mark.some_of("looks of pages", 3)
@pytest.mark.parametrize(("dark", "language"), [(False, "en-US"), (True, "ja-JP")])
def test_no_page_hinders_anybody(
    cloud: CloudProcess, browser: Browser, guest: str, *, dark: bool, language: str
) -> None:
    person = Person(new_profile(browser, dark=dark, language=language))
    person.page.goto(cloud.console_address())
    look = f"{'dark' if dark else 'light'}-{language[:2]}"
    for tab, shown in (("log", "pre"), ("screenshot", "img")):
        person.visit(cloud.endpoint, f"us-east-1/instances/{guest}/{tab}")
        expect(person.page.locator(f"main {shown}")).to_be_visible()
        person.picture(f"{tab}-{look}")
        assert person.violations() == [], tab
    person.page.goto(f"{cloud.endpoint}/console/serial.html#/us-east-1/{guest}")
    shows(person.page, "login:")
    person.picture(f"serial-{look}")
    assert person.violations() == []
    assert person.complaints == []
    person.context.close()


def test_a_narrow_window_shows_every_page_without_scrolling_sideways(
    cloud: CloudProcess, person: Person, guest: str
) -> None:
    person.page.set_viewport_size({"width": 375, "height": 800})
    for place, shown in (
        (f"/console/#/us-east-1/instances/{guest}/log", "main pre"),
        (f"/console/#/us-east-1/instances/{guest}/screenshot", "main img"),
        (f"/console/serial.html#/us-east-1/{guest}", ".xterm-rows"),
    ):
        person.page.goto(f"{cloud.endpoint}{place}")
        expect(person.page.locator(shown)).to_be_visible()
        person.fits()


@pytest.fixture
def signed_in(cloud: CloudProcess) -> SignedIn:
    return sign_in(cloud)


def test_a_terminal_on_a_real_socket(cloud: CloudProcess, signed_in: SignedIn, guest: str) -> None:
    with signed_in.open_serial_console(guest) as one, signed_in.open_serial_console(guest) as other:
        assert one.said(until=b"login:") == other.said(until=b"login:")
        one.connection.send(b"x" * 1025)
        with pytest.raises(ConnectionClosed) as closed:
            one.said(until=b"nothing more")
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009
        assert signed_in.ask("sign-out")[0] == 200
        with pytest.raises(ConnectionClosed) as closed:
            other.said(until=b"nothing more")
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
    with pytest.raises(InvalidStatus) as refused, signed_in.open_serial_console(guest):
        pass
    assert refused.value.response.status_code == 403
    opened = [line for line in cloud.logged() if line["event"] == "a serial console is opened"]
    assert opened[-1]["instance"] == guest and opened[-1]["access_key"] == cloud.environment()["AWS_ACCESS_KEY_ID"]


PIECE_OF_NOTHING, PING = b"\x00\x80\x00\x00\x00\x00", b"\x89\xfd\x00\x00\x00\x00" + b"x" * 125
LARGEST = 64 * 1024 * 1024
"""Bytes: far more than what the operating system holds of a connection that nobody reads."""


@pytest.mark.parametrize("frame", [PIECE_OF_NOTHING, PING])
def test_a_page_that_sends_without_end_and_reads_nothing_is_let_go(
    cloud: CloudProcess, signed_in: SignedIn, guest: str, frame: bytes
) -> None:
    with signed_in.unread(f"/console/serial?region=us-east-1&instance={guest}") as page:
        page.sendall(b"\x02\x80\x00\x00\x00\x00" if frame is PIECE_OF_NOTHING else b"")
        many = frame * 1000
        with pytest.raises(ConnectionError):
            for _ in range(LARGEST // len(many)):
                page.sendall(many)
    assert [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")] == []


def test_a_server_with_open_serial_consoles_ends_at_once(tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud, ExitStack() as pages:
        instance, signed_in = launch(Sdk(cloud.environment(), tmp_path), "left-open"), sign_in(cloud)
        for _ in range(16):
            pages.enter_context(signed_in.open_serial_console(instance))
        with signed_in.listen(f"/console/serial?region=us-east-1&instance={instance}") as too_many:
            with pytest.raises(ConnectionClosed) as closed:
                too_many.recv(timeout=10)
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (
                1013,
                "16 others read this serial console already. Close one of them first.",
            )
        began = time.monotonic()
        assert cloud.stop() == 0
        assert time.monotonic() - began < 9  # uvicorn would wait ten seconds for what does not end
        assert [line for line in cloud.logged() if line["level"] not in ("debug", "info", "warning")] == []
