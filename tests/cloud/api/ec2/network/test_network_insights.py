"""The Reachability Analyzer: paths, and what analyses of them find of groups, ACLs, routes and gateways."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from asgi import Refused
from sqlalchemy import select
from stack import Stack

from kumoniwa.reconcile.time import ANALYSES_KEPT, Housekeeping
from kumoniwa.store import all_tables as tables

pytestmark = pytest.mark.anyio

_TOKENS = count()
_WEB = {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8010, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


async def _path(stack: Stack, source: str, destination: str | None = None, **parameters: Any) -> dict[str, Any]:
    asked = {"Source": source, "Protocol": "tcp", "ClientToken": str(next(_TOKENS)), **parameters}
    if destination is not None:
        asked["Destination"] = destination
    made: dict[str, Any] = (await stack.call("CreateNetworkInsightsPath", **asked))["NetworkInsightsPath"]
    return made


async def _analyzed(stack: Stack, path_id: str) -> dict[str, Any]:
    asked = {"NetworkInsightsPathId": path_id, "ClientToken": str(next(_TOKENS))}
    begun = (await stack.call("StartNetworkInsightsAnalysis", **asked))["NetworkInsightsAnalysis"]
    assert begun["Status"] == "running" and "NetworkPathFound" not in begun
    await stack.idle()
    ids = [begun["NetworkInsightsAnalysisId"]]
    (found,) = (await stack.call("DescribeNetworkInsightsAnalyses", NetworkInsightsAnalysisIds=ids))[
        "NetworkInsightsAnalyses"
    ]
    assert found["Status"] == "succeeded"
    shown: dict[str, Any] = found
    return shown


async def _found(stack: Stack, source: str, destination: str | None = None, **parameters: Any) -> dict[str, Any]:
    return await _analyzed(stack, (await _path(stack, source, destination, **parameters))["NetworkInsightsPathId"])


def _ids(components: list[dict[str, Any]]) -> list[str]:
    return [one["Component"]["Id"] for one in components]


def _code(analysis: dict[str, Any]) -> str:
    assert analysis["NetworkPathFound"] is False
    assert "ForwardPathComponents" not in analysis
    (why,) = analysis["Explanations"]
    code: str = why["ExplanationCode"]
    return code


async def _gateway(stack: Stack) -> str:
    found: str = (await stack.call("DescribeInternetGateways"))["InternetGateways"][0]["InternetGatewayId"]
    return found


async def _group(stack: Stack, *permissions: dict[str, Any]) -> str:
    name = f"group {next(_TOKENS)}"
    group: str = (await stack.call("CreateSecurityGroup", GroupName=name, Description="of a test"))["GroupId"]
    if permissions:
        await stack.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=list(permissions))
    return group


async def test_a_path_from_the_internet_is_found_with_all_that_it_passes(stack: Stack) -> None:
    group = await _group(stack, _WEB)
    instance, gateway = await stack.launch(SecurityGroupIds=[group]), await _gateway(stack)
    path = await _path(stack, gateway, instance, DestinationPort=8001)
    assert path["SourceArn"].endswith(f":internet-gateway/{gateway}")
    assert path["DestinationArn"].endswith(f":instance/{instance}")
    analysis = await _analyzed(stack, path["NetworkInsightsPathId"])
    assert analysis["NetworkPathFound"] is True
    shown = await stack.instance(instance)
    interface = shown["NetworkInterfaces"][0]["NetworkInterfaceId"]
    there = analysis["ForwardPathComponents"]
    (acl,) = (await stack.call("DescribeNetworkAcls"))["NetworkAcls"]
    assert _ids(there) == [gateway, acl["NetworkAclId"], group, interface, instance]
    assert [one["SequenceNumber"] for one in there] == [1, 2, 3, 4, 5]
    assert there[0]["OutboundHeader"]["DestinationPortRanges"] == [{"From": 8001, "To": 8001}]
    assert there[0]["OutboundHeader"]["SourceAddresses"] == ["0.0.0.0/0"]
    rule = {"Cidr": "0.0.0.0/0", "Egress": False, "Protocol": "all", "RuleAction": "allow", "RuleNumber": 100}
    assert there[1]["AclRule"] == rule
    assert there[2]["SecurityGroupRule"] == {
        "Cidr": "0.0.0.0/0",
        "Direction": "ingress",
        "PortRange": {"From": 8000, "To": 8010},
        "Protocol": "tcp",
    }
    assert there[3]["AttachedTo"]["Id"] == instance and there[3]["Subnet"]["Id"] == shown["SubnetId"]
    assert there[3]["Vpc"]["Arn"].endswith(f":vpc/{shown['VpcId']}")
    back = _ids(analysis["ReturnPathComponents"])
    assert (back[0], back[-1]) == (instance, gateway)


async def test_a_port_of_no_rule_is_explained_and_any_port_is_found(stack: Stack) -> None:
    instance = await stack.launch(SecurityGroupIds=[await _group(stack, _WEB)])
    gateway = await _gateway(stack)
    closed = await _found(stack, gateway, instance, DestinationPort=22)
    assert _code(closed) == "ENI_SG_RULES_MISMATCH"
    (why,) = closed["Explanations"]
    assert why["Direction"] == "ingress" and why["SecurityGroups"] and why["NetworkInterface"]["Id"].startswith("eni-")
    anywhere = await _found(stack, gateway, instance)
    assert anywhere["NetworkPathFound"] is True
    assert anywhere["ForwardPathComponents"][0]["OutboundHeader"]["DestinationPortRanges"] == [
        {"From": 8000, "To": 8000}
    ]


async def test_what_a_group_without_rules_an_acl_and_a_route_table_keep_back_is_explained(stack: Stack) -> None:
    one, other = await stack.launch(), await stack.launch(SecurityGroupIds=[await _group(stack)])
    gateway = await _gateway(stack)
    assert _code(await _found(stack, one, other)) == "SG_HAS_NO_RULES"
    (acl,) = (await stack.call("DescribeNetworkAcls"))["NetworkAcls"]
    entry = {"RuleNumber": 1, "Protocol": "6", "RuleAction": "deny", "CidrBlock": "192.0.2.0/24"}
    ports = {"PortRange": {"From": 0, "To": 65535}}
    await stack.call("CreateNetworkAclEntry", NetworkAclId=acl["NetworkAclId"], Egress=True, **entry, **ports)
    denied = await _found(stack, one, DestinationIp="192.0.2.7", DestinationPort=443)
    assert _code(denied) == "SUBNET_ACL_RESTRICTION"
    assert denied["Explanations"][0]["AclRule"]["RuleNumber"] == 1
    allowed = await _found(stack, one, DestinationIp="198.51.100.7", DestinationPort=443)
    assert _ids(allowed["ForwardPathComponents"])[-1] == gateway
    (table,) = (await stack.call("DescribeRouteTables"))["RouteTables"]
    await stack.call("DeleteRoute", RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    no_way = await _found(stack, one, DestinationIp="198.51.100.7", DestinationPort=443)
    assert _code(no_way) == "NO_ROUTE_TO_DESTINATION"
    assert no_way["Explanations"][0]["RouteTable"]["Id"] == table["RouteTableId"]


async def test_a_path_to_an_internet_gateway_shows_the_route(stack: Stack) -> None:
    instance, gateway = await stack.launch(), await _gateway(stack)
    analysis = await _found(stack, instance, gateway, DestinationPort=443)
    there = analysis["ForwardPathComponents"]
    assert _ids(there)[0] == instance and _ids(there)[-1] == gateway
    (route,) = [one["RouteTableRoute"] for one in there if "RouteTableRoute" in one]
    assert (route["DestinationCidr"], route["GatewayId"], route["State"]) == ("0.0.0.0/0", gateway, "active")


async def test_an_interface_without_a_public_address_or_an_instance_has_no_path_from_the_internet(stack: Stack) -> None:
    gateway = await _gateway(stack)
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    made = await stack.call("CreateNetworkInterface", SubnetId=subnet)
    interface = made["NetworkInterface"]["NetworkInterfaceId"]
    assert _code(await _found(stack, gateway, interface)) == "IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"
    assert _code(await _found(stack, interface, gateway)) == "BAD_STATE"


async def test_ends_in_vpcs_that_are_not_peered_are_disconnected(stack: Stack) -> None:
    vpc = (await stack.call("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    subnet = (await stack.call("CreateSubnet", VpcId=vpc, CidrBlock="10.0.1.0/24"))["Subnet"]["SubnetId"]
    other = (await stack.call("CreateNetworkInterface", SubnetId=subnet))["NetworkInterface"]["NetworkInterfaceId"]
    instance = await stack.launch()
    assert _code(await _found(stack, instance, other)) == "DISCONNECTED_VPCS"
    spare = (await stack.call("CreateInternetGateway"))["InternetGateway"]["InternetGatewayId"]
    assert _code(await _found(stack, instance, spare)) == "UNASSOCIATED_COMPONENT"
    path = (await _path(stack, instance, other))["NetworkInsightsPathId"]
    await stack.call("DeleteNetworkInterface", NetworkInterfaceId=other)
    assert _code(await _analyzed(stack, path)) == "NO_SOURCE_OR_DESTINATION"


async def test_paths_are_named_by_arn_tagged_filtered_and_deleted_after_their_analyses(stack: Stack) -> None:
    instance, gateway = await stack.launch(), await _gateway(stack)
    tags = {"TagSpecifications": [{"ResourceType": "network-insights-path", "Tags": [{"Key": "k", "Value": "v"}]}]}
    arn = (await _path(stack, gateway, instance))["DestinationArn"]
    path = (await _path(stack, arn, gateway, Protocol="udp", DestinationPort=53, **tags))["NetworkInsightsPathId"]
    filters = [{"Name": "source", "Values": [instance]}, {"Name": "tag:k", "Values": ["v"]}]
    (found,) = (await stack.call("DescribeNetworkInsightsPaths", Filters=filters))["NetworkInsightsPaths"]
    assert (found["NetworkInsightsPathId"], found["Protocol"], found["DestinationPort"]) == (path, "udp", 53)
    page = await stack.call("DescribeNetworkInsightsPaths", MaxResults=1)
    assert len(page["NetworkInsightsPaths"]) == 1 and page["NextToken"]
    analysis = (await _analyzed(stack, path))["NetworkInsightsAnalysisId"]
    of_path = await stack.call("DescribeNetworkInsightsAnalyses", NetworkInsightsPathId=path)
    assert [one["NetworkInsightsAnalysisId"] for one in of_path["NetworkInsightsAnalyses"]] == [analysis]
    filters = [{"Name": "path-found", "Values": ["false"]}]
    assert (await stack.call("DescribeNetworkInsightsAnalyses", Filters=filters))["NetworkInsightsAnalyses"] == []
    with pytest.raises(Refused) as refusal:
        await stack.call("DeleteNetworkInsightsPath", NetworkInsightsPathId=path)
    assert refusal.value.code == "AnalysisExistsForNetworkInsightsPath"
    await stack.call("DeleteNetworkInsightsAnalysis", NetworkInsightsAnalysisId=analysis)
    await stack.call("DeleteNetworkInsightsPath", NetworkInsightsPathId=path)
    with pytest.raises(Refused) as refusal:
        await stack.call("DescribeNetworkInsightsPaths", NetworkInsightsPathIds=[path])
    assert refusal.value.code == "InvalidNetworkInsightsPathId.NotFound"


async def test_the_same_token_makes_one_path(stack: Stack) -> None:
    asked = {"Source": await stack.launch(), "DestinationIp": "192.0.2.1", "Protocol": "tcp", "ClientToken": "one"}
    first, second = [await stack.call("CreateNetworkInsightsPath", **asked) for _ in range(2)]
    assert first["NetworkInsightsPath"] == second["NetworkInsightsPath"]
    assert len((await stack.call("DescribeNetworkInsightsPaths"))["NetworkInsightsPaths"]) == 1


async def test_analyses_are_forgotten_after_some_days_and_paths_are_not(stack: Stack) -> None:
    path = await _path(stack, await stack.launch(), DestinationIp="192.0.2.1")
    await _analyzed(stack, path["NetworkInsightsPathId"])
    await stack.clock.advance((ANALYSES_KEPT + timedelta(minutes=1)).total_seconds())
    await Housekeeping(stack.running.cloud.world).follow_time()
    kept = await stack.running.cloud.read(
        lambda connection: [
            connection.execute(select(table.c.id)).scalars().all()
            for table in (tables.insights_analyses, tables.insights_paths)
        ]
    )
    assert kept == [[], [path["NetworkInsightsPathId"]]]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"Source": "i-0123456789abcdef0"}, "InvalidInstanceID.NotFound"),
        ({"Source": "moss"}, "InvalidParameterValue"),
        ({"Source": "tgw-0123456789abcdef0"}, "InvalidParameterValue"),
        ({"Source": "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0"}, "InvalidParameterValue"),
        ({"DestinationIp": "moss"}, "InvalidParameterValue"),
        ({"DestinationIp": None}, "MissingParameter"),
        ({"DestinationPort": 70000}, "InvalidParameterValue"),
        ({"Protocol": "icmp"}, "InvalidParameterValue"),
        ({"FilterAtSource": {"DestinationAddress": "192.0.2.1"}}, "UnsupportedOperation"),
    ],
)
async def test_what_is_no_path_is_refused(stack: Stack, asked: dict[str, Any], code: str) -> None:
    usual = {"Source": await _gateway(stack), "DestinationIp": "192.0.2.1", "Protocol": "tcp", "ClientToken": "t"}
    given = {name: value for name, value in {**usual, **asked}.items() if value is not None}
    with pytest.raises(Refused) as refusal:
        await stack.call("CreateNetworkInsightsPath", **given)
    assert refusal.value.code == code
