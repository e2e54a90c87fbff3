"""The console's AMIs as a person uses them, and how an image was cut."""

import re
import shlex

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser

PAGE = "us-east-1/images"


@pytest.fixture(scope="module")
def web(sdk: Sdk) -> str:
    """An instance with a volume beside its root."""
    data = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 20, "VolumeType": "gp2", "DeleteOnTermination": False}}
    return launch(sdk, "source-of-images", BlockDeviceMappings=[data])


def made(sdk: Sdk, web: str, name: str, **more: object) -> str:
    """An image that is available."""
    client = sdk.client()
    image_id = str(client.create_image(InstanceId=web, Name=name, **more)["ImageId"])
    client.get_waiter("image_available").wait(ImageIds=[image_id])
    return image_id


def image(sdk: Sdk, image_id: str) -> dict[str, object]:
    found: dict[str, object] = sdk.client().describe_images(ImageIds=[image_id], IncludeDisabled=True)["Images"][0]
    return found


def command_of(person: Person) -> list[str]:
    """The words of the command that the open dialog shows, after `aws`."""
    person.dialog.get_by_role("button", name="Show as CLI").click()
    shown = person.dialog.locator("code").filter(has_text="aws ec2")
    expect(shown).to_be_visible()
    return shlex.split(shown.inner_text())[1:]


def view(person: Person, name: str) -> None:
    """Choose which images are shown."""
    person.page.get_by_role("button", name="Which are shown").click()
    person.page.get_by_role("option", name=name).click()


def test_an_image_is_made_with_what_ec2_lets_it_change_and_shows_how_it_was_cut(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk, aws: AwsCli
) -> None:
    sdk.client().reboot_instances(InstanceIds=[web])
    sdk.client().get_waiter("instance_status_ok").wait(InstanceIds=[web])
    taken = made(sdk, web, "taken")
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.select("source-of-images")
    person.choose("Actions", "Image and templates", "Create image")
    dialog = person.dialog
    expect(dialog.get_by_text(re.compile("The last image with a reboot kept this instance down for"))).to_be_visible()
    expect(dialog.get_by_text(re.compile("Its last reboots, the latest first: down for"))).to_be_visible()
    dialog.get_by_role("textbox", name="Image name").fill("taken")
    expect(dialog.get_by_text(f"AMI name taken is already in use by AMI {taken} (Invalid")).to_be_visible()
    expect(dialog.get_by_role("button", name="Create image")).to_be_disabled()
    dialog.get_by_role("textbox", name="Image name").fill("of-the-console")
    dialog.get_by_role("textbox", name="Image description").fill("by hand")
    dialog.get_by_role("checkbox", name="In the image: /dev/sdf").set_checked(False, force=True)
    dialog.get_by_role("checkbox", name="Delete on termination: /dev/xvda").set_checked(False, force=True)
    dialog.get_by_role("button", name="Add volume").click()
    dialog.get_by_role("textbox", name="Device").fill("/dev/sdg")
    dialog.get_by_role("spinbutton", name="Size (GiB)").fill("3")
    dialog.get_by_role("radio", name="Tag image and snapshots separately").check(force=True)
    for number, value in enumerate(("of-image", "of-snapshot")):
        dialog.get_by_role("button", name="Add new tag").nth(number).click()
        dialog.get_by_role("combobox", name="Key").last.fill("kind")
        dialog.get_by_role("combobox", name="Value").last.fill(value)
    assert aws(*(word.replace("of-the-console", "of-the-cli") for word in command_of(person)))["ImageId"]
    person.picture("create-image-whole")
    assert person.violations() == []
    dialog.get_by_role("button", name="Create image").click()
    expect(person.page.get_by_text(re.compile("The image ami-[0-9a-f]+ is being created"))).to_be_visible()
    person.page.get_by_role("link", name="How it was cut").click()

    found = sdk.client().describe_images(Filters=[{"Name": "name", "Values": ["of-the-console"]}])["Images"][0]
    image_id = found["ImageId"]
    main = person.page.locator("main")
    expect(main.get_by_text("Cut at rest")).to_be_visible()
    told = cloud.evidence(f"images/{image_id}")
    expect(main.get_by_text(f"(request {told['request_id']})")).to_be_visible()
    expect(main.get_by_text(re.compile("It rebooted for this: its guest was asked to shut down at"))).to_be_visible()
    expect(main.get_by_text(re.compile("Then all its volumes were cut together, in"))).to_be_visible()
    expect(main.get_by_text(re.compile("It could not be reached for"))).to_be_visible()
    picture = person.page.get_by_role("img", name=re.compile("by CreateImage"))
    expect(picture.get_by_text("the AMI's disks")).to_be_visible()
    expect(main.get_by_text("whether it boots was not seen")).to_be_visible()
    copy = launch(sdk, "of-the-image", ImageId=image_id)
    expect(main.get_by_role("link", name=copy)).to_be_visible()
    person.picture("image-cut")
    assert person.violations() == []

    devices = {one["DeviceName"]: one["Ebs"] for one in found["BlockDeviceMappings"]}
    assert (found["Description"], found["Tags"]) == ("by hand", [{"Key": "kind", "Value": "of-image"}])
    assert {name: (one["VolumeSize"], one["DeleteOnTermination"]) for name, one in devices.items()} == {
        "/dev/xvda": (8, False),
        "/dev/sdg": (3, True),
    }
    snapshots = sdk.client().describe_snapshots(SnapshotIds=[devices["/dev/xvda"]["SnapshotId"]])["Snapshots"]
    assert snapshots[0]["Tags"] == [{"Key": "kind", "Value": "of-snapshot"}]
    main.get_by_role("link", name=f"Timeline of {web}").click()
    expect(person.page.get_by_role("img", name=re.compile("Timeline of the last"))).to_be_visible()
    sdk.client().terminate_instances(InstanceIds=[copy])


