"""The console's pages of VPCs, subnets and DHCP option sets as a person uses them: Chromium, simulated guests."""

import re
from typing import Any

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, launch, new_profile
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.browser


def named(sdk: Sdk, kind: str, name: str, region: str = "us-east-1") -> str:
    """The id of what has this name."""
    asked = [{"Name": "key", "Values": ["Name"]}, {"Name": "value", "Values": [name]}]
    found = sdk.client(region=region).describe_tags(Filters=[*asked, {"Name": "resource-type", "Values": [kind]}])
    [tag] = found["Tags"]
    return str(tag["ResourceId"])


def of_vpc(vpc: str) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [vpc]}]


def pick(person: Person, label: str, option: str, within: Locator | None = None) -> None:
    """One of a field's options."""
    (within or person.dialog).get_by_role("button", name=re.compile(f"^{re.escape(label)}")).first.click()
    person.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()


def write(person: Person, label: str, text: str) -> None:
    person.dialog.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}")).last.fill(text)


def tick(person: Person, label: str, *, on: bool = True) -> None:
    person.dialog.get_by_role("checkbox", name=label).set_checked(on, force=True)


def count(person: Person, label: str, number: str) -> None:
    """One of the numbers that stand beside each other."""
    person.dialog.get_by_role("toolbar", name=label).get_by_role("button", name=number, exact=True).click()


def press(person: Person, name: str) -> None:
    button = person.dialog.get_by_role("button", name=re.compile(f"^{re.escape(name)}")).last
    expect(button).to_be_enabled()
    button.click()


def go(person: Person, name: str) -> None:
    """Press the dialog's button, once the cloud has said that it would do it; the dialog closes."""
    press(person, name)
    expect(person.dialog).to_have_count(0)


def said(person: Person, words: str) -> Locator:
    """Words of the dialog that is open."""
    found = person.dialog.get_by_text(words).filter(visible=True).first
    expect(found).to_be_visible()
    return found


def commands(person: Person) -> list[str]:
    """What the dialog shows as commands."""
    person.dialog.get_by_role("button", name="Show as CLI").click()
    shown = person.dialog.locator(".command")
    expect(shown.first).to_be_visible()
    return [one.inner_text().strip() for one in shown.all()]


