"""Who reads a guest's serial console by pages of the console."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from console_session import SerialConsolePage, SignedIn, begun
from shared_guest import SharedGuest
from waiting import PATIENCE

from kumoniwa.client.access import find_cloud

REBOOTS = 120.0 * PATIENCE  # seconds that a guest may be silent before and while it boots, without KVM, beside others


def sign_in(guest: SharedGuest) -> SignedIn:
    """A browser of whoever has the cloud's key."""
    code = guest.cloud.evidence("console/sign-in-codes", method="POST")["code"]
    return begun(find_cloud(guest.data_dir).endpoint, code)


@contextmanager
def a_reboot_is_heard_by_two(guest: SharedGuest) -> Iterator[None]:
    """Within the block the guest boots anew. Two pages, which read all the while, hear the same of it: how it powers
    down, and how it boots until somebody may log in."""
    browser = sign_in(guest)
    with (
        ThreadPoolExecutor(2) as both,  # who does not read answers no ping, and is let go
        browser.open_serial_console(guest.instance_id) as one,
        browser.open_serial_console(guest.instance_id) as other,
    ):
        hearing = [both.submit(_reboot, page) for page in (one, other)]
        yield
        heard = [each.result() for each in hearing]
    assert heard[0] == heard[1]
    booted = heard[0][1]
    places = [booted.find(words) for words in (b"Booting", b"Linux version ", b" login: ")]
    assert -1 not in places and places == sorted(places), booted.decode(errors="replace")


def _reboot(page: SerialConsolePage) -> tuple[bytes, bytes]:
    """What is said from the history's first login on: until the guest is down, and until it is up again."""
    page.said(until=b" login: ")
    return page.said(until=b"reboot: Power down", within=REBOOTS), page.said(until=b" login: ", within=REBOOTS)
