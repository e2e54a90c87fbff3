"""Every page of the console, those to come included: axe finds nothing on any of its tabs, light and dark, and a narrow
window shows it without scrolling sideways."""

import random
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk
from console_browser import PAGES, Person, launch, new_profile
from playwright.sync_api import Browser, ViewportSize, expect
from sampling import Sampling

pytestmark = pytest.mark.browser

_TABS = 2  # of each page in each run and look
_PAGES = 12  # in each run, each of them in one look
LOOKS = [(False, "en-US"), (True, "ja-JP")]
"""Dark or light, and in which language."""


@pytest.fixture(scope="module")
def ids(sdk: Sdk) -> dict[str, str]:
    """One resource of each kind, by the page that shows it."""
    client = sdk.client()
    client.create_key_pair(KeyName="walked")
    [key] = client.describe_key_pairs(KeyNames=["walked"])["KeyPairs"]
    instance = launch(sdk, "walked", KeyName="walked")
    image = client.create_image(InstanceId=instance, Name="walked", NoReboot=True)["ImageId"]
    client.get_waiter("image_available").wait(ImageIds=[image])
    data = {"ImageId": image, "KeyName": "walked", "InstanceType": "t3.micro"}
    template = client.create_launch_template(LaunchTemplateName="walked", LaunchTemplateData=data)["LaunchTemplate"]
    [described] = client.describe_images(ImageIds=[image])["Images"]
    [found] = client.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    return {
        "instances": instance,
        "images": image,
        "snapshots": described["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"],
        "volumes": found["BlockDeviceMappings"][0]["Ebs"]["VolumeId"],
        "security-groups": found["SecurityGroups"][0]["GroupId"],
        "key-pairs": key["KeyPairId"],
        "access-keys": _access_key(sdk),
        "event-history": _event(sdk),
        "launch-templates": template["LaunchTemplateId"],
        "launch": image,
        **_network_of(sdk, found),
    }


def _access_key(sdk: Sdk) -> str:
    """An access key of a user."""
    iam = sdk.client("iam")
    iam.create_user(UserName="walked")
    return str(iam.create_access_key(UserName="walked")["AccessKey"]["AccessKeyId"])


_EVENT = "CreateAccessKey"


def _event(sdk: Sdk) -> str:
    """The call that changed something last: `_EVENT`."""
    changes = [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]
    [latest] = sdk.client("cloudtrail").lookup_events(LookupAttributes=changes, MaxResults=1)["Events"]
    assert latest["EventName"] == _EVENT
    return str(latest["EventId"])


def _network_of(sdk: Sdk, instance: dict[str, Any]) -> dict[str, str]:
    """One resource of each kind in the network of an instance."""
    client = sdk.client()
    vpc, subnet = instance["VpcId"], instance["SubnetId"]
    in_it = [{"Name": "vpc-id", "Values": [vpc]}]
    [gateway] = client.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])[
        "InternetGateways"
    ]
    peer = client.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    prefixes = client.create_managed_prefix_list(PrefixListName="walked", AddressFamily="IPv4", MaxEntries=1)
    nat = client.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    peering = client.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]
    egress_only = client.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    return {
        "vpcs": vpc,
        "subnets": subnet,
        "dhcp-options": client.describe_dhcp_options()["DhcpOptions"][0]["DhcpOptionsId"],
        "egress-only-internet-gateways": egress_only["EgressOnlyInternetGatewayId"],
        "elastic-ips": client.allocate_address(Domain="vpc")["AllocationId"],
        "internet-gateways": gateway["InternetGatewayId"],
        "nat-gateways": nat,
        "network-acls": client.describe_network_acls(Filters=in_it)["NetworkAcls"][0]["NetworkAclId"],
        "network-interfaces": instance["NetworkInterfaces"][0]["NetworkInterfaceId"],
        "peering-connections": peering["VpcPeeringConnectionId"],
        "prefix-lists": prefixes["PrefixList"]["PrefixListId"],
        "route-tables": client.describe_route_tables(Filters=in_it)["RouteTables"][0]["RouteTableId"],
    }


def test_one_resource_of_every_page_is_there(ids: dict[str, str]) -> None:
    assert sorted(ids) == sorted(PAGES)


@pytest.fixture(scope="module")
def looks(pytestconfig: pytest.Config) -> dict[str, list[tuple[bool, str]]]:
    """The looks in which each page is judged in this run: of those that the seed chooses, one in each test."""
    option = pytestconfig.option
    chosen = Sampling(random.Random(f"{option.seed} pages"), option.exhaustive).of(PAGES, _PAGES)
    return {page: Sampling(random.Random(f"{option.seed} {page}"), option.exhaustive).of(LOOKS, 1) for page in chosen}


@pytest.mark.parametrize(("dark", "language"), LOOKS)
def test_no_page_hinders_anybody(
    cloud: CloudProcess,
    browser: Browser,
    ids: dict[str, str],
    looks: dict[str, list[tuple[bool, str]]],
    sampling: Sampling,
    *,
    dark: bool,
    language: str,
) -> None:
    person = Person(new_profile(browser, dark=dark, language=language))
    person.page.goto(cloud.console_address())
    look = f"{'dark' if dark else 'light'}-{language[:2]}"
    page, wide, narrow = person.page, ViewportSize(width=1440, height=900), ViewportSize(width=375, height=800)

    def judge(name: str) -> None:
        page.get_by_role("heading", level=1).first.wait_for()
        expect(page.locator("main [class*=spinner]")).to_have_count(0)
        person.picture(f"{name}-{look}")
        assert person.violations() == [], name
        page.set_viewport_size(narrow)
        person.fits()
        page.set_viewport_size(wide)

    judge("dashboard")
    for kind in (one for one in PAGES if (dark, language) in looks.get(one, ())):
        person.visit(cloud.endpoint, f"us-east-1/{kind}")
        if kind != "launch":
            shown = _EVENT if kind == "event-history" else ids[kind]  # whose column of ids is not shown at first
            expect(person.row(shown)).to_have_count(1)  # the dashboard, which is left, has several of events
        judge(kind)
        person.visit(cloud.endpoint, f"us-east-1/{kind}/{ids[kind]}")
        if kind != "launch":
            page.locator("main").get_by_role("tab").first.wait_for()
        tabs = page.locator("main").get_by_role("tab").all_text_contents()
        for number in sampling.of(range(len(tabs)), _TABS):
            page.locator("main").get_by_role("tab").nth(number).click()
            judge(f"{kind}-{number + 1}")
    assert person.complaints == []
    person.context.close()
