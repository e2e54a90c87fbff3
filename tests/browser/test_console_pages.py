"""The console as a person uses it: Chromium, a server of its own, simulated guests."""

import re
import time
from pathlib import Path

import pytest
from cloud_process import CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def web(sdk: Sdk) -> str:
    return launch(sdk, "web-1")


def test_the_address_signs_in_and_does_not_stay_in_the_history(cloud: CloudProcess, browser: Browser) -> None:
    person, url = Person(new_profile(browser)), cloud.console_address()
    person.sign_in(url)
    assert person.page.url == f"{cloud.endpoint}/console/"
    person.page.reload()
    expect(person.page.get_by_role("heading", name="Dashboard")).to_be_visible()
    stranger = Person(new_profile(browser))
    stranger.page.goto(url)
    expect(stranger.page.get_by_text("This address does not sign in any more")).to_be_visible()
    stranger.sign_in(cloud.console_address())  # pasted into the tab that shows Sign in: only the fragment changes
    assert stranger.page.url == f"{cloud.endpoint}/console/"
    person.context.close()
    stranger.context.close()


def test_a_protected_instance_is_not_stopped_and_its_image_reboots_it(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.select("web-1")
    person.choose("Actions", "Instance settings", "Change stop protection")
    person.dialog.get_by_role("checkbox", name="Stop protection").set_checked(True, force=True)
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"Stop protection of {web}: Enabled")).to_be_visible()

    person.choose("Instance state", "Stop instance")
    words = (
        f"The instance '{web}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
        " (OperationNotPermitted)"
    )
    expect(person.dialog.get_by_text(words)).to_be_visible()
    expect(person.dialog.get_by_role("button", name="Stop instance")).to_be_disabled()
    person.picture("stop-refused")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Cancel").click()

    person.choose("Actions", "Image and templates", "Create image")
    expect(person.dialog.get_by_text("Stop protection is on, and does not prevent this reboot")).to_be_visible()
    person.dialog.get_by_role("textbox", name="Image name").fill("of-a-protected-instance")
    person.dialog.get_by_role("button", name="Show as CLI").click()
    command = "aws ec2 create-image --region us-east-1 --instance-id " + web
    expect(person.dialog.get_by_text(command)).to_be_visible()
    person.picture("create-image")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Create image").click()
    expect(person.page.get_by_text(re.compile("The image ami-[0-9a-f]+ is being created"))).to_be_visible()

    person.visit(cloud.endpoint, f"us-east-1/instances/{web}/timeline")
    picture = person.page.get_by_role("img", name=re.compile("Boot 2 by CreateImage"))
    expect(picture).to_be_visible()
    expect(picture.get_by_text("CreateImage", exact=True)).to_be_visible()
    boots = cloud.evidence(f"instances/{web}/boots")["boots"]
    expect(person.row("CreateImage").get_by_text(boots[1]["request_id"])).to_be_visible()
    expect(person.row("CreateImage").get_by_text(re.compile(r"^\d+ ms$"))).to_be_visible()
    instance = sdk.client().describe_instances(InstanceIds=[web])["Reservations"][0]["Instances"][0]
    assert instance["State"]["Name"] == "running"
    person.picture("timeline")


def test_what_happens_outside_is_seen_within_a_second(cloud: CloudProcess, person: Person, web: str, sdk: Sdk) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    expect(person.row("web-1")).to_be_visible()
    client = sdk.client()
    seen = []
    for name in ("renamed-1", "renamed-2", "web-1"):
        client.create_tags(Resources=[web], Tags=[{"Key": "Name", "Value": name}])
        began = time.monotonic()
        person.row(name).wait_for()
        seen.append(time.monotonic() - began)
        person.page.wait_for_timeout(1100)  # ms: the page reads a listing once a second
    assert min(seen) < 1, seen  # each would be, on a quiet machine


def test_an_instance_is_stopped_and_started_from_its_own_page(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    instance = launch(sdk, "to-be-stopped")
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}")
    for item, state in (("Stop instance", "Stopped"), ("Start instance", "Running")):
        person.choose("Instance state", item)
        person.dialog.get_by_role("button", name=f"{item} (1)").click()
        expect(person.page.get_by_text(f"{item}: done for 1 of 1")).to_be_visible()
        expect(person.page.locator("main").get_by_text(state, exact=True)).to_be_visible()
    person.choose("Instance state", "Terminate (delete) instance")
    expect(person.dialog.get_by_text(re.compile("It is gone for good, and so is all that is on vol-"))).to_be_visible()
    person.dialog.get_by_role("button", name="Cancel").click()
    sdk.client().terminate_instances(InstanceIds=[instance])
    expect(person.page.locator("main").get_by_text("Terminated", exact=True)).to_be_visible()