def test_a_vpc_is_created_edited_and_deleted(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    person.visit(cloud.endpoint, "us-east-1/vpcs")
    person.page.get_by_role("button", name="Create VPC").click()
    write(person, "IPv4 CIDR", "10.1.0.0/29")
    said(person, "The CIDR '10.1.0.0/29' is invalid. (InvalidVpc.Range)")
    write(person, "IPv4 CIDR", "10.1.0.0/24")
    person.dialog.get_by_role("textbox", name=re.compile("^Name")).fill("alone")
    person.picture("create-vpc")
    assert person.violations() == []
    go(person, "Create VPC")
    expect(person.row("alone").get_by_text("10.1.0.0/24")).to_be_visible()
    vpc = named(sdk, "vpc", "alone")

    person.visit(cloud.endpoint, f"us-east-1/vpcs/{vpc}")
    person.choose("Actions", "Edit VPC settings")
    tick(person, "Enable DNS hostnames")
    pick(person, "DHCP option set", "No DHCP option set")
    person.picture("vpc-settings")
    assert person.violations() == []
    go(person, "Save changes")
    attribute = client.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"]["Value"] is True
    assert client.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"] == "default"

    person.choose("Actions", "Edit CIDRs")
    person.dialog.get_by_role("button", name="Add new IPv4 CIDR").click()
    write(person, "IPv4 CIDR", "10.1.0.128/25")
    said(person, "10.1.0.128/25 and 10.1.0.0/24 overlap")
    write(person, "IPv4 CIDR", "192.168.0.0/24")  # EC2 knows no dry run of this: it refuses when it is done
    press(person, "Save changes")
    said(person, "The CIDR '192.168.0.0/24' is restricted.")
    write(person, "IPv4 CIDR", "10.2.0.0/24")
    tick(person, "Amazon-provided IPv6 CIDR block")
    person.picture("edit-cidrs")
    assert person.violations() == []
    go(person, "Save changes")
    person.page.get_by_role("tab", name="CIDRs").click()
    expect(person.row("10.2.0.0/24")).to_be_visible()
    assert person.violations() == []
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.2.0.0/28")["Subnet"]["SubnetId"]
    person.choose("Actions", "Edit CIDRs")
    tick(person, "Remove 10.2.0.0/24")
    said(person, f"10.2.0.0/24 is used by {subnet}")
    expect(person.dialog.get_by_role("button", name="Save changes")).to_be_disabled()
    person.dialog.get_by_role("button", name="Cancel").click()

    interface = client.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    groups = [client.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in "ab"]
    for group, other in (groups, reversed(groups)):
        pair = [{"GroupId": other}]
        client.authorize_security_group_ingress(
            GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": pair}]
        )
    person.choose("Actions", "Delete VPC")
    said(person, f"The vpc '{vpc}' has dependencies and cannot be deleted. (DependencyViolation)")
    said(person, "To be deleted first (1)")
    person.picture("delete-vpc-blocked")
    client.delete_network_interface(NetworkInterfaceId=interface)
    person.dialog.get_by_role("textbox").fill("delete")
    person.picture("delete-vpc")
    assert person.violations() == []
    go(person, "Delete VPC")
    expect(person.page.get_by_text(f"alone ({vpc}) is deleted.")).to_be_visible()
    assert client.describe_vpcs(Filters=of_vpc(vpc))["Vpcs"] == []


def test_a_vpc_is_made_with_all_that_it_needs_and_by_the_commands_that_are_shown(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    person.visit(cloud.endpoint, "us-east-1/vpcs")
    person.page.get_by_role("button", name="Create VPC").click()
    person.dialog.get_by_role("radio", name="VPC and more").set_checked(True, force=True)
    write(person, "Name tag auto-generation", "shell")
    count(person, "Number of Availability Zones", "1")
    count(person, "Number of public subnets", "0")
    tick(person, "Enable DNS hostnames", on=False)
    aws.script(*commands(person))
    [subnet] = client.describe_subnets(Filters=of_vpc(named(sdk, "vpc", "shell-vpc")))["Subnets"]
    in_it = [{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}]
    [table] = client.describe_route_tables(Filters=in_it)["RouteTables"]
    assert table["RouteTableId"] == named(sdk, "route-table", "shell-rtb-private1-us-east-1a")

    tick(person, "Enable DNS hostnames")
    count(person, "Number of public subnets", "1")
    write(person, "Name tag auto-generation", "garden")
    count(person, "Number of Availability Zones", "2")
    pick(person, "NAT gateways", "In 1 AZ")
    expect(
        person.dialog.get_by_role("img", name=re.compile("^Subnet garden-subnet-public1-us-east-1a"))
    ).to_be_visible()
    person.picture("vpc-and-more")
    assert person.violations() == []
    press(person, "Create VPC")
    expect(person.dialog.get_by_text(re.compile("is created, with 10 more resources"))).to_be_visible()
    person.picture("vpc-and-more-done")
    assert person.violations() == []
    go(person, "Close")
    vpc = named(sdk, "vpc", "garden-vpc")
    blocks = sorted(one["CidrBlock"] for one in client.describe_subnets(Filters=of_vpc(vpc))["Subnets"])
    assert blocks == ["10.0.0.0/20", "10.0.128.0/20", "10.0.144.0/20", "10.0.16.0/20"]
    [nat] = client.describe_nat_gateways(Filters=of_vpc(vpc))["NatGateways"]
    by_nat = [{"Name": "route.nat-gateway-id", "Values": [nat["NatGatewayId"]]}]
    assert len(client.describe_route_tables(Filters=by_nat)["RouteTables"]) == 2

    person.visit(cloud.endpoint, f"us-east-1/vpcs/{vpc}/map")
    expect(person.page.get_by_role("link", name=re.compile("^Subnet garden-subnet-private1.*private"))).to_be_visible()
    person.choose("Actions", "Delete VPC")
    said(person, "delete it first, and wait until it is deleted")  # its NAT gateway
    expect(person.dialog.get_by_role("button", name=re.compile("^Delete VPC"))).to_be_disabled()


def test_the_map_shows_instances_and_says_who_reaches_whom(
    cloud: CloudProcess, person: Person, browser: Browser, sdk: Sdk
) -> None:
    client = sdk.client()
    [default] = client.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    vpc = default["VpcId"]
    shut = client.create_security_group(GroupName="shut", Description="shut", VpcId=vpc)["GroupId"]
    web, db = launch(sdk, "map-web"), launch(sdk, "map-db", SecurityGroupIds=[shut])
    person.visit(cloud.endpoint, f"us-east-1/vpcs/{vpc}/map")
    guest = person.page.get_by_role("link", name=re.compile(rf"^Instance map-web \({web}\), Running, 172\.31\."))
    expect(guest).to_be_visible()
    guest.focus()
    gateway = person.page.locator("g.node.connection").first
    expect(gateway).to_have_class(re.compile(r"\blit\b"))
    expect(person.page.locator("g.node.subnet.dim")).to_have_count(2)
    main = person.page.locator("main")
    pick(person, "From", "map-web", main)
    pick(person, "To", "map-db", main)
    main.get_by_role("textbox", name="Port").fill("5432")
    expect(main.get_by_text("Not reached", exact=True)).to_be_visible()
    expect(main.get_by_text(re.compile("^security group")).first).to_be_visible()
    person.picture("map-not-reached")
    assert person.violations() == []
    permission = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "172.31.0.0/16"}]}
    client.authorize_security_group_ingress(GroupId=shut, IpPermissions=[permission])  # seen without a word
    expect(main.get_by_text("Reached", exact=True)).to_be_visible()
    main.get_by_role("button", name=re.compile("^Every check on the way")).click()
    expect(person.row("back").first).to_be_visible()
    assert person.violations() == []
    main.get_by_role("button", name="Turn around").click()
    expect(main.get_by_text("Not reached", exact=True)).to_be_visible()
    pick(person, "To", "An address", main)
    expect(main.get_by_text("Reached", exact=True)).to_be_visible()
    person.picture("map-reached")

    other = Person(new_profile(browser, dark=True, language="ja-JP"))
    other.page.goto(cloud.console_address())
    other.visit(cloud.endpoint, f"us-east-1/vpcs/{vpc}/map")
    expect(other.page.get_by_role("heading", name="リソースマップ")).to_be_visible()
    expect(other.page.get_by_role("link", name=re.compile("^インスタンス map-web"))).to_be_visible()
    other.picture("map-dark")
    assert other.violations() == []
    other.page.set_viewport_size({"width": 375, "height": 800})
    other.fits()
    other.picture("map-narrow")
    assert other.complaints == []
    other.context.close()
    client.terminate_instances(InstanceIds=[web, db])


