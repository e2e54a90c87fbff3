"""The console's pages of what leads out of VPCs as a person uses them: Chromium, simulated guests."""

import re
import shlex

import pytest
from cloud_process import AwsCli, CloudProcess, Sdk
from console_browser import Person, new_profile
from playwright.sync_api import Browser, Locator, expect

pytestmark = pytest.mark.browser


def vpc_of(sdk: Sdk, block: str, *, subnets: int = 0, gateway: bool = False) -> tuple[str, list[str], str]:
    """A new VPC with these many subnets and, where asked for, an internet gateway."""
    client = sdk.client()
    vpc = str(client.create_vpc(CidrBlock=f"{block}.0.0/16")["Vpc"]["VpcId"])
    blocks = [f"{block}.{number}.0/24" for number in range(subnets)]
    made = [str(client.create_subnet(VpcId=vpc, CidrBlock=one)["Subnet"]["SubnetId"]) for one in blocks]
    internet = ""
    if gateway:
        internet = str(client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        client.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    return vpc, made, internet


def routes_of(sdk: Sdk, table: str) -> dict[str, str]:
    """The routes of a table that are not local: what each destination leads to."""
    [found] = sdk.client().describe_route_tables(RouteTableIds=[table])["RouteTables"]
    members = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "VpcPeeringConnectionId")
    return {
        route.get("DestinationCidrBlock") or route["DestinationPrefixListId"]: next(
            str(route[member]) for member in members if member in route
        )
        for route in found["Routes"]
        if route.get("GatewayId") != "local"
    }


def pick(person: Person, field: Locator, option: str) -> None:
    """An option of a list that opens at a field."""
    field.click()
    person.page.get_by_role("option", name=re.compile(re.escape(option))).filter(visible=True).first.click()


def listed(person: Person, name: str) -> Locator:
    """The fields of the dialog of that name that open a list: "Target" is not "Target ID"."""
    return person.dialog.get_by_role("button", name=re.compile(f"^{re.escape(name)} (?!ID )"))


def go(person: Person, name: str) -> None:
    """Press the dialog's button, once the cloud has said that it would do it; the dialog closes."""
    button = person.dialog.get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(person.dialog).to_have_count(0)


def commands(person: Person) -> list[str]:
    """What the open dialog shows as CLI."""
    person.dialog.get_by_role("button", name="Show as CLI").click()
    shown = person.dialog.get_by_text(re.compile(r"aws ec2 "))
    expect(shown.first).to_be_visible()
    return [text.strip() for text in shown.all_inner_texts()]


def would_do(person: Person, aws: AwsCli) -> None:
    """The commands that the dialog shows are such that the AWS CLI takes, and that the cloud would carry out."""
    for command in commands(person):
        program, *words = shlex.split(command)
        assert program == "aws"
        assert "DryRunOperation" in aws.refused(*words, "--dry-run")


