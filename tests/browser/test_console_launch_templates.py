"""The console's page of launch templates as a person uses it, checked with boto3 and the AWS CLI."""

import json
import re

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, expect

pytestmark = pytest.mark.browser


def choose(person: Person, field: str, option: str) -> None:
    """An option of a field of the dialog that is open."""
    person.dialog.get_by_role("button", name=re.compile(f"^{field}")).click()
    person.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()


def test_a_template_is_made_and_launched_from_in_each_of_its_versions(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client, image = sdk.client(), sdk.starting_image()
    client.create_key_pair(KeyName="of-template")
    person.visit(cloud.endpoint, "us-east-1/launch-templates")
    person.page.get_by_role("button", name="Create launch template").click()
    name = person.dialog.get_by_role("textbox", name="Launch template name")
    name.fill("a b")
    expect(person.dialog.get_by_text("No launch template data was provided").first).to_be_visible()
    person.dialog.get_by_role("textbox", name="Template version description").fill("the first")
    choose(person, "AMI", image)
    expect(person.dialog.get_by_text("(InvalidLaunchTemplateName.MalformedException)").first).to_be_visible()
    assert person.violations() == []
    name.fill("walked")
    choose(person, "Instance type", "t3.micro")
    choose(person, "Key pair name", "of-template")
    person.dialog.get_by_role("textbox", name="User data").fill("#!/bin/sh\ntrue\n")
    more = person.dialog.get_by_role("textbox", name="Other parameters (JSON)")
    more.fill("{")
    expect(person.dialog.get_by_role("button", name="Create launch template")).to_be_disabled()
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "of-walked"}]}]
    more.fill(json.dumps({"TagSpecifications": tags, "KernelId": "nonsense"}))
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").last.fill("team")
    person.dialog.get_by_role("combobox", name="Value").last.fill("blue")
    person.picture("launch-template-create")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Create launch template").click()
    expect(person.row("walked")).to_be_visible()
    [template] = client.describe_launch_templates(LaunchTemplateNames=["walked"])["LaunchTemplates"]
    template_id = template["LaunchTemplateId"]
    assert template["Tags"] == [{"Key": "team", "Value": "blue"}]

    person.select("walked")
    person.choose("Actions", "Modify template (Create new version)")
    person.dialog.get_by_role("textbox", name="Template version description").fill("bigger")
    choose(person, "Instance type", "t3.small")
    expect(person.dialog.get_by_role("textbox", name="User data")).to_have_value("#!/bin/sh\ntrue\n")
    more = person.dialog.get_by_role("textbox", name="Other parameters (JSON)")
    more.fill(json.dumps({"TagSpecifications": tags}))
    person.picture("launch-template-version")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Show as CLI").click()
    command = person.dialog.get_by_text(re.compile("^aws ec2 create-launch-template-version")).inner_text()
    person.dialog.get_by_role("button", name="Create template version").click()
    expect(person.page.get_by_text("has version 2 now")).to_be_visible()
    made = json.loads(aws.script(command))["LaunchTemplateVersion"]
    versions = client.describe_launch_template_versions(LaunchTemplateId=template_id)["LaunchTemplateVersions"]
    data = {version["VersionNumber"]: version["LaunchTemplateData"] for version in versions}
    assert data[2] == data[3] == made["LaunchTemplateData"]
    assert (data[2]["InstanceType"], data[2]["KeyName"]) == ("t3.small", "of-template")

    person.choose("Actions", "Set default version")
    choose(person, "Version", "2")
    expect(person.dialog.get_by_text("t3.small", exact=True)).to_be_visible()
    person.picture("launch-template-default")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Set as default version").click()
    expect(person.page.get_by_text("is the default of")).to_be_visible()

    person.choose("Actions", "Launch instance from template")
    person.dialog.get_by_role("spinbutton", name="Number of instances").fill("2")
    choose(person, "Instance type", "t3.nano")
    person.picture("launch-template-launch")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Launch instance", exact=True).click()
    expect(person.page.get_by_text(re.compile(r"Launched from walked .*: i-"))).to_be_visible()
    marked = [{"Name": "tag:aws:ec2launchtemplate:id", "Values": [template_id]}]
    [reservation] = client.describe_instances(Filters=marked)["Reservations"]
    launched = reservation["Instances"]
    assert [(one["InstanceType"], one["KeyName"]) for one in launched] == [("t3.nano", "of-template")] * 2
    assert {"Key": "aws:ec2launchtemplate:version", "Value": "2"} in launched[0]["Tags"]

    person.choose("Actions", "Delete template version")
    person.dialog.get_by_role("button", name=re.compile("^Versions")).click()
    expect(person.page.get_by_role("option", name=re.compile(r"2 \(Default\)"))).to_be_disabled()
    person.page.get_by_role("option", name=re.compile("^1")).click()
    person.page.keyboard.press("Escape")
    person.picture("launch-template-delete-version")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Delete template version (1)").click()
    expect(person.page.get_by_text("Delete template version: done for 1 of 1")).to_be_visible()

    person.row("walked").get_by_role("link", name=template_id).click()
    expect(person.page.locator("main").get_by_text("#!/bin/sh")).to_have_count(0)
    person.page.get_by_role("button", name="All parameters").click()
    person.picture("launch-template-details")
    assert person.violations() == []
    person.page.get_by_role("tab", name="Versions").click()
    person.page.get_by_role("link", name="3 (Latest)").or_(person.page.get_by_role("button", name="3 (Latest)")).click()
    person.picture("launch-template-versions")
    assert person.violations() == []

    # What the cloud marked is seen, and hinders nobody who tags the instance.
    instance = launched[0]["InstanceId"]
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}/tags")
    expect(person.page.get_by_text("aws:ec2launchtemplate:id")).to_be_visible()
    person.choose("Actions", "Instance settings", "Manage tags")
    expect(person.dialog.get_by_role("combobox", name="Key")).to_have_count(1)
    person.dialog.get_by_role("combobox", name="Value").fill("renamed")
    person.dialog.get_by_role("button", name="Save").click()
    expect(person.page.get_by_text(re.compile("The tags of .* are changed"))).to_be_visible()
    named = client.describe_tags(
        Filters=[{"Name": "resource-id", "Values": [instance]}, {"Name": "key", "Values": ["Name"]}]
    )
    assert [tag["Value"] for tag in named["Tags"]] == ["renamed"]
    client.terminate_instances(InstanceIds=[one["InstanceId"] for one in launched])


