"""The console's pages of network interfaces, Elastic IP addresses and network ACLs as a person uses them: Chromium, a
server of its own, simulated guests."""

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
    """An instance in the default subnet of the zone, with a public address that is lent to it."""
    return launch(sdk, "web-1", InstanceType="t3.small", Placement={"AvailabilityZone": ZONE})


def subnet_in(sdk: Sdk, zone: str = ZONE) -> dict[str, Any]:
    """The default subnet of a zone."""
    filters = [{"Name": "availability-zone", "Values": [zone]}, {"Name": "default-for-az", "Values": ["true"]}]
    [subnet] = sdk.client().describe_subnets(Filters=filters)["Subnets"]
    return dict(subnet)


def made(sdk: Sdk, name: str, **more: Any) -> str:
    """A network interface that is there."""
    tags = [{"ResourceType": "network-interface", "Tags": [{"Key": "Name", "Value": name}]}]
    asked = {"SubnetId": subnet_in(sdk)["SubnetId"], "TagSpecifications": tags, **more}
    return str(sdk.client().create_network_interface(**asked)["NetworkInterface"]["NetworkInterfaceId"])


def described(sdk: Sdk, interface: str) -> dict[str, Any]:
    [found] = sdk.client().describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"]
    return dict(found)


def primary_of(sdk: Sdk, instance: str) -> dict[str, Any]:
    of_it = [{"Name": "attachment.instance-id", "Values": [instance]}]
    found = sdk.client().describe_network_interfaces(Filters=of_it)["NetworkInterfaces"]
    return next(dict(one) for one in found if one["Attachment"]["DeviceIndex"] == 0)


def listed(person: Person, name: str) -> Locator:
    """The fields of the dialog of that name that open a list."""
    escaped = re.escape(name).replace("/", r"\/")  # which ends a pattern of the browser's
    return person.dialog.get_by_role("button", name=re.compile(f"^{escaped} "))


def pick(person: Person, field: Locator, option: str) -> None:
    """An option of a list that opens at a field."""
    field.click()
    person.page.get_by_role("option", name=re.compile(re.escape(option))).filter(visible=True).first.click()


def go(person: Person, name: str) -> None:
    """Press the dialog's button, once the cloud has said that it would do it; the dialog closes."""
    button = person.dialog.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(person.dialog).to_have_count(0)


def says(person: Person, words: str) -> None:
    expect(person.dialog.get_by_text(re.compile(words)).filter(visible=True).first).to_be_visible()


def would_do(person: Person, aws: AwsCli) -> None:
    """The commands that the dialog shows are such that the AWS CLI takes, and that the cloud would carry out."""
    person.dialog.get_by_role("button", name="Show as CLI").click()
    shown = person.dialog.get_by_text(re.compile("^aws ec2 "))
    expect(shown.first).to_be_visible()
    for command in shown.all_inner_texts():
        program, *words = shlex.split(command)
        assert program == "aws"
        assert "DryRunOperation" in aws.refused(*words, "--dry-run")


