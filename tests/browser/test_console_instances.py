"""The console's instances in full: settings, connect, details, what dialogs say, the timeline's causes, the events."""

import re
import shlex
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser

SCRIPT = "#!/bin/sh\necho 'from the console' # 雲\n"


@pytest.fixture(scope="module")
def stopped(sdk: Sdk) -> str:
    instance = launch(sdk, "set-1")
    sdk.client().stop_instances(InstanceIds=[instance])
    sdk.client().get_waiter("instance_stopped").wait(InstanceIds=[instance])
    return instance


@pytest.fixture(scope="module")
def keyed(sdk: Sdk) -> str:
    """An instance with a key pair, whose group admits SSH."""
    client = sdk.client()
    client.create_key_pair(KeyName="my key")
    group = client.create_security_group(GroupName="admits-ssh", Description="ssh")["GroupId"]
    client.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    return launch(sdk, "keyed-1", KeyName="my key", SecurityGroupIds=[group])


def described(sdk: Sdk, instance: str) -> dict[str, Any]:
    found: dict[str, Any] = sdk.client().describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    return found


def attribute(sdk: Sdk, instance: str, name: str) -> Any:
    told = sdk.client().describe_instance_attribute(InstanceId=instance, Attribute=name)
    return told[name[0].upper() + name[1:]].get("Value")


def set_type(person: Person) -> None:
    person.dialog.get_by_role("button", name="New instance type").click()
    person.page.get_by_role("option", name="t3.small").click()
    expect(person.dialog.get_by_text("its guest has 2 vCPU, 2 GiB instead of 2 vCPU, 1 GiB")).to_be_visible()


def set_behavior(person: Person) -> None:
    person.dialog.get_by_role("radio", name="Terminate").check(force=True)
    expect(person.dialog.get_by_text("Termination protection does not refuse that.")).to_be_visible()


def set_user_data(person: Person) -> None:
    person.dialog.get_by_role("textbox", name="User data").fill(SCRIPT)
    person.dialog.get_by_role("checkbox", name="The text is base64-encoded").set_checked(True, force=True)


def set_metadata(person: Person) -> None:
    person.dialog.get_by_role("radio", name="Required").check(force=True)
    person.dialog.get_by_role("spinbutton", name="Metadata response hop limit").fill("3")
    expect(person.dialog.get_by_text("programs that ask without a token (IMDSv1) get 401")).to_be_visible()


def set_credits(person: Person) -> None:
    person.dialog.get_by_role("checkbox", name="Unlimited mode").set_checked(False, force=True)


def set_threads(person: Person) -> None:
    person.dialog.get_by_role("button", name="Threads per core").click()
    person.page.get_by_role("option", name="1", exact=True).click()


def credits(sdk: Sdk, instance: str) -> Any:
    told = sdk.client().describe_instance_credit_specifications(InstanceIds=[instance])
    return told["InstanceCreditSpecifications"][0]["CpuCredits"]


def metadata(sdk: Sdk, instance: str) -> tuple[str, int]:
    options = described(sdk, instance)["MetadataOptions"]
    return options["HttpTokens"], options["HttpPutResponseHopLimit"]


SETTINGS: dict[str, tuple[Callable[[Person], None], Callable[[Sdk, str], Any], Any, Callable[[Any, str], Any]]] = {
    "Change shutdown behavior": (
        set_behavior,
        lambda sdk, instance: attribute(sdk, instance, "instanceInitiatedShutdownBehavior"),
        "terminate",
        lambda client, instance: client.modify_instance_attribute(
            InstanceId=instance, InstanceInitiatedShutdownBehavior={"Value": "stop"}
        ),
    ),
    "Edit user data": (
        set_user_data,
        lambda sdk, instance: b64decode(attribute(sdk, instance, "userData") or "").decode(),
        SCRIPT,
        lambda client, instance: client.modify_instance_attribute(InstanceId=instance, UserData={"Value": b""}),
    ),
    "Modify instance metadata options": (
        set_metadata,
        metadata,
        ("required", 3),
        lambda client, instance: client.modify_instance_metadata_options(
            InstanceId=instance, HttpTokens="optional", HttpPutResponseHopLimit=1
        ),
    ),
    "Change credit specification": (
        set_credits,
        credits,
        "standard",
        lambda client, instance: client.modify_instance_credit_specification(
            InstanceCreditSpecifications=[{"InstanceId": instance, "CpuCredits": "unlimited"}]
        ),
    ),
    "Modify CPU options": (
        set_threads,
        lambda sdk, instance: described(sdk, instance)["CpuOptions"]["ThreadsPerCore"],
        1,
        lambda client, instance: client.modify_instance_cpu_options(InstanceId=instance, CoreCount=1, ThreadsPerCore=2),
    ),
    "Change instance type": (
        set_type,
        lambda sdk, instance: described(sdk, instance)["InstanceType"],
        "t3.small",
        lambda client, instance: client.modify_instance_attribute(
            InstanceId=instance, InstanceType={"Value": "t3.micro"}
        ),
    ),
}
"""Of each dialog: what a person does in it, what is read then, what it must be, and how it is taken back."""