def test_a_template_is_made_of_an_instance(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    instance = launch(sdk, "model", DisableApiStop=True)
    person.visit(cloud.endpoint, f"us-east-1/instances/{instance}")
    person.choose("Actions", "Image and templates", "Create template from instance")
    expect(person.dialog.get_by_text("Filled in with what model")).to_be_visible()
    person.dialog.get_by_role("textbox", name="Launch template name").fill("of-model")
    person.picture("launch-template-of-instance")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Create launch template").click()
    expect(person.page.get_by_text(re.compile("lt-[0-9a-f]+ is created"))).to_be_visible()
    asked = {"LaunchTemplateName": "of-model", "Versions": ["$Latest"]}
    [version] = client.describe_launch_template_versions(**asked)["LaunchTemplateVersions"]
    data = version["LaunchTemplateData"]
    assert data["DisableApiStop"] is True
    assert "PrivateIpAddress" not in data["NetworkInterfaces"][0]
    copies = client.run_instances(MinCount=2, MaxCount=2, LaunchTemplate={"LaunchTemplateName": "of-model"})
    ids = [one["InstanceId"] for one in copies["Instances"]]
    for one in ids:
        client.modify_instance_attribute(InstanceId=one, DisableApiStop={"Value": False})
    client.terminate_instances(InstanceIds=ids)


def test_templates_are_seen_at_once_deleted_and_hinder_nobody(cloud: CloudProcess, browser: Browser, sdk: Sdk) -> None:
    client = sdk.client()
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    person.visit(cloud.endpoint, "us-east-1/launch-templates")
    expect(person.page.get_by_role("heading", name="起動テンプレート").first).to_be_visible()
    data = {"InstanceType": "t3.micro"}
    made = [
        client.create_launch_template(LaunchTemplateName=f"outside-{number}", LaunchTemplateData=data)
        for number in (1, 2)
    ]
    expect(person.row("outside-2")).to_be_visible()
    place = f"us-east-1/launch-templates/{made[0]['LaunchTemplate']['LaunchTemplateId']}"
    pages = {"launch-templates": ("us-east-1/launch-templates", "outside-1"), "launch-template": (place, "t3.micro")}
    person.see_in_japanese(cloud.endpoint, pages)
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.see_narrow(cloud.endpoint, pages)
    person.page.set_viewport_size({"width": 1440, "height": 900})
    person.visit(cloud.endpoint, "us-east-1/launch-templates")
    for number in (1, 2):
        person.row(f"outside-{number}").locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("アクション", "テンプレートを削除")
    person.picture("launch-template-delete-dark-ja")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="テンプレートを削除 (2)").click()
    expect(person.row("outside-")).to_have_count(0)
    assert not client.describe_launch_templates(Filters=[{"Name": "launch-template-name", "Values": ["outside-*"]}])[
        "LaunchTemplates"
    ]
    assert person.complaints == []
    person.context.close()