def test_a_route_table_is_created_and_its_routes_are_added_replaced_and_removed_at_once(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    vpc, [subnet, _], gateway = vpc_of(sdk, "10.11", subnets=2, gateway=True)
    interface = client.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    entries = [{"Cidr": "203.0.113.0/24"}]
    made = {"PrefixListName": "partners", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": entries}
    partners = client.create_managed_prefix_list(**made)["PrefixList"]["PrefixListId"]
    person.visit(cloud.endpoint, "us-east-1/route-tables")
    person.page.get_by_role("button", name="Create route table").click()
    pick(person, listed(person, "VPC"), vpc)
    person.dialog.get_by_role("textbox", name="Name - optional").fill("ways out")
    person.picture("create-route-table")
    assert person.violations() == []
    go(person, "Create route table")
    person.row("ways out").get_by_role("link", name=re.compile("^rtb-")).click()
    [table] = client.describe_route_tables(Filters=[{"Name": "tag:Name", "Values": ["ways out"]}])["RouteTables"]
    table_id = table["RouteTableId"]

    for block in ("198.51.100.0/24", "192.0.2.0/24"):
        client.create_route(RouteTableId=table_id, DestinationCidrBlock=block, GatewayId=gateway)
    person.page.get_by_role("tab", name="Routes").click()
    for block in ("198.51.100.0/24", "192.0.2.0/24"):
        expect(person.row(block).get_by_text("Active")).to_be_visible()
    assert person.violations() == []
    person.picture("routes")
    person.choose("Actions", "Edit routes")
    rows = person.dialog
    # 192.0.2.0/24 leads elsewhere, 198.51.100.0/24 goes, and three are new: one of them is there already, says EC2.
    destinations = rows.get_by_role("textbox", name="Destination")
    expect(destinations).to_have_count(3)
    order = [field.input_value() for field in destinations.all()]
    at = order.index("192.0.2.0/24")
    pick(person, listed(person, "Target").nth(at), "Network interface")
    expect(listed(person, "Target ID").nth(at - 1)).to_contain_text(interface)
    rows.get_by_role("button", name="Remove the route to 198.51.100.0/24").click()
    for destination in ("0.0.0.0/0", partners, "192.0.2.0/24"):
        rows.get_by_role("button", name="Add route").click()
        rows.get_by_role("combobox", name="Destination").last.fill(destination)
        pick(person, listed(person, "Target").last, "Internet gateway")
    words = "The route identified by 192.0.2.0/24 already exists. (RouteAlreadyExists)"
    expect(rows.get_by_text(words)).to_be_visible()
    expect(rows.get_by_role("button", name="Save changes")).to_be_disabled()
    assert person.violations() == []
    person.picture("edit-routes-refused")
    client.create_route(RouteTableId=table_id, DestinationCidrBlock="100.64.0.0/10", GatewayId=gateway)  # from outside
    expect(destinations.last).to_have_value("100.64.0.0/10")  # below all others: no row moves from under a pointer
    remove = rows.get_by_role("button", name="Remove the route to 192.0.2.0/24")
    remove.last.click()
    expect(remove).to_have_count(1)
    expect(rows.get_by_text(f"ReplaceRoute: 192.0.2.0/24 → {interface} instead of {gateway}")).to_be_visible()
    expect(rows.get_by_text(f"DeleteRoute: 198.51.100.0/24 → {gateway}")).to_be_visible()
    would_do(person, aws)
    person.picture("edit-routes")
    go(person, "Save changes")
    assert routes_of(sdk, table_id) == {
        "0.0.0.0/0": gateway,
        "100.64.0.0/10": gateway,
        "192.0.2.0/24": interface,
        partners: gateway,
    }
    expect(person.row("192.0.2.0/24").get_by_text("Blackhole")).to_be_visible()  # the interface is attached to nothing


def test_subnets_move_between_route_tables_and_a_table_that_is_used_is_not_deleted(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    vpc, [first, second, third], gateway = vpc_of(sdk, "10.12", subnets=3, gateway=True)
    table, other = (client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    client.associate_route_table(RouteTableId=table, SubnetId=first)
    client.associate_route_table(RouteTableId=other, SubnetId=second)
    ours = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    main = client.describe_route_tables(Filters=ours)["RouteTables"][0]["RouteTableId"]

    person.page.set_viewport_size({"width": 1440, "height": 1600})  # the split panel covers no row
    person.visit(cloud.endpoint, "us-east-1/route-tables")
    person.select(table)
    person.choose("Actions", "Edit subnet associations")
    for subnet, chosen in ((first, False), (second, True), (third, True)):
        person.dialog.locator("tbody tr").filter(has_text=subnet).locator("input").set_checked(chosen, force=True)
    expect(person.dialog.get_by_text(f"{second} uses {table} instead of {other}")).to_be_visible()
    expect(person.dialog.get_by_text(f"{first} uses the main route table {main} again")).to_be_visible()
    would_do(person, aws)
    person.picture("edit-subnet-associations")
    assert person.violations() == []
    go(person, "Save associations")
    expect(person.row(table).get_by_text("2 subnets")).to_be_visible()
    person.choose("Actions", "Edit edge associations")
    person.dialog.locator("tbody tr").filter(has_text=gateway).locator("input").set_checked(True, force=True)
    assert person.violations() == []
    go(person, "Save associations")
    expect(person.row(table).get_by_text(gateway)).to_be_visible()
    [found] = client.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    used = {one.get("SubnetId") or one["GatewayId"] for one in found["Associations"]}
    assert used == {second, third, gateway}

    person.menu("Actions").click()
    item = person.page.get_by_role("menuitem", name="Delete route table")
    expect(item).to_have_attribute("aria-disabled", "true")
    item.hover()
    why = re.compile(f"It is associated with .*{third}")
    expect(person.page.get_by_text(why).filter(visible=True).first).to_be_visible()
    person.page.keyboard.press("Escape")
    person.select(other)
    person.choose("Actions", "Set main route table")
    expect(
        person.dialog.get_by_text(f"{other} becomes the main route table of {vpc} in place of {main}")
    ).to_be_visible()
    expect(person.dialog.get_by_text(re.compile(f"follow its routes at once: {first}"))).to_be_visible()
    person.picture("set-main-route-table")
    assert person.violations() == []
    go(person, "Set main route table")
    expect(person.row(other).get_by_text("Yes", exact=True)).to_be_visible()
    assert client.describe_route_tables(Filters=ours)["RouteTables"][0]["RouteTableId"] == other

    person.select(main)
    person.row(table).locator("input[type=checkbox]").set_checked(True, force=True)
    person.choose("Actions", "Delete route table")
    expect(
        person.dialog.get_by_text(re.compile("It is deleted for good, with its routes: 10.12.0.0/16"))
    ).to_be_visible()
    expect(person.dialog.get_by_text(re.compile(r"\(DependencyViolation\)"))).to_be_visible()
    person.picture("delete-route-tables")
    assert person.violations() == []
    go(person, "Delete route table (1)")
    expect(person.row(main)).to_have_count(0)
    person.visit(cloud.endpoint, f"us-east-1/route-tables/{table}/subnets")
    expect(person.row(third)).to_be_visible()
    assert person.violations() == []


def test_internet_gateways_are_created_attached_detached_and_deleted(
    cloud: CloudProcess, person: Person, sdk: Sdk
) -> None:
    client = sdk.client()
    vpc, [subnet], _ = vpc_of(sdk, "10.13", subnets=1)
    person.visit(cloud.endpoint, "us-east-1/internet-gateways")
    person.page.get_by_role("button", name="Create internet gateway").click()
    person.dialog.get_by_role("textbox", name="Name - optional").fill("the way out")
    assert person.violations() == []
    go(person, "Create internet gateway")
    person.select("the way out")
    [made] = client.describe_internet_gateways(Filters=[{"Name": "tag:Name", "Values": ["the way out"]}])[
        "InternetGateways"
    ]
    gateway = made["InternetGatewayId"]
    person.choose("Actions", "Attach to VPC")
    pick(person, listed(person, "VPC"), vpc)
    person.picture("attach-internet-gateway")
    assert person.violations() == []
    go(person, "Attach to VPC")
    expect(person.row("the way out").get_by_text("Attached")).to_be_visible()
    expect(person.row("the way out").get_by_text(vpc)).to_be_visible()

    table = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    allocation = client.allocate_address(Domain="vpc")["AllocationId"]
    interface = client.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    association = client.associate_address(AllocationId=allocation, NetworkInterfaceId=interface)["AssociationId"]
    person.choose("Actions", "Detach from VPC")
    expect(person.dialog.get_by_text(re.compile("has some mapped public address"))).to_be_visible()
    expect(person.dialog.get_by_text(re.compile("disassociate Elastic IP addresses"))).to_be_visible()
    person.picture("detach-internet-gateway-refused")
    assert person.violations() == []
    person.dialog.get_by_role("button", name="Cancel").click()
    client.disassociate_address(AssociationId=association)
    person.choose("Actions", "Detach from VPC")
    expect(person.dialog.get_by_text(re.compile(rf"become blackholes at once: 0.0.0.0/0 \({table}\)"))).to_be_visible()
    go(person, "Detach from VPC (1)")
    expect(person.row("the way out").get_by_text("Detached")).to_be_visible()
    person.choose("Actions", "Delete internet gateway")
    assert person.violations() == []
    go(person, "Delete internet gateway (1)")
    expect(person.row("the way out")).to_have_count(0)

    person.visit(cloud.endpoint, "us-east-1/egress-only-internet-gateways")
    expect(person.page.get_by_text("they are stored and shown, and carry nothing")).to_be_visible()
    person.page.get_by_role("button", name="Create egress-only internet gateway").click()
    pick(person, listed(person, "VPC"), vpc)
    assert person.violations() == []
    go(person, "Create egress-only internet gateway")
    expect(person.row(vpc).get_by_text("Attached")).to_be_visible()
    person.select(vpc)
    person.picture("egress-only-internet-gateways")
    person.choose("Actions", "Delete egress-only internet gateway")
    assert person.violations() == []
    go(person, "Delete egress-only internet gateway (1)")
    expect(person.row(vpc)).to_have_count(0)
    assert client.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"] == []


def test_nat_gateways_are_created_fail_and_are_deleted(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    closed, [lonely], _ = vpc_of(sdk, "10.14", subnets=1)
    _, [subnet], _ = vpc_of(sdk, "10.15", subnets=1, gateway=True)
    allocation = client.allocate_address(Domain="vpc")["AllocationId"]
    person.visit(cloud.endpoint, "us-east-1/nat-gateways")
    person.page.get_by_role("button", name="Create NAT gateway").click()
    pick(person, listed(person, "Subnet"), lonely)
    pick(person, listed(person, "Elastic IP allocation ID"), allocation)
    expect(person.dialog.get_by_text("It would fail: the VPC has no internet gateway")).to_be_visible()
    would_do(person, aws)
    person.picture("create-nat-gateway-that-fails")
    assert person.violations() == []
    go(person, "Create NAT gateway")
    expect(person.row(lonely).get_by_text("Failed")).to_be_visible()
    expect(person.row(lonely).get_by_text(f"Network {closed} has no Internet gateway attached")).to_be_visible()
    person.row(lonely).get_by_role("link", name=re.compile("^nat-")).click()
    expect(person.page.get_by_text(re.compile(r"\(Gateway.NotAttached\)"))).to_be_visible()
    assert person.violations() == []
    person.picture("nat-gateway-failed")

    person.visit(cloud.endpoint, "us-east-1/nat-gateways")
    person.page.get_by_role("button", name="Create NAT gateway").click()
    pick(person, listed(person, "Subnet"), subnet)
    pick(person, listed(person, "Elastic IP allocation ID"), "Allocate a new Elastic IP address")
    expect(person.dialog.get_by_text("Its own subnet does not lead to the internet")).to_be_visible()
    assert len(commands(person)) == 2
    person.dialog.get_by_role("textbox", name="Name - optional").fill("out")
    person.picture("create-nat-gateway")
    assert person.violations() == []
    go(person, "Create NAT gateway")
    expect(person.row("out").get_by_text("Available")).to_be_visible()
    [made] = client.describe_nat_gateways(Filters=[{"Name": "tag:Name", "Values": ["out"]}])["NatGateways"]
    address = made["NatGatewayAddresses"][0]
    assert address["AllocationId"] != allocation
    expect(person.row("out").get_by_text(address["PublicIp"])).to_be_visible()
    person.page.get_by_role("button", name="Create NAT gateway").click()
    pick(person, listed(person, "Subnet"), lonely)
    person.dialog.get_by_role("radio", name=re.compile("^Private")).set_checked(True, force=True)
    private = person.dialog.get_by_role("textbox", name="Primary private IPv4 address")
    private.fill("10.99.0.9")
    expect(person.dialog.get_by_text(re.compile(r"10\.99\.0\.9.*\(Invalid"))).to_be_visible()
    private.fill("10.14.0.77")
    go(person, "Create NAT gateway")
    expect(person.row("10.14.0.77").get_by_text("Private", exact=True)).to_be_visible()

    table = client.create_route_table(VpcId=made["VpcId"])["RouteTable"]["RouteTableId"]
    client.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=made["NatGatewayId"])
    person.select("out")
    person.choose("Actions", "Delete NAT gateway")
    expect(person.dialog.get_by_text(re.compile(f"{address['PublicIp']} .* stays yours"))).to_be_visible()
    expect(person.dialog.get_by_text(re.compile(rf"blackholes at once: 0.0.0.0/0 \({table}\)"))).to_be_visible()
    person.picture("delete-nat-gateway")
    assert person.violations() == []
    go(person, "Delete NAT gateway (1)")
    expect(person.row("out").get_by_text("Deleted", exact=True)).to_be_visible()
    [kept] = client.describe_addresses(AllocationIds=[address["AllocationId"]])["Addresses"]
    assert "AssociationId" not in kept


def test_a_peering_connection_is_asked_for_accepted_and_deleted(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    one, other, twin = (vpc_of(sdk, block)[0] for block in ("10.16", "10.17", "10.16"))
    person.visit(cloud.endpoint, "us-east-1/peering-connections")
    person.page.get_by_role("button", name="Create peering connection").click()
    pick(person, listed(person, "Requester VPC"), one)
    pick(person, listed(person, "Accepter VPC"), twin)
    expect(person.dialog.get_by_text("It would fail: the VPCs overlap")).to_be_visible()
    person.picture("create-peering-that-fails")
    pick(person, listed(person, "Accepter VPC"), other)
    person.dialog.get_by_role("textbox", name="Name - optional").fill("peers")
    would_do(person, aws)
    person.picture("create-peering")
    assert person.violations() == []
    go(person, "Create peering connection")
    expect(person.row("peers").get_by_text("Pending acceptance")).to_be_visible()
    [peering] = client.describe_vpc_peering_connections(Filters=[{"Name": "tag:Name", "Values": ["peers"]}])[
        "VpcPeeringConnections"
    ]
    peering_id = peering["VpcPeeringConnectionId"]
    person.row("peers").get_by_role("link", name=peering_id).click()
    expect(person.page.get_by_text("This request waits to be accepted")).to_be_visible()
    assert person.violations() == []
    person.choose("Actions", "Accept request")
    person.picture("accept-peering")
    assert person.violations() == []
    go(person, "Accept request")
    expect(person.page.locator("main").get_by_text("Active", exact=True).first).to_be_visible()

    person.choose("Actions", "Edit DNS settings")
    person.dialog.get_by_role("checkbox", name=re.compile("^Allow the accepter VPC")).set_checked(True, force=True)
    would_do(person, aws)
    person.picture("edit-peering-dns")
    assert person.violations() == []
    go(person, "Save changes")
    person.page.get_by_role("tab", name="DNS settings").click()
    expect(person.page.get_by_text("Enabled", exact=True)).to_be_visible()
    assert person.violations() == []
    [now] = client.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering_id])["VpcPeeringConnections"]
    sides = [
        now[side]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"]
        for side in ("RequesterVpcInfo", "AccepterVpcInfo")
    ]
    assert sides == [True, False]

    person.page.get_by_role("tab", name="Route tables").click()
    expect(person.page.get_by_text("Nothing crosses it yet: routes are missing")).to_be_visible()
    [table] = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [one]}])["RouteTables"]
    client.create_route(
        RouteTableId=table["RouteTableId"], DestinationCidrBlock="10.17.0.0/16", VpcPeeringConnectionId=peering_id
    )
    expect(person.row(table["RouteTableId"]).get_by_text("10.17.0.0/16")).to_be_visible()
    assert person.violations() == []
    person.choose("Actions", "Delete peering connection")
    expect(person.dialog.get_by_text(re.compile("become blackholes at once: 10.17.0.0/16"))).to_be_visible()
    person.picture("delete-peering")
    assert person.violations() == []
    go(person, "Delete peering connection (1)")
    expect(person.page.locator("main").get_by_text("Blackhole")).to_be_visible()

    again = client.create_vpc_peering_connection(VpcId=other, PeerVpcId=twin)["VpcPeeringConnection"]
    person.visit(cloud.endpoint, f"us-east-1/peering-connections/{again['VpcPeeringConnectionId']}")
    person.choose("Actions", "Reject request")
    assert person.violations() == []
    go(person, "Reject request")
    expect(person.page.locator("main").get_by_text("Rejected", exact=True)).to_be_visible()