def test_each_setting_is_changed_and_its_command_does_the_same(
    cloud: CloudProcess, person: Person, stopped: str, sdk: Sdk, aws: AwsCli
) -> None:
    person.visit(cloud.endpoint, f"us-east-1/instances/{stopped}")
    for item, (change, read, wanted, take_back) in SETTINGS.items():
        person.choose("Actions", "Instance settings", item)
        change(person)
        person.dialog.get_by_role("button", name="Show as CLI").click()
        command = person.dialog.get_by_text(re.compile("^aws ec2 modify-instance-")).inner_text()
        person.picture(f"setting-{item.rsplit(' ', maxsplit=1)[-1]}")
        assert person.violations() == [], item
        person.dialog.get_by_role("button", name="Save").click()
        expect(person.page.get_by_text(f"{item}: done for set-1 ({stopped})")).to_be_visible()
        assert read(sdk, stopped) == wanted, item
        take_back(sdk.client(), stopped)
        assert read(sdk, stopped) != wanted, item
        aws(*shlex.split(command)[1:])
        assert read(sdk, stopped) == wanted, command
        take_back(sdk.client(), stopped)


def test_a_running_instance_says_why_a_setting_waits_for_its_stop(
    cloud: CloudProcess, person: Person, keyed: str
) -> None:
    person.visit(cloud.endpoint, f"us-east-1/instances/{keyed}")
    person.choose("Actions", "Instance settings")
    person.page.get_by_role("menuitem", name="Change instance type").hover()
    expect(person.page.get_by_text("Only a stopped instance can be changed so").filter(visible=True)).to_be_visible()
    person.page.get_by_role("menuitem", name="Edit user data").click()
    expect(person.dialog.get_by_role("textbox", name="User data")).not_to_be_editable()
    expect(person.dialog.get_by_role("button", name="Save")).to_be_disabled()


def test_connect_shows_the_commands_and_what_stands_in_their_way(
    cloud: CloudProcess, person: Person, keyed: str, stopped: str
) -> None:
    person.visit(cloud.endpoint, f"us-east-1/instances/{keyed}")
    person.page.locator("main").get_by_role("button", name="Connect", exact=True).click()
    expect(person.dialog.get_by_text("Its guest is simulated: no SSH answers there.")).to_be_visible()
    expect(person.dialog.get_by_text(f"kumoniwa ssh {keyed} -i 'my key.pem'")).to_be_visible()
    [forward] = cloud.evidence(f"instances/{keyed}")["forwards"]
    port = "" if forward["port"] == 22 else f" -p {forward['port']}"
    expect(person.dialog.get_by_text(f"ssh -i 'my key.pem'{port} admin@{forward['host']}")).to_be_visible()
    person.dialog.get_by_role("textbox", name="User name").fill("root")
    expect(person.dialog.get_by_text(f"kumoniwa ssh {keyed} -i 'my key.pem' --user root")).to_be_visible()
    person.picture("connect")
    assert person.violations() == []
    person.dialog.get_by_role("tab", name="EC2 serial console").click()
    link = person.dialog.get_by_role("link", name="EC2 serial console")
    expect(link).to_have_attribute("href", f"/console/serial.html#/us-east-1/{keyed}")
    assert person.violations() == []
    person.visit(cloud.endpoint, f"us-east-1/instances/{stopped}")
    person.choose("Actions", "Connect")
    expect(person.dialog.get_by_text("It is stopped: only a running instance can be connected to.")).to_be_visible()


