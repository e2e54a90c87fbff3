"""The serial console in the browser is the guest's own: it is read by several, typed on, and goes on over a reboot and
over the server's end."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from console_session import SignedIn, begun
from shared_guest import SharedGuest
from waiting import PATIENCE

from kumoniwa.client.access import find_cloud

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]

REBOOTS = 120.0 * PATIENCE  # seconds that a guest may be silent while it boots, without KVM and beside others


def sign_in(guest: SharedGuest) -> SignedIn:
    """A browser of whoever has the cloud's key."""
    code = guest.cloud.evidence("console/sign-in-codes", method="POST")["code"]
    return begun(find_cloud(guest.data_dir).endpoint, code)


def test_a_serial_console_is_read_by_several_typed_on_and_goes_on_over_a_reboot_and_the_servers_end(
    guest_of_either_bus: SharedGuest,
) -> None:
    guest = guest_of_either_bus
    boots, browser = len(guest.boots()), sign_in(guest)
    with (
        browser.open_serial_console(guest.instance_id) as typing,
        browser.open_serial_console(guest.instance_id) as watching,
    ):
        for page in (typing, watching):
            page.said(until=b" login: ")  # of the history, which has at least the one of the last boot
        typing.connection.send(b"nobody-known\r")
        for page in (typing, watching):
            page.said(until=b"nobody-known", within=60 * PATIENCE)  # the guest's own echo
            page.said(until=b"Password: ", within=60 * PATIENCE)
        guest.cloud.call("RebootInstances", InstanceIds=[guest.instance_id])
        with ThreadPoolExecutor(2) as both:  # who does not read answers no ping, and is let go
            heard = list(both.map(lambda page: page.said(until=b" login: ", within=REBOOTS), (typing, watching)))
    assert heard[0] == heard[1]
    in_turn = (b"reboot: Power down", b"Booting", b"Linux version ", b" login: ")
    places = [heard[0].find(words) for words in in_turn]
    assert -1 not in places and places == sorted(places), heard[0].decode(errors="replace")
    guest.until_booted(boots + 1)

    guest.server.kill()
    guest.restart_server()
    with sign_in(guest).open_serial_console(guest.instance_id) as after:
        after.said(until=heard[0][-200:])  # the log has what an earlier server heard
        after.connection.send(b"nobody-again\r")
        after.said(until=b"nobody-again", within=60 * PATIENCE)
    guest.renew()
