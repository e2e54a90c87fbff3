"""The question that Kumoniwa began with, asked in the browser of a real guest.

Stop protection refuses a stop, CreateImage reboots the guest all the same, the serial console shows its shutdown, and
the timeline says why it booted. Two who read the serial console meanwhile hear the same.
"""

import re

import pytest
from console_browser import Person, chromium, new_profile
from playwright.sync_api import expect
from serial_readers import a_reboot_is_heard_by_two
from shared_guest import SharedGuest
from waiting import PATIENCE

from kumoniwa.client.access import find_cloud

pytestmark = [pytest.mark.linux, pytest.mark.timeout(1200)]

SHUTS_DOWN, BOOTS = 60_000 * PATIENCE, 120_000 * PATIENCE  # ms, without KVM and beside others


@pytest.mark.some_of("long guests", 1)
def test_the_answer_is_seen_in_the_browser_of_a_real_guest(guest_of_either_bus: SharedGuest) -> None:
    guest = guest_of_either_bus
    instance, boots = guest.instance_id, len(guest.boots())
    endpoint = find_cloud(guest.data_dir).endpoint
    code = guest.cloud.evidence("console/sign-in-codes", method="POST")["code"]
    with chromium() as browser:
        person = Person(new_profile(browser))
        person.sign_in(f"{endpoint}/console/#code={code}")
        watching = Person(person.context)
        watching.page.goto(f"{endpoint}/console/serial.html#/us-east-1/{instance}")
        serial = watching.page.locator(".xterm-rows")
        expect(serial).to_contain_text("login:")

        person.visit(endpoint, "us-east-1/instances")
        person.select(instance)
        person.choose("Actions", "Instance settings", "Change stop protection")
        person.dialog.get_by_role("checkbox", name="Stop protection").set_checked(True, force=True)
        person.dialog.get_by_role("button", name="Save").click()
        expect(person.page.get_by_text("Stop protection of")).to_be_visible()
        person.choose("Instance state", "Stop instance")
        expect(person.dialog.get_by_text(f"The instance '{instance}' may not be stopped.")).to_be_visible()
        expect(person.dialog.get_by_role("button", name="Stop instance")).to_be_disabled()
        person.dialog.get_by_role("button", name="Cancel").click()

        person.choose("Actions", "Image and templates", "Create image")
        expect(person.dialog.get_by_text("Stop protection is on, and does not prevent this reboot")).to_be_visible()
        person.dialog.get_by_role("textbox", name="Image name").fill("asked-in-the-browser")
        person.picture("real-create-image")
        with a_reboot_is_heard_by_two(guest):
            person.dialog.get_by_role("button", name="Create image").click()
            person.visit(endpoint, f"us-east-1/instances/{instance}/timeline")
            expect(serial).to_contain_text("systemd-shutdown[1]: Syncing filesystems", timeout=SHUTS_DOWN)
            watching.picture("real-serial-shutdown")
            person.picture("real-timeline-during")
            picture = person.page.get_by_role("img", name=re.compile(f"Boot {boots + 1} by CreateImage"))
            expect(picture).to_be_visible(timeout=BOOTS)
            expect(serial).to_contain_text(re.compile("Debian .* login:"), timeout=BOOTS)
            rebooted = person.row("CreateImage").first
            expect(rebooted.get_by_text(guest.boots()[-1]["request_id"])).to_be_visible()
        expect(rebooted.get_by_role("cell").filter(has_text=_DOWN)).to_be_visible(timeout=BOOTS)  # reachable again
        person.picture("real-timeline")
        [image] = guest.cloud.call("DescribeImages", Owners=["self"], Filters=_OURS)["Images"]
        person.visit(endpoint, f"us-east-1/images/{image['ImageId']}/cut")
        expect(person.page.get_by_text(guest.boots()[-1]["request_id"]).filter(visible=True).first).to_be_visible()
        person.picture("real-cut")
        assert person.complaints == watching.complaints == []
    guest.until_booted(boots + 1)
    assert guest.instance()["State"]["Name"] == "running"
    assert guest.cloud.evidence(f"images/{image['ImageId']}")["consistency"] == "at-rest"
    guest.cloud.call("ModifyInstanceAttribute", InstanceId=instance, DisableApiStop={"Value": False})
    guest.renew()


_DOWN = re.compile(r"^(\d+ min )?[\d.]+ s$")
_OURS = [{"Name": "name", "Values": ["asked-in-the-browser"]}]