def test_an_instance_is_hibernated_and_goes_on(cloud: CloudProcess, person: Person, sdk: Sdk, stopped: str) -> None:
    client, place = sdk.client(), "us-east-1/instances"
    instance = launch(sdk, "deep-sleeper", InstanceType="t2.micro", HibernationOptions={"Configured": True})
    client.get_waiter("instance_status_ok").wait(InstanceIds=[instance])
    person.visit(cloud.endpoint, f"{place}/{stopped}")
    person.page.get_by_role("button", name="Instance state").click()
    hindered = person.page.get_by_role("menuitem", name="Hibernate instance")
    expect(hindered).to_have_attribute("aria-disabled", "true")
    person.visit(cloud.endpoint, f"{place}/{instance}")
    person.choose("Instance state", "Hibernate instance")
    expect(person.dialog.get_by_text(re.compile("its memory is kept on this host's disk, encrypted"))).to_be_visible()
    person.dialog.get_by_role("button", name="Show as CLI").click()
    expect(person.dialog.get_by_text(f"--instance-ids {instance} --hibernate")).to_be_visible()
    person.picture("hibernate")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Hibernate instance (1)").click()
    client.get_waiter("instance_stopped").wait(InstanceIds=[instance])
    assert described(sdk, instance)["StateReason"]["Code"] == "Client.UserInitiatedHibernate"
    person.choose("Instance state", "Start instance")
    expect(person.dialog.get_by_text(re.compile("its guest goes on where it stood"))).to_be_visible()
    person.dialog.get_by_role("button", name="Start instance (1)").click()
    client.get_waiter("instance_running").wait(InstanceIds=[instance])
    person.visit(cloud.endpoint, f"{place}/{instance}/timeline")
    expect(person.page.get_by_text("It went on in the same boot", exact=True)).to_be_visible()
    person.picture("hibernations")
    assert person.violations() == []
    assert len(cloud.evidence(f"instances/{instance}/boots")["boots"]) == 1


def test_dialogs_say_what_will_happen_to_this_very_instance(
    cloud: CloudProcess, person: Person, sdk: Sdk, stopped: str
) -> None:
    client = sdk.client()
    instance = launch(sdk, "told-1", InstanceInitiatedShutdownBehavior="terminate")
    now = described(sdk, instance)
    volume, public = now["BlockDeviceMappings"][0]["Ebs"]["VolumeId"], now["PublicIpAddress"]
    size = client.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"]
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}")
    person.choose("Instance state", "Stop instance")
    for told in (
        f"These volumes stay: {volume} ({size} GiB).",
        f"Its public IPv4 address {public} is given back: the next start gives it another.",
        "Its shutdown behavior “terminate” is about shutdowns inside the guest: this call stops it.",
        "How long it takes is not known: this did not happen to it yet.",
    ):
        expect(person.dialog.get_by_text(told)).to_be_visible()
    person.dialog.get_by_role("checkbox", name="Skip OS shutdown").set_checked(True, force=True)
    expect(person.dialog.get_by_text("As at a power failure: the disks are not at rest.")).to_be_visible()
    person.dialog.get_by_role("button", name="Show as CLI").click()
    expect(person.dialog.get_by_text(f"--instance-ids {instance} --skip-os-shutdown")).to_be_visible()
    person.picture("stop")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Stop instance (1)").click()
    client.get_waiter("instance_stopped").wait(InstanceIds=[instance])
    assert cloud.evidence(f"instances/{instance}/boots")["boots"][0]["end_clean"] is False

    person.choose("Instance state", "Start instance")
    expect(person.dialog.get_by_text("Its last boot took")).to_be_visible()
    person.dialog.get_by_role("button", name="Start instance (1)").click()
    client.get_waiter("instance_status_ok").wait(InstanceIds=[instance])
    client.modify_instance_attribute(InstanceId=instance, DisableApiStop={"Value": True})
    person.choose("Instance state", "Reboot instance")
    expect(person.dialog.get_by_text("Stop protection is on, and does not refuse it.")).to_be_visible()
    person.dialog.get_by_role("button", name="Cancel").click()
    person.choose("Instance state", "Terminate (delete) instance")
    expect(person.dialog.get_by_text("Modify its 'disableApiStop' instance attribute")).to_be_visible()
    client.modify_instance_attribute(InstanceId=instance, DisableApiStop={"Value": False})
    person.dialog.get_by_role("button", name="Cancel").click()
    person.choose("Instance state", "Terminate (delete) instance")
    expect(person.dialog.get_by_text(f"all that is on {volume} ({size} GiB). Kept: no volume.")).to_be_visible()
    person.dialog.get_by_role("button", name="Terminate (delete) instance (1)").click()
    client.get_waiter("instance_terminated").wait(InstanceIds=[instance])