def test_instances_are_found_by_property_and_several_are_rebooted(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    others = [launch(sdk, f"worker-{number}", InstanceType="t3.small") for number in (1, 2)]
    person.visit(cloud.endpoint, "us-east-1/instances")
    expect(person.row("worker-")).to_have_count(2)
    find = person.page.get_by_role("combobox", name="Find Instances by property or text")
    find.fill("worker")
    find.press("Enter")
    expect(person.row("web-1")).to_have_count(0)
    expect(person.row("worker-")).to_have_count(2)
    person.page.get_by_role("checkbox", name="Select all").set_checked(True, force=True)
    person.choose("Instance state", "Reboot instance")
    expect(person.dialog.get_by_text("No protection refuses a reboot.")).to_have_count(2)
    person.dialog.get_by_role("button", name="Reboot instance (2)").click()
    expect(person.page.get_by_text("Reboot instance: done for 2 of 2")).to_be_visible()
    person.page.get_by_role("button", name="Calls of this page").click()
    for instance in others:
        command = f"aws ec2 reboot-instances --region us-east-1 --instance-ids {instance}"
        expect(person.page.get_by_text(command)).to_be_visible()
    sdk.client().terminate_instances(InstanceIds=others)


def test_a_menu_says_why_it_cannot_be_used_and_the_keyboard_is_enough(
    cloud: CloudProcess, person: Person, web: str
) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    expect(person.row("web-1")).to_be_visible()
    person.menu("Instance state").focus()
    person.page.keyboard.press("Enter")
    person.page.keyboard.press("ArrowDown")
    expect(person.page.get_by_text("Select something first").filter(visible=True).first).to_be_visible()
    person.page.keyboard.press("Escape")
    person.row("web-1").locator("input[type=checkbox]").focus()
    person.page.keyboard.press("Space")
    expect(person.row("web-1").locator("input[type=checkbox]")).to_be_checked()


def test_what_is_selected_is_shown_below_and_its_tags_are_changed(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    instance = launch(sdk, "tagged")
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.select("tagged")
    panel = person.page.get_by_role("region", name=f"tagged ({instance})")
    expect(panel.get_by_text("t3.micro")).to_be_visible()
    panel.get_by_role("tab", name="Timeline").click()
    expect(panel.get_by_role("img", name=re.compile("Boot 1 by RunInstances"))).to_be_visible()
    panel.get_by_role("tab", name="Tags").click()
    expect(panel.get_by_role("cell", name="tagged")).to_be_visible()
    person.picture("split-panel")
    assert person.violations() == []
    person.choose("Actions", "Instance settings", "Manage tags")
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").last.fill("team")
    person.dialog.get_by_role("combobox", name="Value").last.fill("blue")
    person.picture("tags-dialog")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Save").click()
    expect(panel.get_by_role("cell", name="blue")).to_be_visible()
    tags = sdk.client().describe_tags(Filters=[{"Name": "resource-id", "Values": [instance]}])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Name": "tagged", "team": "blue"}
    sdk.client().terminate_instances(InstanceIds=[instance])


def test_signing_out_ends_every_page_of_the_session(cloud: CloudProcess, browser: Browser) -> None:
    person = Person(new_profile(browser))
    person.sign_in(cloud.console_address())
    other = person.context.new_page()
    other.goto(f"{cloud.endpoint}/console/#/us-east-1/instances")
    expect(other.get_by_role("heading", name="Instances")).to_be_visible()
    person.page.get_by_role("button", name="123456789012").click()
    person.page.get_by_role("menuitem", name="Sign out").click()
    for page in (person.page, other):
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert person.violations() == []
    person.sign_in(cloud.console_address())
    expect(other.get_by_role("heading", name="Instances")).to_be_visible()  # each is where it was
    person.context.close()


def test_the_page_says_that_the_server_is_gone_and_how_to_come_back(browser: Browser, tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud:
        person = Person(new_profile(browser))
        person.sign_in(cloud.console_address())
        assert cloud.stop() == 0
        expect(person.page.get_by_text("The server does not answer.").first).to_be_visible()  # a table may say so too
        cloud.start()
        expect(person.page.get_by_text("A session ends when you sign out")).to_be_visible()
        person.context.close()