def test_an_image_without_a_reboot_says_so_and_one_of_a_stopped_instance_too(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    running = made(sdk, web, "not-rebooted", NoReboot=True)
    person.visit(cloud.endpoint, f"{PAGE}/{running}/cut")
    main = person.page.locator("main")
    expect(main.get_by_text("Crash-consistent: as after a power cut")).to_be_visible()
    expect(main.get_by_text("The guest went on running: it was not rebooted.")).to_be_visible()
    expect(person.page.get_by_role("img").get_by_text("the AMI's disks")).to_be_visible()
    person.picture("image-cut-running")
    stopped = launch(sdk, "stopped-source")
    client = sdk.client()
    client.stop_instances(InstanceIds=[stopped])
    client.get_waiter("instance_stopped").wait(InstanceIds=[stopped])
    person.visit(cloud.endpoint, f"{PAGE}/{made(sdk, stopped, 'of-a-stopped-one')}/cut")
    expect(main.get_by_text("Cut at rest")).to_be_visible()
    expect(main.get_by_text(re.compile("The instance did not run: its guest was off since"))).to_be_visible()
    client.terminate_instances(InstanceIds=[stopped])
    person.visit(cloud.endpoint, f"{PAGE}/{sdk.starting_image()}/cut")
    expect(main.get_by_text(re.compile("no call that is still known made it"))).to_be_visible()


def test_an_image_is_shared_described_deprecated_and_protected(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk, aws: AwsCli
) -> None:
    shared = made(sdk, web, "to-be-shared", NoReboot=True)
    person.visit(cloud.endpoint, PAGE)
    person.select("to-be-shared")
    person.choose("Actions", "Edit AMI permissions")
    dialog = person.dialog
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_role("button", name="Add account ID").click()
    dialog.get_by_role("textbox", name="AWS account ID").fill("12")
    expect(dialog.get_by_text("An account ID is 12 digits").first).to_be_visible()
    dialog.get_by_role("textbox", name="AWS account ID").fill("111122223333")
    dialog.get_by_role("radio", name="Public").check(force=True)
    expect(dialog.get_by_text(re.compile("^Every AWS account may find it, launch it"))).to_be_visible()
    person.picture("image-permissions")
    assert person.violations() == []
    dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"The permissions of {shared} are changed.")).to_be_visible()
    permissions = sdk.client().describe_image_attribute(ImageId=shared, Attribute="launchPermission")
    assert {str(one) for one in permissions["LaunchPermissions"]} == {"{'Group': 'all'}", "{'UserId': '111122223333'}"}
    view(person, "Public images")
    expect(person.row("to-be-shared")).to_have_count(1)
    expect(person.row("not-rebooted")).to_have_count(0)
    person.visit(cloud.endpoint, f"{PAGE}/{shared}/permissions")
    expect(person.row("111122223333")).to_be_visible()
    assert person.violations() == []

    person.choose("Actions", "Edit description")
    person.dialog.get_by_role("textbox", name="Description").fill("x" * 256)
    expect(person.dialog.get_by_text("Description must be at most 255 characters long (Invalid")).to_be_visible()
    person.dialog.get_by_role("textbox", name="Description").fill("shared with all")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"The description of {shared} is changed.")).to_be_visible()

    person.choose("Actions", "Manage AMI deprecation")
    person.dialog.get_by_role("checkbox", name="Enable deprecation").set_checked(True, force=True)
    person.dialog.get_by_role("textbox", name="Deprecation date").fill("2020/01/01")
    expect(person.dialog.get_by_text("The deprecation date can't be in the past (Invalid")).to_be_visible()
    year = int(str(image(sdk, shared)["CreationDate"])[:4]) + 1
    person.dialog.get_by_role("textbox", name="Deprecation date").fill(f"{year}/03/01")
    person.dialog.get_by_role("textbox", name="Time").fill("12:30")
    person.picture("image-deprecation")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Show as CLI").click()
    command = (
        f"aws ec2 enable-image-deprecation --region us-east-1 --image-id {shared} --deprecate-at {year}-03-01T12:30:00Z"
    )
    expect(person.dialog.get_by_text(command)).to_be_visible()
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"{shared} is deprecated from {year}-03-01 12:30 UTC on.")).to_be_visible()
    assert image(sdk, shared)["DeprecationTime"] == f"{year}-03-01T12:30:00.000Z"
    person.choose("Actions", "Edit AMI permissions")
    person.dialog.get_by_role("radio", name="Private").check(force=True)
    aws(*command_of(person))
    person.dialog.get_by_role("button", name="Cancel").click()
    expect(person.page.locator("main").get_by_text("Private", exact=True)).to_be_visible()

    person.choose("Actions", "Manage AMI deregistration protection")
    person.dialog.get_by_role("checkbox", name="Enable deregistration protection").set_checked(True, force=True)
    person.dialog.get_by_role("checkbox", name="Include 24-hour cooldown period").set_checked(True, force=True)
    expect(person.dialog.get_by_text(re.compile("^Refuses DeregisterImage"))).to_be_visible()
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"Deregistration protection of {shared}: enabled-with-cooldown")).to_be_visible()
    assert image(sdk, shared)["DeregistrationProtection"] == "enabled-with-cooldown"
    person.choose("Actions", "Manage AMI deregistration protection")
    expect(person.dialog.get_by_text("It is enabled-with-cooldown now.")).to_be_visible()
    person.dialog.get_by_role("checkbox", name="Enable deregistration protection").set_checked(False, force=True)
    expect(person.dialog.get_by_text(re.compile("still refused for 24 hours from now on"))).to_be_visible()
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"Deregistration protection of {shared}: disabled")).to_be_visible()
    assert str(image(sdk, shared)["DeregistrationProtection"]).startswith("disabled after ")


