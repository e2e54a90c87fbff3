"""The serial console in the browser is the guest's own: it is read by several, typed on, and goes on over the server's
end. (Over a reboot too: `test_console_really.py`.)"""

import pytest
from serial_readers import sign_in
from shared_guest import SharedGuest
from waiting import PATIENCE

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]


@pytest.mark.some_of("tests of the shared guest", 2)
def test_a_serial_console_is_read_by_several_typed_on_and_goes_on_over_the_servers_end(
    guest_of_either_bus: SharedGuest,
) -> None:
    guest, browser = guest_of_either_bus, sign_in(guest_of_either_bus)
    heard: list[bytes] = []
    with (
        browser.open_serial_console(guest.instance_id) as typing,
        browser.open_serial_console(guest.instance_id) as watching,
    ):
        typing.connection.send(b"nobody-known\r")
        for page in (typing, watching):
            history = page.said(until=b"nobody-known", within=60 * PATIENCE)  # the guest's own echo
            assert b" login: " in history, "there is at least the one of the last boot"
            heard.append(history + page.said(until=b"Password: ", within=60 * PATIENCE))
        typing.connection.send(b"\r")  # a password is not echoed; the next name is
        for place, page in enumerate((typing, watching)):
            heard[place] += page.said(until=b" login: ", within=60 * PATIENCE)
    assert heard[0] == heard[1]

    guest.server.kill()
    guest.restart_server()
    with sign_in(guest).open_serial_console(guest.instance_id) as after:
        after.said(until=heard[0][-200:])  # the log has what an earlier server heard
        after.connection.send(b"nobody-again\r")
        after.said(until=b"nobody-again", within=60 * PATIENCE)