def test_a_network_interface_is_created_attached_changed_detached_and_deleted(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk, aws: AwsCli
) -> None:
    client, subnet = sdk.client(), subnet_in(sdk)
    group = str(client.create_security_group(GroupName="of-interfaces", Description="of interfaces")["GroupId"])
    wrong, right = (subnet["CidrBlock"].rpartition(".")[0] + f".{last}" for last in (3, 77))
    person.visit(cloud.endpoint, "us-east-1/network-interfaces")
    expect(person.row(web)).to_be_visible()
    person.page.get_by_role("button", name="Create network interface").click()
    person.dialog.get_by_role("textbox", name=re.compile("^Description")).fill("of a person")
    pick(person, listed(person, "Subnet"), subnet["SubnetId"])
    says(person, "Without a security group it gets default")
    person.dialog.get_by_role("radio", name=re.compile("^Custom")).set_checked(True, force=True)
    address = person.dialog.get_by_role("textbox", name="Private IP address")
    address.fill(wrong)
    says(person, re.escape(f"Address {wrong} is in subnet's reserved address range (InvalidParameterValue)"))
    address.fill(right)
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").last.fill("Name")
    person.dialog.get_by_role("combobox", name="Value").last.fill("second")
    would_do(person, aws)
    person.picture("create-interface")
    assert person.violations() == []
    go(person, "Create network interface")
    expect(person.row("second").get_by_text("Available")).to_be_visible()
    named = [{"Name": "tag:Name", "Values": ["second"]}]
    [interface] = client.describe_network_interfaces(Filters=named)["NetworkInterfaces"]
    assert (interface["PrivateIpAddress"], interface["Description"]) == (right, "of a person")
    eni = str(interface["NetworkInterfaceId"])

    person.select("second")
    person.choose("Actions", "Attach")
    pick(person, listed(person, "Instance"), "web-1")
    index = person.dialog.get_by_role("spinbutton", name="Device index")
    expect(index).to_have_value("1")
    says(person, "sees the new network card at once")
    index.fill("0")
    says(person, f"Instance '{web}' already has an interface attached at device index '0'")
    index.fill("2")
    person.picture("attach-interface")
    assert person.violations() == []
    go(person, "Attach")
    expect(person.row("second").get_by_text("In use")).to_be_visible()
    person.visit(cloud.endpoint, f"us-east-1/network-interfaces/{eni}")
    main = person.page.locator("main")
    expect(main.get_by_text("Attached", exact=True)).to_be_visible()
    assert described(sdk, eni)["Attachment"]["DeviceIndex"] == 2
    person.picture("network-interface")
    assert person.violations() == []

    person.choose("Actions", "Change security groups")
    person.dialog.get_by_role("button", name=re.compile("^Associated security groups")).click()
    person.page.get_by_role("option", name=re.compile(group)).click()
    person.page.keyboard.press("Escape")
    says(person, re.escape(f"Added: of-interfaces ({group}). Removed: none."))
    assert person.violations() == []
    go(person, "Save")
    assert group in {one["GroupId"] for one in described(sdk, eni)["Groups"]}

    person.choose("Actions", "Change source/dest. check")
    expect(person.dialog.get_by_role("button", name="Save")).to_be_disabled()
    person.dialog.get_by_role("checkbox", name="Source/destination check").set_checked(False, force=True)
    says(person, "as a router, a NAT instance or a firewall does")
    would_do(person, aws)
    assert person.violations() == []
    go(person, "Save")
    expect(main.get_by_text("Disabled", exact=True)).to_be_visible()
    assert described(sdk, eni)["SourceDestCheck"] is False

    person.choose("Actions", "Change description")
    person.dialog.get_by_role("textbox", name="Description").fill("another one")
    go(person, "Save")
    expect(main.get_by_text("another one")).to_be_visible()

    person.choose("Actions", "Change termination behavior")
    person.dialog.get_by_role("checkbox", name="Delete on instance termination").set_checked(True, force=True)
    says(person, "the network interface is deleted with it")
    assert person.violations() == []
    go(person, "Save")
    assert described(sdk, eni)["Attachment"]["DeleteOnTermination"] is True

    person.choose("Actions", "Manage IP addresses")
    add = person.dialog.get_by_role("button", name="Assign new IP address")
    add.click()
    add.click()
    addresses = person.dialog.get_by_role("textbox", name="Private IP address")
    addresses.last.fill(right)
    says(person, re.escape(f"Address {right} is in use."))
    expect(person.dialog.get_by_role("button", name="Save")).to_be_disabled()
    other = right.removesuffix("77") + "78"
    addresses.last.fill(other)
    says(person, re.escape(f"AssignPrivateIpAddresses: {eni}, any free addresses (1)"))
    person.picture("manage-addresses")
    assert person.violations() == []
    go(person, "Save")
    private = [one["PrivateIpAddress"] for one in described(sdk, eni)["PrivateIpAddresses"]]
    assert (len(private), private[0], other in private) == (3, right, True)
    person.choose("Actions", "Manage IP addresses")
    person.dialog.get_by_role("button", name=f"Unassign {other}").click()
    go(person, "Save")
    expect(main.get_by_text(other)).to_have_count(0)
    assert len(described(sdk, eni)["PrivateIpAddresses"]) == 2

    person.menu("Actions").click()
    expect(person.page.get_by_role("menuitem", name="Delete", exact=True)).to_have_attribute("aria-disabled", "true")
    person.page.keyboard.press("Escape")
    person.choose("Actions", "Detach")
    person.dialog.get_by_role("checkbox", name=re.compile("^Force detachment")).set_checked(True, force=True)
    says(person, "It is pulled out of the running guest of web-1")
    says(person, re.escape(right))
    person.picture("detach-interface")
    assert person.violations() == []
    go(person, "Detach")
    expect(main.get_by_text("Available", exact=True)).to_be_visible()

    person.choose("Actions", "Delete")
    says(person, "its private addresses may be given to others")
    assert person.violations() == []
    go(person, "Delete network interface (1)")
    missing = [{"Name": "network-interface-id", "Values": [eni]}]
    assert client.describe_network_interfaces(Filters=missing)["NetworkInterfaces"] == []