def test_a_prefix_list_is_created_modified_resized_restored_and_not_deleted_while_it_is_named(
    cloud: CloudProcess, person: Person, sdk: Sdk, aws: AwsCli
) -> None:
    client = sdk.client()
    person.visit(cloud.endpoint, "us-east-1/prefix-lists")
    person.page.get_by_role("button", name="Create prefix list").click()
    person.dialog.get_by_role("textbox", name="Prefix list name").fill("offices")
    person.dialog.get_by_role("spinbutton", name="Max entries").fill("3")
    person.dialog.get_by_role("button", name="Add new entry").click()
    person.dialog.get_by_role("textbox", name="CIDR").fill("198.51.100.0/33")
    expect(person.dialog.get_by_text(re.compile(r"\(InvalidParameterValue\)"))).to_be_visible()
    person.dialog.get_by_role("textbox", name="CIDR").fill("198.51.100.0/24")
    person.dialog.get_by_role("textbox", name="Description").fill("Osaka")
    would_do(person, aws)
    person.picture("create-prefix-list")
    assert person.violations() == []
    go(person, "Create prefix list")
    expect(person.row("offices").get_by_text("Create complete")).to_be_visible()
    [made] = client.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": ["offices"]}])[
        "PrefixLists"
    ]
    list_id = made["PrefixListId"]

    person.visit(cloud.endpoint, f"us-east-1/prefix-lists/{list_id}/entries")
    expect(person.row("198.51.100.0/24").get_by_text("Osaka")).to_be_visible()
    person.choose("Actions", "Modify prefix list")
    person.dialog.get_by_role("button", name="Add new entry").click()
    person.dialog.get_by_role("textbox", name="CIDR").last.fill("203.0.113.0/24")
    person.dialog.get_by_role("button", name="Remove 198.51.100.0/24").click()
    expect(
        person.dialog.get_by_text("It gets version 2. Added or changed: 203.0.113.0/24. Removed: 198.51.100.0/24.")
    ).to_be_visible()
    would_do(person, aws)
    person.picture("modify-prefix-list")
    assert person.violations() == []
    go(person, "Save prefix list")
    expect(person.row("203.0.113.0/24")).to_be_visible()
    person.choose("Actions", "Restore prefix list")
    expect(person.dialog.locator("tbody tr").filter(has_text="Osaka")).to_be_visible()
    would_do(person, aws)
    assert person.violations() == []
    go(person, "Restore prefix list")
    expect(person.row("198.51.100.0/24").get_by_text("Osaka")).to_be_visible()
    pick(person, person.page.get_by_role("button", name=re.compile("^Version ")), "2")
    expect(person.row("203.0.113.0/24")).to_be_visible()
    person.picture("prefix-list-entries")
    assert person.violations() == []

    group = client.create_security_group(GroupName="named", Description="names a list")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": list_id}]}
    client.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    person.page.get_by_role("tab", name="Associations").click()
    expect(person.row(group)).to_be_visible()
    assert person.violations() == []
    person.choose("Actions", "Resize prefix list")
    person.dialog.get_by_role("spinbutton", name="Max entries").fill("100")
    button = person.dialog.get_by_role("button", name="Resize", exact=True)
    expect(button).to_be_enabled()
    button.click()
    expect(
        person.dialog.get_by_text(re.compile(r"do not support the new maximum size: .*\(modify-failed\)"))
    ).to_be_visible()
    person.picture("resize-prefix-list-failed")
    assert person.violations() == []
    person.dialog.get_by_role("spinbutton", name="Max entries").fill("20")
    go(person, "Resize")
    person.choose("Actions", "Delete prefix list")
    expect(person.dialog.get_by_text(f"{group} name it. Remove these rules and routes first.")).to_be_visible()
    person.picture("delete-prefix-list-that-is-named")
    assert person.violations() == []
    go(person, "Delete prefix list (1)")
    expect(person.page.get_by_text(re.compile(r"is referenced by: .*\(delete-failed\)"))).to_be_visible()
    [now] = client.describe_managed_prefix_lists(PrefixListIds=[list_id])["PrefixLists"]
    assert (now["MaxEntries"], now["Version"], now["State"]) == (20, 3, "delete-failed")
    client.delete_security_group(GroupId=group)
    person.choose("Actions", "Delete prefix list")
    go(person, "Delete prefix list (1)")
    expect(person.page.get_by_text(f"There is no {list_id}")).to_be_visible()


