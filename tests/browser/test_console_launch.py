"""The console's launch wizard as a person uses it, checked with boto3 and the AWS CLI."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, Locator, Route, expect

pytestmark = pytest.mark.browser

_SCRIPT = "#!/bin/sh\necho \"it's Kumoniwa's ü\" > /etc/motd\n"


class Wizard:
    """The page "Launch an instance", and what a person does on it."""

    def __init__(self, person: Person, cloud: CloudProcess, place: str = "us-east-1/launch") -> None:
        self.person, self.page = person, person.page
        person.visit(cloud.endpoint, place)
        expect(self.page.get_by_role("heading", name="Launch an instance")).to_be_visible()

    def choose(self, label: str, option: str | re.Pattern[str], *, search: str | None = None) -> None:
        """An option of a list, found by what is typed where the list can be searched."""
        self.page.get_by_role("button", name=re.compile(f"^{re.escape(label)}")).click()
        if search is not None:
            self.page.keyboard.type(search)
        self.page.get_by_role("option").filter(has_text=option).first.click()

    def without_key(self) -> None:
        self.choose("Key pair name", "Proceed without a key pair")

    def open_advanced(self) -> None:
        self.page.get_by_role("button", name="Advanced details").click()

    @property
    def button(self) -> Locator:
        return self.page.get_by_role("button", name="Launch instance", exact=True)

    def launch(self) -> str:
        """Press the button, and give the id of the instance that the notice links to."""
        expect(self.page.get_by_text("The cloud would accept this launch")).to_be_visible()
        self.button.click()
        return self.launched()

    def launched(self) -> str:
        expect(self.page.get_by_text(re.compile("Instances launched: "))).to_be_visible()
        return self.page.get_by_role("link", name=re.compile("^i-[0-9a-f]+$")).first.inner_text()

    def commands(self) -> list[str]:
        """The commands that the wizard shows."""
        self.page.get_by_role("button", name="Show as CLI").click()
        shown = self.page.locator("main").get_by_text(re.compile(r"^(group=\$\()?(printf .*\| )?aws ec2 ", re.DOTALL))
        expect(shown.first).to_be_visible()
        return shown.all_inner_texts()


def launched_by(aws: AwsCli, commands: list[str], folder: Path) -> str:
    """The instance that these commands launch, the last of them."""
    printed = aws.script(*commands, folder=folder)
    launched: list[str] = re.findall(r'"InstanceId": "(i-[0-9a-f]+)"', printed)
    return launched[-1]


def instance(sdk: Sdk, instance_id: str) -> dict[str, Any]:
    [reservation] = sdk.client().describe_instances(InstanceIds=[instance_id])["Reservations"]
    found: dict[str, Any] = reservation["Instances"][0]
    return found


def attribute(sdk: Sdk, instance_id: str, name: str) -> Any:
    answer = sdk.client().describe_instance_attribute(InstanceId=instance_id, Attribute=name)
    return answer[name[0].upper() + name[1:]].get("Value")


def test_an_instance_is_launched_with_all_that_the_wizard_offers(
    cloud: CloudProcess, person: Person, sdk: Sdk, tmp_path: Path
) -> None:
    person.visit(cloud.endpoint, "us-east-1/instances")
    person.page.get_by_role("button", name="Launch instances").click()
    wizard = Wizard(person, cloud)
    page = wizard.page
    expect(page.get_by_text("Neither a key pair is chosen, nor to proceed without one").first).to_be_visible()
    expect(wizard.button).to_be_disabled()
    page.get_by_role("textbox", name="Name", exact=True).fill("made-by-the-wizard")
    wizard.choose("Instance type", "t3.small", search="t3.small")

    page.get_by_role("button", name="Create new key pair").click()
    person.dialog.get_by_role("textbox", name="Key pair name").fill("of the wizard")
    person.dialog.get_by_role("radio", name="ED25519").check(force=True)
    with page.expect_download() as download:
        person.dialog.get_by_role("button", name="Create key pair").click()
    expect(person.dialog.get_by_text("it cannot be had again")).to_be_visible()
    assert person.violations() == []
    download.value.save_as(tmp_path / "key.pem")
    assert download.value.suggested_filename == "of_the_wizard.pem"
    assert "OPENSSH PRIVATE KEY" in (tmp_path / "key.pem").read_text()
    person.dialog.get_by_role("button", name="Close").last.click()

    page.get_by_role("checkbox", name="Allow HTTPS traffic from the internet").check(force=True)
    page.get_by_role("button", name="Add new volume").click()
    added = page.get_by_role("region", name="Volume 2 (added)")
    added.get_by_role("spinbutton", name="Size (GiB)").fill("10")
    added.get_by_role("spinbutton", name="IOPS").fill("4000")
    page.get_by_role("region", name="Volume 1 (AMI root)").get_by_role("spinbutton", name="Size (GiB)").fill("7")
    expect(page.get_by_text("must be a whole number of at least 8 GiB").first).to_be_visible()
    page.get_by_role("region", name="Volume 1 (AMI root)").get_by_role("spinbutton", name="Size (GiB)").fill("9")

    wizard.open_advanced()
    page.get_by_role("button", name=re.compile("^Stop - Hibernate behavior")).click()
    unsupported = page.get_by_role("option").filter(has_text="Enable")
    expect(unsupported).to_have_attribute("aria-disabled", "true")  # of t3
    page.keyboard.press("Escape")
    page.get_by_role("checkbox", name="Stop protection").check(force=True)
    page.get_by_role("checkbox", name="Termination protection").check(force=True)
    page.get_by_role("checkbox", name="Allow tags in metadata").check(force=True)
    page.get_by_role("textbox", name="User data", exact=True).fill(_SCRIPT)
    expect(page.get_by_text("The cloud would accept this launch")).to_be_visible()
    person.picture("launch-filled")
    assert person.violations() == []
    instance_id = wizard.launch()
    page.get_by_role("link", name=instance_id).first.click()
    expect(page.get_by_role("heading", name=f"made-by-the-wizard ({instance_id})")).to_be_visible()

    made = instance(sdk, instance_id)
    assert {tag["Key"]: tag["Value"] for tag in made["Tags"]} == {"Name": "made-by-the-wizard"}
    assert (made["InstanceType"], made["KeyName"]) == ("t3.small", "of the wizard")
    assert made["MetadataOptions"]["HttpTokens"] == "required"
    assert made["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    assert attribute(sdk, instance_id, "disableApiStop") is True
    assert attribute(sdk, instance_id, "disableApiTermination") is True
    assert base64.b64decode(attribute(sdk, instance_id, "userData")).decode() == _SCRIPT
    [group] = made["SecurityGroups"]
    assert group["GroupName"].startswith("launch-wizard-")
    [described] = sdk.client().describe_security_groups(GroupIds=[group["GroupId"]])["SecurityGroups"]
    assert sorted(rule["FromPort"] for rule in described["IpPermissions"]) == [22, 443]
    volumes = sdk.client().describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}])
    assert sorted(
        (v["Attachments"][0]["Device"], v["Size"], v["VolumeType"], v["Iops"]) for v in volumes["Volumes"]
    ) == [("/dev/sdb", 10, "gp3", 4000), ("/dev/xvda", 9, "gp3", 3000)]


def test_the_shown_command_launches_what_the_wizard_launches(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli, tmp_path: Path
) -> None:
    wizard = Wizard(person, cloud)
    page = wizard.page
    page.get_by_role("textbox", name="Name", exact=True).fill("it's twice")
    wizard.without_key()
    wizard.choose("Auto-assign public IP", "Disable")
    wizard.choose("Subnet", "us-east-1c", search="us-east-1c")
    page.get_by_role("textbox", name="Security group name").fill("of the command")
    page.get_by_role("button", name="Add new volume").click()
    wizard.open_advanced()
    page.get_by_role("textbox", name="User data", exact=True).fill(_SCRIPT)
    expect(page.get_by_text("The cloud would accept this launch")).to_be_visible()
    by_command = launched_by(aws, wizard.commands(), tmp_path)
    expect(page.get_by_text("already exists for VPC").first).to_be_visible()  # the command made the group
    expect(wizard.button).to_be_disabled()
    page.get_by_role("radio", name="Select existing security group").check(force=True)
    wizard.choose("Security groups", "of the command", search="of the command")
    page.keyboard.press("Escape")
    by_wizard = wizard.launch()

    def shape(instance_id: str) -> dict[str, Any]:
        found = instance(sdk, instance_id)
        kept = ("Tags", "InstanceType", "ImageId", "SubnetId", "SecurityGroups", "MetadataOptions", "Placement")
        user_data = attribute(sdk, instance_id, "userData")
        devices = sorted(device["DeviceName"] for device in found["BlockDeviceMappings"])
        return {**{name: found[name] for name in kept}, "UserData": user_data, "Devices": devices}

    assert shape(by_command) == shape(by_wizard)
    assert base64.b64decode(shape(by_command)["UserData"]).decode() == _SCRIPT
    assert "PublicIpAddress" not in instance(sdk, by_command)


@pytest.mark.parametrize("kind", ["file", "base64"])
def test_user_data_comes_as_a_file_or_encoded_already(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli, tmp_path: Path, kind: str
) -> None:
    content = b"\x1f\x8b\x00\xff not text"
    wizard = Wizard(person, cloud)
    page = wizard.page
    wizard.without_key()
    page.get_by_role("radio", name="Select existing security group").check(force=True)
    wizard.choose("Security groups", "default", search="default")
    page.keyboard.press("Escape")
    wizard.open_advanced()
    if kind == "file":
        (tmp_path / "set up.gz").write_bytes(content)
        page.locator("input[type=file]").set_input_files(tmp_path / "set up.gz")
    else:
        page.get_by_role("textbox", name="User data", exact=True).fill("%")
        page.get_by_role("checkbox", name="User data has already been base64 encoded").check(force=True)
        expect(page.get_by_text("User data is not base64").first).to_be_visible()
        page.get_by_role("textbox", name="User data", exact=True).fill(base64.b64encode(content).decode())
    expect(page.get_by_text("The cloud would accept this launch")).to_be_visible()
    commands = wizard.commands()
    launched = [launched_by(aws, commands, tmp_path), wizard.launch()]
    for instance_id in launched:
        assert base64.b64decode(attribute(sdk, instance_id, "userData")) == content


def test_an_address_names_the_image_whose_devices_can_be_changed(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    devices = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3, "VolumeType": "gp3"}}]
    source = launch(sdk, "source-of-an-image", BlockDeviceMappings=devices)
    image = client.create_image(InstanceId=source, Name="of-the-address")["ImageId"]
    client.get_waiter("image_available").wait(ImageIds=[image])
    wizard = Wizard(person, cloud, f"us-east-1/launch/{image}")
    page = wizard.page
    expect(page.get_by_text(f"of-the-address ({image})")).to_be_visible()
    page.get_by_role("button", name="Remove: Volume 2 (AMI)").click()
    expect(page.get_by_text("/dev/sdf of the AMI is left out.")).to_be_visible()
    wizard.without_key()
    page.get_by_role("spinbutton", name="Number of instances").fill("2")
    wizard.launch()
    filters = [{"Name": "image-id", "Values": [image]}]
    found = [
        one
        for reservation in client.describe_instances(Filters=filters)["Reservations"]
        for one in reservation["Instances"]
    ]
    assert [[device["DeviceName"] for device in one["BlockDeviceMappings"]] for one in found] == [["/dev/xvda"]] * 2

    wizard = Wizard(person, cloud, "us-east-1/launch/ami-0123456789abcdef0")
    expect(page.get_by_text("There is no ami-0123456789abcdef0 in us-east-1.")).to_be_visible()


def test_a_launch_whose_answer_was_lost_is_not_made_twice(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    wizard = Wizard(person, cloud)
    page = wizard.page
    page.get_by_role("textbox", name="Name", exact=True).fill("launched-once")
    wizard.without_key()
    lost: list[int] = []

    def lose_first(route: Route) -> None:
        asked: dict[str, Any] = json.loads(route.request.post_data or "{}")
        if asked["action"] != "RunInstances" or "DryRun" in asked["parameters"] or lost:
            route.continue_()
            return
        lost.append(route.fetch().status)  # the server launched it
        route.abort()

    page.route("**/console/api/call", lose_first)
    expect(page.get_by_text("The cloud would accept this launch")).to_be_visible()
    wizard.button.click()
    expect(page.locator("main").get_by_text("The server does not answer.", exact=True)).to_be_visible()
    expect(page.get_by_role("textbox", name="Name", exact=True)).to_have_value("launched-once")
    launched = wizard.launch()
    named = [{"Name": "tag:Name", "Values": ["launched-once"]}]
    found = sdk.client().describe_instances(Filters=named)["Reservations"]
    assert [[one["InstanceId"] for one in reservation["Instances"]] for reservation in found] == [[launched]]
    assert lost == [200]


def test_a_refusal_is_shown_in_ec2s_words_and_what_changes_outside_is_seen(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    client = sdk.client()
    wizard = Wizard(person, cloud)
    page = wizard.page
    wizard.without_key()
    page.get_by_role("spinbutton", name="Number of instances").fill("1000")
    page.get_by_role("region", name="Volume 1 (AMI root)").get_by_role("spinbutton", name="Size (GiB)").fill("70000")
    expect(page.get_by_text("The volume size is invalid for gp3 volumes: 70000 GiB.").first).to_be_visible()
    expect(wizard.button).to_be_disabled()
    person.picture("launch-refused")
    client.create_key_pair(KeyName="from-outside", KeyType="ed25519")
    wizard.choose("Key pair name", "from-outside", search="from-outside")
    client.delete_key_pair(KeyName="from-outside")
    page.get_by_role("region", name="Volume 1 (AMI root)").get_by_role("spinbutton", name="Size (GiB)").fill("8")
    page.get_by_role("spinbutton", name="Number of instances").fill("1")
    expect(page.get_by_text("The key pair 'from-outside' does not exist").first).to_be_visible()


def test_the_wizard_hinders_nobody(cloud: CloudProcess, browser: Browser) -> None:
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    person.visit(cloud.endpoint, "us-east-1/launch")
    expect(person.page.get_by_role("heading", name="インスタンスを起動する")).to_be_visible()
    person.page.get_by_role("button", name="高度な詳細").click()
    expect(person.page.get_by_text(re.compile(r"\(ami-[0-9a-f]+\)")).first).to_be_visible()
    person.picture("launch-dark-ja")
    assert person.violations() == []
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.fits()
    person.picture("launch-narrow")
    assert person.complaints == []
    person.context.close()