def test_the_menu_of_an_instance_has_the_same_dialogs(cloud: CloudProcess, person: Person, web: str, sdk: Sdk) -> None:
    eni = made(sdk, "third")
    primary = primary_of(sdk, web)["NetworkInterfaceId"]
    person.visit(cloud.endpoint, f"us-east-1/instances/{web}/networking")
    main = person.page.locator("main")
    expect(main.get_by_role("link", name=primary)).to_be_visible()
    person.menu("Actions").click()
    person.page.get_by_role("menuitem", name="Networking").click()
    detach = person.page.get_by_role("menuitem", name="Detach network interface")
    expect(detach).to_have_attribute("aria-disabled", "true")
    person.page.keyboard.press("Escape")
    person.page.keyboard.press("Escape")
    person.choose("Actions", "Networking", "Attach network interface")
    pick(person, listed(person, "Network interface ID"), "third")
    go(person, "Attach")
    expect(main.get_by_role("link", name=eni)).to_be_visible()
    expect(main.get_by_text("Attached", exact=True)).to_have_count(2)
    person.picture("instance-interfaces")
    assert person.violations() == []
    person.choose("Actions", "Networking", "Change source/destination check")
    pick(person, listed(person, "Network interface ID"), "third")
    person.dialog.get_by_role("checkbox", name="Source/destination check").set_checked(False, force=True)
    go(person, "Save")
    assert [described(sdk, one)["SourceDestCheck"] for one in (primary, eni)] == [True, False]
    person.choose("Actions", "Networking", "Manage IP addresses")
    person.dialog.get_by_role("button", name="Assign new IP address").last.click()
    go(person, "Save")
    assert len(described(sdk, eni)["PrivateIpAddresses"]) == 2
    person.choose("Actions", "Networking", "Detach network interface")
    says(person, "is asked to let it go, while it runs")
    go(person, "Detach")
    expect(main.get_by_role("link", name=eni)).to_have_count(0)
    sdk.client().get_waiter("network_interface_available").wait(NetworkInterfaceIds=[eni])
    sdk.client().delete_network_interface(NetworkInterfaceId=eni)