def test_instances_of_an_image_with_fast_launch_go_on_from_memory(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk, aws: AwsCli
) -> None:
    client, fast = sdk.client(), sdk.starting_image()
    person.visit(cloud.endpoint, f"{PAGE}/{made(sdk, web, 'of-two-volumes', NoReboot=True)}")
    person.choose("Actions", "Configure fast launch")
    toggle = person.dialog.get_by_role("checkbox", name="Enable fast launch")
    toggle.set_checked(True, force=True)
    expect(person.dialog.get_by_text(re.compile("more than a root volume.*Unsupported"))).to_be_visible()
    expect(person.dialog.get_by_role("button", name="Save")).to_be_disabled()
    person.visit(cloud.endpoint, f"{PAGE}/{fast}/fastLaunch")
    main = person.page.locator("main")
    person.choose("Actions", "Configure fast launch")
    toggle.set_checked(True, force=True)
    person.dialog.get_by_role("spinbutton", name="Max parallel launches").fill("5")
    expect(person.dialog.get_by_text(re.compile("must be 6 or greater.*Invalid"))).to_be_visible()
    person.dialog.get_by_role("spinbutton", name="Max parallel launches").fill("6")
    person.dialog.get_by_role("spinbutton", name="Target resource count").fill("1")
    assert aws(*command_of(person))["State"] == "enabling"
    person.picture("fast-launch-enable")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Cancel").click()
    expect(person.row("t3.micro").get_by_text("Ready", exact=True)).to_be_visible()
    expect(main.get_by_text("Enabled", exact=True).first).to_be_visible()
    person.picture("image-fast-launch")
    assert person.violations() == []

    person.choose("Actions", "Launch instance from AMI")
    expect(person.page.get_by_text(re.compile("A guest goes on from memory at once, without a boot"))).to_be_visible()
    person.page.get_by_role("button", name="Advanced details").click()
    expect(person.page.get_by_text(re.compile("whose state QEMU cannot save"))).to_have_count(0)  # its disks are virtio
    person.picture("launch-from-memory")
    assert person.violations() == []
    quick = launch(sdk, "from-memory")
    cold = launch(sdk, "first-of-its-size", InstanceType="t2.micro")
    person.visit(cloud.endpoint, f"us-east-1/instances/{quick}/timeline")
    expect(person.row("RunInstances").get_by_text("From memory", exact=True)).to_be_visible()
    person.picture("timeline-from-memory")
    person.visit(cloud.endpoint, f"us-east-1/instances/{cold}/timeline")
    expect(person.row("RunInstances").get_by_text(re.compile("^Cold boot: .* TargetResourceCount, 1"))).to_be_visible()

    person.visit(cloud.endpoint, f"{PAGE}/{fast}/fastLaunch")
    person.choose("Actions", "Configure fast launch")
    toggle.set_checked(False, force=True)
    expect(person.dialog.get_by_text(re.compile(f"What was launched from it goes on: .*{quick}"))).to_be_visible()
    person.dialog.get_by_role("checkbox", name="Force").set_checked(True, force=True)
    person.picture("fast-launch-disable")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(f"Fast launch of {fast}: Disabling.")).to_be_visible()
    expect(person.row("t3.micro")).to_have_count(0)
    assert client.describe_fast_launch_images()["FastLaunchImages"] == []
    client.terminate_instances(InstanceIds=[quick, cold])


