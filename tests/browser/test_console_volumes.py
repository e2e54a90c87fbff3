"""The console's pages of volumes and snapshots as a person uses them: Chromium, simulated guests."""

import re
import shlex
from typing import Any

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.browser

ZONE = "us-east-1a"


@pytest.fixture(scope="module")
def web(sdk: Sdk) -> str:
    return launch(sdk, "web-1", Placement={"AvailabilityZone": ZONE})


def made(sdk: Sdk, name: str, size: int = 1, **more: Any) -> str:
    """A volume that is there."""
    client = sdk.client()
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": name}]}]
    asked = {"AvailabilityZone": ZONE, "Size": size, "VolumeType": "gp3", "TagSpecifications": tags, **more}
    volume = str(client.create_volume(**asked)["VolumeId"])
    client.get_waiter("volume_available").wait(VolumeIds=[volume])
    return volume


def snapped(sdk: Sdk, volume: str, description: str) -> str:
    """A snapshot that is completed."""
    client = sdk.client()
    snapshot = str(client.create_snapshot(VolumeId=volume, Description=description)["SnapshotId"])
    client.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot])
    return snapshot


def root_of(sdk: Sdk, instance: str) -> str:
    devices = sdk.client().describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return str(devices["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


def choice(person: Person, label: str) -> Locator:
    """A field of the dialog with several to choose from."""
    return person.dialog.get_by_role("button", name=re.compile(f"^{re.escape(label)}"))


def pick(person: Person, label: str, option: str) -> None:
    choice(person, label).click()
    person.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()


def go(person: Person, name: str) -> None:
    """Press the dialog's button, once the cloud has said that it would do it; the dialog closes."""
    button = person.dialog.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(person.dialog).to_have_count(0)


def refused(person: Person, words: str) -> None:
    """The dialog says in EC2's words why the cloud would not do it."""
    expect(person.dialog.get_by_text(re.compile(words)).filter(visible=True)).to_be_visible()


def would_do(person: Person, aws: AwsCli) -> None:
    """The command that the dialog shows is one that the AWS CLI takes, and that the cloud would carry out."""
    person.dialog.get_by_role("button", name="Show as CLI").click()
    command = person.dialog.get_by_text(re.compile("^aws ec2 ")).first.inner_text()
    program, *words = shlex.split(command)
    assert program == "aws"
    assert "DryRunOperation" in aws.refused(*words, "--dry-run")


def test_a_volume_is_created_and_a_wrong_size_is_refused_before(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    person.visit(cloud.endpoint, "us-east-1/volumes")
    person.page.get_by_role("button", name="Create volume").click()
    size = person.dialog.get_by_role("spinbutton", name="Size (GiB)")
    size.fill("70000")
    refused(person, re.escape("The volume size is invalid for gp3 volumes: 70000 GiB."))
    person.picture("create-volume-refused")
    size.fill("1.5")
    expect(person.dialog.get_by_role("button", name="Create volume", exact=True)).to_be_disabled()
    pick(person, "Volume type", "Provisioned IOPS SSD (io1)")
    expect(person.dialog.get_by_role("spinbutton", name="Throughput (MiB/s)")).to_have_count(0)
    size.fill("8")
    person.dialog.get_by_role("spinbutton", name="IOPS").fill("401")
    refused(person, "Iops to volume size ratio")
    person.dialog.get_by_role("spinbutton", name="IOPS").fill("400")
    pick(person, "Availability Zone", "us-east-1b")
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").last.fill("Name")
    person.dialog.get_by_role("combobox", name="Value").last.fill("of-a-person")
    would_do(person, aws)
    person.picture("create-volume")
    assert person.violations() == []
    go(person, "Create volume")
    expect(person.row("of-a-person")).to_be_visible()
    named = [{"Name": "tag:Name", "Values": ["of-a-person"]}]
    [volume] = sdk.client().describe_volumes(Filters=named)["Volumes"]
    known = {name: volume[name] for name in ("VolumeType", "Size", "Iops", "AvailabilityZone")}
    assert known == {"VolumeType": "io1", "Size": 8, "Iops": 400, "AvailabilityZone": "us-east-1b"}


def test_a_volume_is_attached_grown_snapshotted_and_detached(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk, aws: AwsCli
) -> None:
    client, data = sdk.client(), made(sdk, "data-1")
    elsewhere = launch(sdk, "elsewhere", Placement={"AvailabilityZone": "us-east-1b"})
    person.visit(cloud.endpoint, f"us-east-1/volumes/{data}")

    person.choose("Actions", "Attach volume")
    choice(person, "Instance").click()
    expect(person.page.get_by_role("option", name=re.compile("web-1"))).to_be_visible()
    assert person.page.get_by_role("option", name=re.compile(elsewhere)).count() == 0
    person.page.get_by_role("option", name=re.compile("web-1")).click()
    expect(person.dialog.get_by_role("combobox", name="Device name")).to_have_value("/dev/sdf")
    link = f"/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_{data.replace('-', '')}"
    expect(person.dialog.get_by_text(re.compile(re.escape(link)))).to_be_visible()
    person.dialog.get_by_role("combobox", name="Device name").fill("/dev/hda")
    refused(person, "/dev/hda is not a valid EBS device name")
    person.dialog.get_by_role("combobox", name="Device name").fill("/dev/sdg")
    person.page.keyboard.press("Tab")
    person.picture("attach-volume")
    assert person.violations() == []
    go(person, "Attach volume")
    expect(person.page.get_by_text("/dev/sdg (attached)")).to_be_visible()
    [attachment] = client.describe_volumes(VolumeIds=[data])["Volumes"][0]["Attachments"]
    assert (attachment["InstanceId"], attachment["Device"]) == (web, "/dev/sdg")

    person.choose("Actions", "Modify volume")
    size = person.dialog.get_by_role("spinbutton", name="Size (GiB)")
    expect(person.dialog.get_by_role("button", name="Modify", exact=True)).to_be_disabled()  # nothing is changed yet
    size.fill("0")
    refused(person, "New size cannot be smaller than existing size")
    size.fill("3")
    expect(person.dialog.get_by_text(re.compile("sees the new size from its next boot on"))).to_be_visible()
    person.picture("modify-volume")
    assert person.violations() == []
    go(person, "Modify")
    modification = person.page.locator("main")
    expect(modification.get_by_text("3 GiB, gp3, 3000 IOPS, 125 MiB/s")).to_be_visible()
    expect(modification.get_by_text("Completed", exact=True)).to_be_visible()
    expect(modification.get_by_text("1 GiB, gp3, 3000 IOPS, 125 MiB/s")).to_be_visible()
    assert client.describe_volumes(VolumeIds=[data])["Volumes"][0]["Size"] == 3

    person.choose("Actions", "Create snapshot")
    expect(person.dialog.get_by_text("the snapshot is crash-consistent")).to_be_visible()
    person.dialog.get_by_role("textbox", name="Description").fill("while it runs")
    person.picture("create-snapshot")
    assert person.violations() == []
    go(person, "Create snapshot")
    person.page.get_by_role("tab", name="Snapshots").click()
    expect(person.row("while it runs").get_by_text("Completed")).to_be_visible()
    assert person.violations() == []
    person.page.get_by_role("tab", name="Status checks").click()
    expect(person.row("I/O enabled").get_by_text("passed")).to_be_visible()
    person.picture("volume-status")
    assert person.violations() == []

    person.choose("Actions", "Manage auto-enabled I/O")
    person.dialog.get_by_role("checkbox", name="Auto-enabled I/O").set_checked(True, force=True)
    would_do(person, aws)
    assert person.violations() == []
    go(person, "Save")
    expect(person.page.get_by_text(f"Auto-enabled I/O of {data}: Enabled")).to_be_visible()
    attribute = client.describe_volume_attribute(VolumeId=data, Attribute="autoEnableIO")
    assert attribute["AutoEnableIO"]["Value"] is True

    person.choose("Actions", "Detach volume")
    expect(person.dialog.get_by_text(re.compile("Unmount its file systems first"))).to_be_visible()
    person.picture("detach-volume")
    assert person.violations() == []
    go(person, "Detach volume (1)")
    client.get_waiter("volume_available").wait(VolumeIds=[data])
    person.page.get_by_role("tab", name="Details").click()
    expect(person.page.locator("main").get_by_text("Available", exact=True)).to_be_visible()
    client.attach_volume(VolumeId=data, InstanceId=web, Device="/dev/sdh")
    client.get_waiter("volume_in_use").wait(VolumeIds=[data])
    expect(person.page.get_by_text("/dev/sdh (attached)")).to_be_visible()
    person.choose("Actions", "Force detach volume")
    expect(person.dialog.get_by_text(re.compile("It is pulled out of the running guest of web-1"))).to_be_visible()
    go(person, "Force detach volume (1)")
    client.get_waiter("volume_available").wait(VolumeIds=[data])
    client.terminate_instances(InstanceIds=[elsewhere])


def test_the_root_volume_of_a_running_instance_is_not_detached(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    root = root_of(sdk, web)
    person.visit(cloud.endpoint, f"us-east-1/volumes/{root}")
    person.choose("Actions", "Force detach volume")
    words = f"Unable to detach root volume '{root}' from instance '{web}' (IncorrectState)"
    expect(person.dialog.get_by_text(words)).to_be_visible()
    expect(person.dialog.get_by_text(re.compile("stop the instance first"))).to_be_visible()
    expect(person.dialog.get_by_role("button", name=re.compile("^Force detach volume"))).to_be_disabled()
    assert person.violations() == []
    person.picture("detach-root-refused")


def test_volumes_are_deleted_and_one_in_use_says_why_not(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk
) -> None:
    one, other = made(sdk, "doomed-1"), made(sdk, "doomed-2")
    snapshot = snapped(sdk, other, "it stays")
    root = root_of(sdk, web)
    person.visit(cloud.endpoint, "us-east-1/volumes")
    person.select(root)
    person.menu("Actions").click()
    expect(person.page.get_by_role("menuitem", name="Delete volume")).to_have_attribute("aria-disabled", "true")
    why = f"{root} is attached to web-1 ({web}): detach it first"
    person.page.get_by_role("menuitem", name="Delete volume").hover()
    expect(person.page.get_by_text(why).filter(visible=True).first).to_be_visible()
    person.page.keyboard.press("Escape")
    for name in ("doomed-1", "doomed-2"):
        person.row(name).locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("Actions", "Delete volume")
    expect(person.dialog.get_by_text(f"Volume {root} is currently attached to {web} (VolumeInUse)")).to_be_visible()
    expect(person.dialog.get_by_text(re.compile("is lost for good: it has no completed snapshot"))).to_be_visible()
    expect(person.dialog.get_by_text(re.compile(f"which stay: {snapshot}"))).to_be_visible()
    person.picture("delete-volumes")
    assert person.violations() == []
    go(person, "Delete volume (2)")
    expect(person.page.get_by_text("Delete volume: done for 2 of 3")).to_be_visible()
    expect(person.row("doomed-")).to_have_count(0)
    left = {volume["VolumeId"] for volume in sdk.client().describe_volumes()["Volumes"]}
    assert left & {one, other, root} == {root}


def test_snapshots_of_an_instance_without_its_root_are_created_and_show_how_they_were_cut(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    base = launch(sdk, "base", Placement={"AvailabilityZone": ZONE})
    data = made(sdk, "base-data")
    client.attach_volume(VolumeId=data, InstanceId=base, Device="/dev/sdf")
    client.get_waiter("volume_in_use").wait(VolumeIds=[data])
    client.stop_instances(InstanceIds=[base])
    client.get_waiter("instance_stopped").wait(InstanceIds=[base])
    person.visit(cloud.endpoint, "us-east-1/snapshots")
    person.page.get_by_role("button", name="Create snapshot").click()
    person.dialog.get_by_role("radio", name=re.compile("^Instance")).set_checked(True, force=True)
    pick(person, "Instance ID", "base")
    expect(person.dialog.get_by_text("The instance is stopped: nothing writes to the disk")).to_be_visible()
    person.dialog.get_by_role("checkbox", name=re.compile("Root volume")).set_checked(False, force=True)
    person.dialog.get_by_role("checkbox", name="Copy tags from source volume").set_checked(True, force=True)
    person.dialog.get_by_role("textbox", name="Description").fill("of a stopped instance")
    would_do(person, aws)
    person.picture("create-snapshots")
    assert person.violations() == []
    go(person, "Create snapshot")
    expect(person.row("of a stopped instance").get_by_text("Completed")).to_be_visible()
    ours = [{"Name": "description", "Values": ["of a stopped instance"]}]
    [snapshot] = client.describe_snapshots(Filters=ours)["Snapshots"]
    assert (snapshot["VolumeId"], snapshot["Tags"]) == (data, [{"Key": "Name", "Value": "base-data"}])
    person.row("of a stopped instance").get_by_role("link", name=snapshot["SnapshotId"]).click()
    expect(person.page.get_by_text("At rest", exact=True)).to_be_visible()
    expect(person.page.get_by_text("the instance was stopped, its last end was clean")).to_be_visible()
    person.picture("snapshot-details")
    assert person.violations() == []
    client.terminate_instances(InstanceIds=[base])


def test_volumes_images_and_copies_are_made_of_a_snapshot_that_an_image_then_keeps(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    snapshot = snapped(sdk, made(sdk, "source", 2), "to make things of")
    person.visit(cloud.endpoint, "us-east-1/snapshots")
    person.select(snapshot)

    person.choose("Actions", "Create volume from snapshot")
    size = person.dialog.get_by_role("spinbutton", name="Size (GiB)")
    expect(size).to_have_value("2")
    size.fill("1")
    refused(person, f"is smaller than snapshot '{snapshot}'")
    size.fill("4")
    expect(person.dialog.get_by_text(re.compile(r"It is larger than the snapshot \(2 GiB\)"))).to_be_visible()
    assert person.violations() == []
    go(person, "Create volume")
    from_it = [{"Name": "snapshot-id", "Values": [snapshot]}]
    [volume] = client.describe_volumes(Filters=from_it)["Volumes"]
    assert (volume["Size"], volume["AvailabilityZone"]) == (4, ZONE)

    person.choose("Actions", "Create image from snapshot")
    person.dialog.get_by_role("textbox", name="Image name").fill("made-of-a-snapshot")
    person.dialog.get_by_role("textbox", name="Root device name").fill("/dev/xvda")
    pick(person, "Boot mode", "uefi-preferred")
    would_do(person, aws)
    person.picture("register-image")
    assert person.violations() == []
    go(person, "Create image")
    named = [{"Name": "name", "Values": ["made-of-a-snapshot"]}]
    [image] = client.describe_images(Filters=named)["Images"]
    assert (image["RootDeviceName"], image["BootMode"], image["Architecture"]) == (
        "/dev/xvda",
        "uefi-preferred",
        "x86_64",
    )
    assert image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"] == snapshot

    person.choose("Actions", "Copy snapshot")
    pick(person, "Destination Region", "eu-west-1")
    person.dialog.get_by_role("textbox", name="Description").fill("in Ireland")
    expect(person.dialog.get_by_text(f"{snapshot} is copied to eu-west-1")).to_be_visible()
    person.picture("copy-snapshot")
    assert person.violations() == []
    go(person, "Copy snapshot")
    copies = [{"Name": "description", "Values": ["in Ireland"]}]
    [copy] = sdk.client(region="eu-west-1").describe_snapshots(Filters=copies)["Snapshots"]
    assert copy["VolumeSize"] == 2

    person.choose("Actions", "Delete snapshot")
    words = f"The snapshot {snapshot} is currently in use by {image['ImageId']} (InvalidSnapshot.InUse)"
    expect(person.dialog.get_by_text(words)).to_be_visible()
    expect(person.dialog.get_by_role("button", name=re.compile("^Delete snapshot"))).to_be_disabled()
    person.picture("delete-snapshot-refused")
    client.deregister_image(ImageId=image["ImageId"])  # the dialog asks again by itself
    expect(person.dialog.get_by_text(re.compile("It is gone for good"))).to_be_visible()
    assert person.violations() == []
    go(person, "Delete snapshot (1)")
    expect(person.row(snapshot)).to_have_count(0)


def test_a_snapshot_is_made_public_shared_and_found_among_public_ones(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    snapshot, other = (snapped(sdk, made(sdk, f"shared-{number}"), f"sharing {number}") for number in (1, 2))
    person.visit(cloud.endpoint, "us-east-1/snapshots")
    person.select(snapshot)
    person.choose("Actions", "Snapshot settings", "Modify permissions")
    person.dialog.get_by_role("radio", name=re.compile("^Public")).set_checked(True, force=True)
    person.dialog.get_by_role("button", name="Add account ID").click()
    account = person.dialog.get_by_role("textbox", name="AWS account ID")
    account.fill("12345")
    expect(person.dialog.get_by_text("An account ID is 12 digits").first).to_be_visible()
    expect(person.dialog.get_by_role("button", name="Save")).to_be_disabled()
    account.fill("210987654321")
    would_do(person, aws)
    person.picture("modify-permissions")
    assert person.violations() == []
    go(person, "Save")
    shared = client.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert {frozenset(one.items()) for one in shared["CreateVolumePermissions"]} == {
        frozenset({("Group", "all")}),
        frozenset({("UserId", "210987654321")}),
    }
    for owners, found in (("Public snapshots", (1, 0)), ("Private snapshots", (0, 0)), ("Owned by me", (1, 1))):
        person.page.get_by_role("button", name=re.compile("^Which are shown")).click()
        person.page.get_by_role("option", name=owners).click()
        for one, count in zip((snapshot, other), found, strict=True):
            expect(person.row(one)).to_have_count(count)
    person.visit(cloud.endpoint, f"us-east-1/snapshots/{snapshot}/settings")
    expect(person.page.get_by_text("210987654321")).to_be_visible()
    assert person.violations() == []
    person.choose("Actions", "Snapshot settings", "Modify permissions")
    person.dialog.get_by_role("radio", name=re.compile("^Private")).set_checked(True, force=True)
    person.dialog.get_by_role("button", name="Remove 210987654321").click()
    go(person, "Save")
    assert (
        client.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")[
            "CreateVolumePermissions"
        ]
        == []
    )


def test_what_happens_outside_to_volumes_and_snapshots_is_seen(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    person.visit(cloud.endpoint, "us-east-1/volumes")
    volume = made(sdk, "from-outside")
    expect(person.row("from-outside").get_by_text("Available")).to_be_visible()
    client.modify_volume(VolumeId=volume, Size=7)
    expect(person.row("from-outside").get_by_text("7 GiB")).to_be_visible()
    person.visit(cloud.endpoint, "us-east-1/snapshots")
    snapshot = snapped(sdk, volume, "from outside")
    expect(person.row("from outside").get_by_text("Completed")).to_be_visible()
    client.delete_snapshot(SnapshotId=snapshot)
    expect(person.row("from outside")).to_have_count(0)


@pytest.mark.some_of("looks of pages", 3)
def test_the_pages_in_japanese_dark_and_narrow(cloud: CloudProcess, browser: Browser, web: str, sdk: Sdk) -> None:
    volume = made(sdk, "庭", 5)
    snapshot = snapped(sdk, volume, "雲")
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    pages = {
        "volumes": ("us-east-1/volumes", "アタッチされたリソース"),
        "volume": (f"us-east-1/volumes/{root_of(sdk, web)}", "ルートボリューム"),
        "snapshots": ("us-east-1/snapshots", "フルスナップショットサイズ"),
        "snapshot": (f"us-east-1/snapshots/{snapshot}", "整合性"),
    }
    person.see_in_japanese(cloud.endpoint, pages)
    person.visit(cloud.endpoint, f"us-east-1/volumes/{volume}")
    person.choose("アクション", "ボリュームを変更")
    person.dialog.get_by_role("spinbutton", name="サイズ (GiB)").fill("6")
    expect(person.dialog.get_by_role("button", name="変更", exact=True)).to_be_enabled()
    person.picture("modify-volume-dark-ja")
    assert person.violations() == []
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.fits()
    person.picture("modify-volume-narrow-ja")
    person.see_narrow(cloud.endpoint, pages)
    assert person.complaints == []
    person.context.close()