def test_elastic_ips_are_allocated_associated_moved_and_released(
    cloud: CloudProcess, person: Person, web: str, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    eni, primary = made(sdk, "fourth"), primary_of(sdk, web)
    lent = primary["Association"]["PublicIp"]
    person.visit(cloud.endpoint, "us-east-1/elastic-ips")
    person.page.get_by_role("button", name="Allocate Elastic IP address").click()
    says(person, "It will be an address of this machine's own loopback network")
    person.dialog.get_by_role("button", name="Add new tag").click()
    person.dialog.get_by_role("combobox", name="Key").last.fill("Name")
    person.dialog.get_by_role("combobox", name="Value").last.fill("stays")
    assert person.violations() == []
    go(person, "Allocate")
    expect(person.row("stays")).to_be_visible()
    [address] = client.describe_addresses()["Addresses"]
    elastic, allocation = address["PublicIp"], address["AllocationId"]

    person.select("stays")
    person.choose("Actions", "Associate Elastic IP address")
    pick(person, listed(person, "Instance"), "web-1")
    says(person, f"Its public address {re.escape(lent)} is given back")
    says(person, f"From then on {re.escape(elastic)} on this machine leads to")
    person.picture("associate-address")
    assert person.violations() == []
    go(person, "Associate")
    expect(person.row("stays").get_by_role("link", name=web)).to_be_visible()
    assert primary_of(sdk, web)["Association"]["PublicIp"] == elastic
    person.row("stays").get_by_role("link", name=elastic).click()
    expect(person.page.get_by_text(f"answers on this machine at {elastic}")).to_be_visible()
    person.picture("elastic-ip")
    assert person.violations() == []

    person.choose("Actions", "Associate Elastic IP address")
    person.dialog.get_by_role("radio", name="Network interface").set_checked(True, force=True)
    pick(person, listed(person, "Network interface"), "fourth")
    says(person, re.escape(f"resource {allocation} is already associated"))
    says(person, re.escape(f"It is taken from web-1 ({web})"))
    person.dialog.get_by_role("checkbox", name=re.compile("^Allow this Elastic IP")).set_checked(True, force=True)
    would_do(person, aws)
    go(person, "Associate")
    expect(person.page.get_by_role("link", name=eni)).to_be_visible()
    assert client.describe_addresses()["Addresses"][0]["NetworkInterfaceId"] == eni

    other = client.allocate_address(Domain="vpc")
    person.visit(cloud.endpoint, f"us-east-1/instances/{web}")
    person.choose("Actions", "Networking", "Associate Elastic IP address")
    pick(person, listed(person, "Elastic IP address"), other["PublicIp"])
    go(person, "Associate")
    person.choose("Actions", "Networking", "Disassociate Elastic IP address")
    says(person, re.escape(f"is reached at {other['PublicIp']} no more"))
    assert person.violations() == []
    go(person, "Disassociate (1)")
    person.visit(cloud.endpoint, f"us-east-1/network-interfaces/{eni}")
    person.choose("Actions", "Disassociate address")
    person.dialog.get_by_role("button", name="Cancel").click()

    person.visit(cloud.endpoint, "us-east-1/elastic-ips")
    for one in (elastic, other["PublicIp"]):
        person.row(one).locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("Actions", "Release Elastic IP addresses")
    says(person, re.escape(f"Address {elastic} is in use. (InvalidIPAddress.InUse)"))
    says(person, re.escape(f"It leads to fourth ({eni})"))
    person.picture("release-addresses")
    assert person.violations() == []
    go(person, "Release (1)")
    expect(person.row(other["PublicIp"])).to_have_count(0)
    person.select(elastic)
    person.choose("Actions", "Disassociate Elastic IP address")
    go(person, "Disassociate (1)")
    person.choose("Actions", "Release Elastic IP addresses")
    go(person, "Release (1)")
    expect(person.row(elastic)).to_have_count(0)
    assert client.describe_addresses()["Addresses"] == []
    client.delete_network_interface(NetworkInterfaceId=eni)


def entries_of(sdk: Sdk, acl: str) -> list[tuple[Any, ...]]:
    """The inbound entries of a network ACL but the last."""
    [found] = sdk.client().describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    return [
        (entry["RuleNumber"], entry["Protocol"], entry["RuleAction"], entry["CidrBlock"], entry.get("PortRange"))
        for entry in found["Entries"]
        if not entry["Egress"] and entry["RuleNumber"] < 32767
    ]


def test_a_network_acl_is_created_edited_given_to_subnets_and_deleted(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    vpc = str(client.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"])
    subnet = str(client.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24")["Subnet"]["SubnetId"])
    in_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    person.visit(cloud.endpoint, "us-east-1/network-acls")
    person.page.get_by_role("button", name="Create network ACL").click()
    pick(person, listed(person, "VPC"), vpc)
    says(person, "It denies everything until it gets rules")
    assert person.violations() == []
    go(person, "Create network ACL")
    acls = {
        one["IsDefault"]: one["NetworkAclId"] for one in client.describe_network_acls(Filters=in_vpc)["NetworkAcls"]
    }
    acl = acls[False]

    person.visit(cloud.endpoint, f"us-east-1/network-acls/{acl}/inbound")
    main = person.page.locator("main")
    expect(main.get_by_role("rowheader", name="*")).to_be_visible()
    main.get_by_role("button", name="Edit inbound rules").click()
    add = person.dialog.get_by_role("button", name="Add new rule")
    add.click()
    pick(person, listed(person, "Type").last, "SSH")
    person.dialog.get_by_role("textbox", name="Source").last.fill("10.0.0.0/33")
    says(person, re.escape("CIDR block 10.0.0.0/33 is malformed"))
    person.dialog.get_by_role("textbox", name="Source").last.fill("10.0.0.0/8")
    add.click()
    pick(person, listed(person, "Type").last, "All traffic")
    pick(person, listed(person, "Allow/Deny").last, "Deny")
    add.click()
    pick(person, listed(person, "Type").last, "HTTPS")
    says(person, "It never decides: rule 200 decides about all of its traffic first")
    says(person, re.escape("CreateNetworkAclEntry: 100: Allow SSH (TCP, 22) from 10.0.0.0/8"))
    would_do(person, aws)
    person.picture("edit-network-acl")
    assert person.violations() == []
    go(person, "Save changes")
    tcp = {"From": 22, "To": 22}, {"From": 443, "To": 443}
    ssh, rest, https = (
        (100, "6", "allow", "10.0.0.0/8", tcp[0]),
        (200, "-1", "deny", "0.0.0.0/0", None),
        (300, "6", "allow", "0.0.0.0/0", tcp[1]),
    )
    assert entries_of(sdk, acl) == [ssh, rest, https]
    expect(main.get_by_text("It never decides")).to_have_count(1)
    person.picture("network-acl")
    assert person.violations() == []

    main.get_by_role("button", name="Edit inbound rules").click()
    numbers = person.dialog.get_by_role("textbox", name="Rule number")
    numbers.last.fill("100")
    says(person, "The network acl entry identified by 100 already exists")
    numbers.last.fill("150")
    # Another person adds a rule meanwhile: it is taken over, and what is edited here stays.
    entry = {"NetworkAclId": acl, "Egress": False, "RuleAction": "allow"}
    client.create_network_acl_entry(
        **entry, RuleNumber=50, Protocol="17", PortRange={"From": 53, "To": 53}, CidrBlock="10.0.0.0/8"
    )
    says(person, "The rules were changed elsewhere")
    person.dialog.get_by_role("button", name="Take them over").click()
    person.dialog.get_by_role("button", name="Remove 200").click()
    pick(person, listed(person, "Allow/Deny").first, "Deny")
    says(person, re.escape("ReplaceNetworkAclEntry: 100: Allow SSH"))
    says(person, re.escape("DeleteNetworkAclEntry: 300: Allow HTTPS"))
    go(person, "Save changes")
    dns = (50, "17", "allow", "10.0.0.0/8", {"From": 53, "To": 53})
    assert entries_of(sdk, acl) == [dns, (*ssh[:2], "deny", *ssh[3:]), (150, *https[1:])]

    person.choose("Actions", "Edit subnet associations")
    person.dialog.get_by_role("row", name=re.compile(subnet)).locator("input[type=checkbox]").set_checked(
        True, force=True
    )
    says(person, re.escape(f"{subnet} gets {acl} in place of {acls[True]}"))
    assert person.violations() == []
    go(person, "Save")
    person.page.get_by_role("tab", name="Subnet associations").click()
    expect(main.get_by_role("link", name=subnet)).to_be_visible()
    assert person.violations() == []
    person.visit(cloud.endpoint, "us-east-1/network-acls")
    for one in acls.values():
        person.row(one).locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("Actions", "Delete network ACLs")
    says(person, f"Subnets have it: {subnet}")
    says(person, f"It is the default network ACL of {vpc}")
    expect(person.dialog.get_by_role("button", name=re.compile("^Delete network ACL"))).to_be_disabled()
    person.picture("delete-network-acls")
    client.delete_subnet(SubnetId=subnet)
    go(person, "Delete network ACL (1)")
    expect(person.row(acl)).to_have_count(0)
    [left] = client.describe_network_acls(Filters=in_vpc)["NetworkAcls"]
    assert left["NetworkAclId"] == acls[True]


@pytest.mark.some_of("looks of pages", 3)
def test_the_pages_in_japanese_dark_and_narrow(cloud: CloudProcess, browser: Browser, web: str, sdk: Sdk) -> None:
    client = sdk.client()
    elastic = client.allocate_address(Domain="vpc")
    acl = client.describe_network_acls()["NetworkAcls"][0]["NetworkAclId"]
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    pages = {
        "interfaces": ("us-east-1/network-interfaces", "プライマリプライベート IPv4 アドレス"),
        "interface": (
            f"us-east-1/network-interfaces/{primary_of(sdk, web)['NetworkInterfaceId']}",
            "インスタンスの詳細",
        ),
        "elastic-ips": ("us-east-1/elastic-ips", "割り当てられた IPv4 アドレス"),
        "elastic-ip": (f"us-east-1/elastic-ips/{elastic['AllocationId']}", "割り当て ID"),
        "acls": ("us-east-1/network-acls", "ネットワーク ACL ID"),
        "acl": (f"us-east-1/network-acls/{acl}/inbound", "ルール番号"),
    }
    person.see_in_japanese(cloud.endpoint, pages)
    person.choose("アクション", "インバウンドのルールを編集")
    expect(person.dialog.get_by_role("textbox", name="ルール番号")).to_be_visible()
    assert person.violations() == []
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.fits()
    person.picture("edit-network-acl-narrow-ja")
    person.see_narrow(cloud.endpoint, pages)
    assert person.complaints == []
    person.context.close()