def test_an_image_is_copied_into_another_region(cloud: CloudProcess, person: Person, web: str, sdk: Sdk) -> None:
    source = made(sdk, web, "to-be-copied", NoReboot=True)
    sdk.client().create_tags(Resources=[source], Tags=[{"Key": "team", "Value": "blue"}])
    person.visit(cloud.endpoint, f"{PAGE}/{source}")
    person.choose("Actions", "Copy AMI")
    expect(
        person.dialog.get_by_text(f"AMI name to-be-copied is already in use by AMI {source} (Invalid")
    ).to_be_visible()
    person.dialog.get_by_role("button", name=re.compile("Destination Region")).click()
    person.page.get_by_role("option", name="eu-central-1").click()
    person.dialog.get_by_role("checkbox", name="Copy tags").set_checked(True, force=True)
    person.picture("copy-image")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Copy AMI").click()
    expect(person.page.get_by_text("The AMI is being copied to eu-central-1")).to_be_visible()
    named = [{"Name": "name", "Values": ["to-be-copied"]}]
    [copy] = sdk.client(region="eu-central-1").describe_images(Filters=named)["Images"]
    assert (copy["SourceImageId"], copy["Tags"]) == (source, [{"Key": "team", "Value": "blue"}])
    person.page.get_by_role("link", name=copy["ImageId"]).click()
    expect(person.page.get_by_role("heading", name=f"to-be-copied ({copy['ImageId']})")).to_be_visible()
    person.visit(cloud.endpoint, f"eu-central-1/images/{copy['ImageId']}/cut")
    expect(person.page.get_by_text(re.compile("CopyImage asked for it at"))).to_be_visible()