@pytest.mark.some_of("looks of pages", 3)
def test_the_pages_in_japanese_dark_and_narrow(cloud: CloudProcess, browser: Browser, sdk: Sdk) -> None:
    client = sdk.client()
    vpc, [subnet], gateway = vpc_of(sdk, "10.18", subnets=1, gateway=True)
    [table] = client.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    table_id = table["RouteTableId"]
    client.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    client.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
    person = Person(new_profile(browser, dark=True, language="ja-JP"))
    person.page.goto(cloud.console_address())
    pages = {
        "route-tables": ("us-east-1/route-tables", "明示的なサブネットの関連付け"),
        "route-table": (f"us-east-1/route-tables/{table_id}/routes", "送信先"),
        "internet-gateways": ("us-east-1/internet-gateways", "インターネットゲートウェイ ID"),
        "egress-only": ("us-east-1/egress-only-internet-gateways", "Egress-Only インターネットゲートウェイ ID"),
        "nat-gateways": ("us-east-1/nat-gateways", "接続タイプ"),
        "peering-connections": ("us-east-1/peering-connections", "リクエスタ VPC"),
        "prefix-lists": ("us-east-1/prefix-lists", "アドレスファミリー"),
    }
    person.see_in_japanese(cloud.endpoint, pages)
    person.visit(cloud.endpoint, f"us-east-1/route-tables/{table_id}")
    person.choose("アクション", "ルートを編集")
    person.dialog.get_by_role("button", name="ルートを追加").click()
    expect(person.dialog.get_by_role("textbox", name="送信先")).to_have_count(2)
    person.picture("edit-routes-dark-ja")
    assert person.violations() == []
    person.page.set_viewport_size({"width": 375, "height": 800})
    person.fits()
    person.picture("edit-routes-narrow-ja")
    person.see_narrow(cloud.endpoint, pages)
    assert person.complaints == []
    person.context.close()