def test_subnets_are_created_edited_and_deleted(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "beds"}]}]
    vpc = client.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    acl = client.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    person.visit(cloud.endpoint, "us-east-1/subnets")
    person.page.get_by_role("button", name="Create subnet").click()
    pick(person, "VPC", "beds")
    expect(person.dialog.get_by_role("textbox", name=re.compile("^IPv4 CIDR"))).to_have_value("10.9.0.0/20")
    person.dialog.get_by_role("textbox", name=re.compile("^Name")).fill("bed-1")
    person.dialog.get_by_role("button", name="Add new subnet").click()
    write(person, "IPv4 CIDR", "10.9.0.0/24")
    expect(person.dialog.get_by_role("button", name="Create subnet")).to_be_disabled()  # they overlap
    write(person, "IPv4 CIDR", "10.9.16.0/24")
    person.dialog.get_by_role("textbox", name=re.compile("^Name")).last.fill("bed-2")
    person.picture("create-subnets")
    assert person.violations() == []
    go(person, "Create subnet")
    expect(person.row("bed-1").get_by_text("4091")).to_be_visible()
    one = named(sdk, "subnet", "bed-1")

    person.visit(cloud.endpoint, f"us-east-1/subnets/{one}")
    person.choose("Actions", "Edit subnet settings")
    tick(person, "Auto-assign public IPv4 address")
    person.dialog.get_by_role("radio", name="Resource name", exact=True).set_checked(True, force=True)
    assert person.violations() == []
    go(person, "Save changes")
    person.choose("Actions", "Edit route table association")
    pick(person, "Route table", table)
    assert person.violations() == []
    person.picture("subnet-table")
    go(person, "Save changes")
    person.choose("Actions", "Edit network ACL association")
    pick(person, "Network ACL", acl)
    assert person.violations() == []
    go(person, "Save changes")
    subnet = client.describe_subnets(SubnetIds=[one])["Subnets"][0]
    assert subnet["MapPublicIpOnLaunch"] is True
    assert subnet["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "resource-name"
    in_it = [{"Name": "association.subnet-id", "Values": [one]}]
    assert [found["RouteTableId"] for found in client.describe_route_tables(Filters=in_it)["RouteTables"]] == [table]
    assert [found["NetworkAclId"] for found in client.describe_network_acls(Filters=in_it)["NetworkAcls"]] == [acl]
    for tab, words in (("Route table", table), ("Network ACL", "Inbound rules"), ("Flow logs", "No flow logs")):
        person.page.get_by_role("tab", name=tab, exact=True).click()
        expect(person.page.locator("main").get_by_text(words).filter(visible=True).first).to_be_visible()
        assert person.violations() == []
    person.page.get_by_role("button", name="Create flow log").click()
    said(person, "LogGroupName can't be empty if LogDestinationType is cloud-watch-logs.")
    write(person, "Log group", "flows")
    write(person, "IAM role", "arn:aws:iam::123456789012:role/flows")
    assert person.violations() == []
    go(person, "Create flow log")
    log = client.describe_flow_logs(Filter=[{"Name": "resource-id", "Values": [one]}])["FlowLogs"][0]["FlowLogId"]
    person.select(log)
    person.page.get_by_role("button", name="Delete flow log").click()
    go(person, "Delete flow log (1)")
    expect(person.row(log)).to_have_count(0)
    person.choose("Actions", "Edit route table association")
    pick(person, "Route table", "Main route table of the VPC")
    go(person, "Save changes")
    assert client.describe_route_tables(Filters=in_it)["RouteTables"] == []

    interface = client.create_network_interface(SubnetId=one)["NetworkInterface"]["NetworkInterfaceId"]
    person.visit(cloud.endpoint, "us-east-1/subnets")
    search = person.page.get_by_role("combobox", name="Find Subnets by property or text")
    search.fill("bed-")
    search.press("Enter")
    for name in ("bed-1", "bed-2"):
        person.row(name).locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("Actions", "Delete subnet")
    said(person, f"The subnet '{one}' has dependencies and cannot be deleted. (DependencyViolation)")
    said(person, f"These network interfaces are in it: {interface}")
    person.picture("delete-subnets")
    assert person.violations() == []
    go(person, "Delete subnet (1)")
    expect(person.row("bed-2")).to_have_count(0)
    expect(person.row("bed-1")).to_be_visible()


def test_dhcp_options_are_created_given_to_a_vpc_and_deleted(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client()
    person.visit(cloud.endpoint, "us-east-1/dhcp-options")
    person.page.get_by_role("button", name="Create DHCP option set").click()
    write(person, "Domain name servers", "10.0.0.300")
    said(person, "Invalid DHCP option value")
    write(person, "Domain name servers", "AmazonProvidedDNS")
    person.dialog.get_by_role("textbox", name=re.compile("^Domain name - ")).fill("corp.example")
    write(person, "NTP servers", "169.254.169.123")
    person.dialog.get_by_role("textbox", name=re.compile("^Name - ")).fill("corp")
    person.picture("create-dhcp-options")
    assert person.violations() == []
    go(person, "Create DHCP option set")
    expect(person.row("corp.example")).to_be_visible()
    options = named(sdk, "dhcp-options", "corp")
    vpc = client.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    client.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    person.select("corp")
    person.choose("Actions", "Delete DHCP option set")
    said(person, f"The dhcpOptions '{options}' has dependencies and cannot be deleted. (DependencyViolation)")
    said(person, f"These VPCs have it: {vpc}")
    assert person.violations() == []
    client.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)  # the dialog asks again by itself
    go(person, "Delete DHCP option set (1)")
    expect(person.row("corp.example")).to_have_count(0)


def test_the_default_vpc_is_deleted_and_made_again(cloud: CloudProcess, person: Person, sdk: Sdk) -> None:
    client = sdk.client(region="eu-west-1")
    [before] = client.describe_vpcs()["Vpcs"]
    person.visit(cloud.endpoint, f"eu-west-1/vpcs/{before['VpcId']}")
    person.choose("Actions", "Delete VPC")
    said(person, "It is the default VPC")
    person.dialog.get_by_role("textbox").fill("delete")
    go(person, "Delete VPC")
    expect(person.page.get_by_text(f"{before['VpcId']} is deleted.")).to_be_visible()
    person.visit(cloud.endpoint, "eu-west-1/vpcs")
    person.choose("Actions", "Create default VPC")
    assert person.violations() == []
    go(person, "Create default VPC")
    expect(person.row("172.31.0.0/16")).to_be_visible()
    person.choose("Actions", "Create default VPC")
    said(person, "DefaultVpcAlreadyExists")
    person.dialog.get_by_role("button", name="Cancel").click()

    [zone] = [one for one in client.describe_subnets()["Subnets"] if one["AvailabilityZone"] == "eu-west-1b"]
    client.delete_subnet(SubnetId=zone["SubnetId"])
    person.visit(cloud.endpoint, "eu-west-1/subnets")
    person.choose("Actions", "Create default subnet")
    expect(person.dialog.get_by_role("button", name=re.compile("^Availability Zone eu-west-1b"))).to_be_visible()
    assert person.violations() == []
    go(person, "Create default subnet")
    expect(person.row("eu-west-1b")).to_be_visible()