def test_images_are_disabled_and_deregistered_several_at_once(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    ids = {name: made(sdk, web, name, NoReboot=True) for name in ("old-1", "old-2", "old-3")}
    sdk.client().enable_image_deregistration_protection(ImageId=ids["old-3"])
    person.visit(cloud.endpoint, PAGE)
    person.select("old-1")
    person.choose("Actions", "Disable AMI")
    expect(
        person.dialog.get_by_text(re.compile("It cannot be launched nor copied until it is enabled"))
    ).to_be_visible()
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Disable AMI (1)").click()
    expect(person.row("old-1")).to_have_count(0)
    view(person, "Disabled images")
    expect(person.row("old-1")).to_have_count(1)
    person.select("old-1")
    person.choose("Actions", "Enable AMI")
    person.dialog.get_by_role("button", name="Enable AMI (1)").click()
    expect(person.row("old-1")).to_have_count(0)
    assert image(sdk, ids["old-1"])["State"] == "available"

    view(person, "Owned by me")
    find = person.page.get_by_role("combobox", name="Find AMIs by property or text")
    find.fill("old-")
    find.press("Enter")
    expect(person.row("old-")).to_have_count(3)
    person.page.get_by_role("checkbox", name="Select all").set_checked(True, force=True)
    person.choose("Actions", "Deregister AMI")
    refused = f"The image '{ids['old-3']}' may not be deregistered."
    expect(person.dialog.get_by_text(refused)).to_be_visible()
    person.dialog.get_by_role("checkbox", name="Delete associated snapshots").set_checked(True, force=True)
    gone = [one["Ebs"]["SnapshotId"] for one in image(sdk, ids["old-1"])["BlockDeviceMappings"]]  # type: ignore[attr-defined]
    expect(person.dialog.get_by_text(f"Snapshots that are deleted for good: {', '.join(gone)}.")).to_be_visible()
    person.picture("deregister-images")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Deregister AMI (2)").click()
    expect(person.page.get_by_text("Deregister AMI: done for 2 of 3")).to_be_visible()
    expect(person.row("old-")).to_have_count(1)
    left = sdk.client().describe_snapshots(Filters=[{"Name": "snapshot-id", "Values": gone}])["Snapshots"]
    assert left == []


def test_the_list_is_like_ec2s_lives_and_leads_to_a_launch(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    person.visit(cloud.endpoint, PAGE)
    for column in ("AMI name", "AMI ID", "Source", "Owner", "Visibility", "Status", "Creation date", "Platform"):
        expect(person.page.get_by_role("columnheader", name=column, exact=True)).to_be_visible()
    seen = made(sdk, web, "from-outside", NoReboot=True)
    expect(person.row("from-outside")).to_be_visible()
    person.select("from-outside")
    panel = person.page.get_by_role("region", name=f"from-outside ({seen})")
    expect(panel.get_by_role("link", name=web)).to_be_visible()
    panel.get_by_role("tab", name="Storage").click()
    expect(panel.get_by_role("rowheader", name="/dev/sdf")).to_be_visible()
    assert person.violations() == []
    person.choose("Actions", "Launch instance from AMI")
    expect(person.page).to_have_url(f"{cloud.endpoint}/console/#/us-east-1/launch/{seen}")


@pytest.mark.some_of("looks of pages", 3)
def test_the_pages_are_whole_in_japanese_in_the_dark_and_in_a_narrow_window(
    cloud: CloudProcess, browser: Browser, web: str, sdk: Sdk
) -> None:
    shown = made(sdk, web, "in-the-dark")
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    expect(person.page.get_by_role("heading", level=1)).to_be_visible()
    places = {"images": PAGE} | {
        tab: f"{PAGE}/{shown}/{tab}" for tab in ("details", "cut", "permissions", "storage", "fastLaunch")
    }
    for name, place in places.items():
        person.visit(cloud.endpoint, place)
        expect(person.page.locator("main").get_by_text("in-the-dark").first).to_be_visible()
        if name == "cut":
            expect(person.page.get_by_text("静止状態で取得")).to_be_visible()
        person.picture(f"ami-{name}-dark-ja")
        assert person.violations() == [], name
    person.choose("アクション", "高速起動を設定")
    person.dialog.get_by_role("checkbox", name="高速起動を有効にする").set_checked(True, force=True)
    expect(person.dialog.get_by_text(re.compile("AMI を一度ブートし"))).to_be_visible()
    person.picture("fast-launch-dark-ja")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="キャンセル").click()
    person.choose("アクション", "AMI を登録解除")
    expect(person.dialog.get_by_text(re.compile("起動できなくなり"))).to_be_visible()
    person.picture("deregister-images-dark-ja")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="キャンセル").click()
    person.page.set_viewport_size({"width": 375, "height": 800})
    for place in places.values():
        person.visit(cloud.endpoint, place)
        expect(person.page.get_by_role("heading", level=1)).to_be_visible()
        person.fits()
    assert person.complaints == []
    person.context.close()