def test_the_timeline_answers_why_without_reading(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    instance = launch(sdk, "why-1")
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}/timeline")
    picture = person.page.get_by_role("img", name=re.compile("Timeline of the last"))
    expect(picture.get_by_text("RunInstances", exact=True)).to_be_visible()
    calls: dict[str, tuple[Callable[[], Any], str]] = {
        "RebootInstances": (lambda: client.reboot_instances(InstanceIds=[instance]), "instance_status_ok"),
        "StopInstances": (lambda: client.stop_instances(InstanceIds=[instance]), "instance_stopped"),
        "StartInstances": (lambda: client.start_instances(InstanceIds=[instance]), "instance_status_ok"),
        "CreateImage": (
            lambda: client.create_image(InstanceId=instance, Name="why", NoReboot=False),
            "instance_status_ok",
        ),
    }
    for action, (made, reached) in calls.items():
        made()
        expect(picture.get_by_text(action, exact=True)).to_be_visible()
        client.get_waiter(reached).wait(InstanceIds=[instance])
    key = cloud.environment()["AWS_ACCESS_KEY_ID"]
    expect(person.row("CreateImage").first.get_by_text(key)).to_be_visible()
    person.picture("timeline-why")
    assert person.violations() == []


@pytest.mark.some_of("looks of pages", 3)
@pytest.mark.parametrize(("dark", "language"), [(False, "en-US"), (True, "ja-JP")])
def test_details_and_events_in_light_and_dark(
    cloud: CloudProcess, browser: Browser, keyed: str, sdk: Sdk, *, dark: bool, language: str
) -> None:
    person = Person(new_profile(browser, dark=dark, language=language))
    person.page.goto(cloud.console_address())
    look = f"{'dark' if dark else 'light'}-{language[:2]}"
    now = described(sdk, keyed)
    pages = {
        "details": (f"us-east-1/instances/{keyed}", "debian-12-amd64-simulated"),
        "status": (f"us-east-1/instances/{keyed}/status", re.compile("^(Check passed|チェックに合格)$")),
        "storage": (f"us-east-1/instances/{keyed}/storage", now["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]),
        "timeline": (f"us-east-1/instances/{keyed}/timeline", re.compile("^RunInstances$")),
        "dashboard": ("us-east-1", re.compile("RunInstances")),
    }
    for name, (place, shown) in pages.items():
        person.page.set_viewport_size({"width": 1440, "height": 1300})
        person.visit(cloud.endpoint, place)
        expect(person.page.locator("main").get_by_text(shown).first).to_be_visible()
        person.picture(f"instance-{name}-{look}")
        assert person.violations() == [], name
        person.page.set_viewport_size({"width": 375, "height": 800})
        person.fits()
    assert person.complaints == []
    person.context.close()


def test_events_of_the_dashboard_are_live_and_lead_to_the_instance(
    cloud: CloudProcess, person: Person, keyed: str, sdk: Sdk
) -> None:
    person.visit(cloud.endpoint, "us-east-1")
    expect(person.page.get_by_role("heading", name="Events")).to_be_visible()
    sdk.client().reboot_instances(InstanceIds=[keyed])
    event = person.row("by RebootInstances").filter(has_text=keyed).first
    expect(event).to_be_visible()
    boots = cloud.evidence(f"instances/{keyed}/boots")["boots"]
    expect(event.get_by_text(boots[-1]["request_id"])).to_be_visible()
    event.get_by_role("link", name=f"keyed-1 ({keyed})").click()
    expect(person.page.get_by_role("img", name=re.compile("by RebootInstances"))).to_be_visible()
