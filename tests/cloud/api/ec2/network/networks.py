"""A VPC and its parts, for the tests of this folder."""

from typing import Any

from bare_cloud import BareCloud

ZONE = "us-east-1a"


async def make_vpc(cloud: BareCloud, block: str = "10.0.0.0/16", **parameters: Any) -> str:
    """A new VPC."""
    made: str = (await cloud.ask("CreateVpc", CidrBlock=block, **parameters))["Vpc"]["VpcId"]
    return made


async def make_subnet(cloud: BareCloud, vpc_id: str, block: str = "10.0.0.0/24", **parameters: Any) -> str:
    """A new subnet."""
    asked = {"VpcId": vpc_id, "CidrBlock": block, **parameters}
    made: str = (await cloud.ask("CreateSubnet", **asked))["Subnet"]["SubnetId"]
    return made


async def make_gateway(cloud: BareCloud, vpc_id: str | None = None) -> str:
    """A new internet gateway, attached to a VPC if one is named."""
    made: str = (await cloud.ask("CreateInternetGateway"))["InternetGateway"]["InternetGatewayId"]
    if vpc_id is not None:
        await cloud.ask("AttachInternetGateway", InternetGatewayId=made, VpcId=vpc_id)
    return made


async def only(cloud: BareCloud, action: str, member: str, **parameters: Any) -> dict[str, Any]:
    """The only thing that a Describe action finds."""
    (found,) = (await cloud.ask(action, **parameters))[member]
    shown: dict[str, Any] = found
    return shown


async def vpc(cloud: BareCloud, vpc_id: str) -> dict[str, Any]:
    """A VPC as it is described."""
    return await only(cloud, "DescribeVpcs", "Vpcs", VpcIds=[vpc_id])


async def subnet(cloud: BareCloud, subnet_id: str) -> dict[str, Any]:
    """A subnet as it is described."""
    return await only(cloud, "DescribeSubnets", "Subnets", SubnetIds=[subnet_id])


async def found(cloud: BareCloud, action: str, member: str, **filters: str) -> list[dict[str, Any]]:
    """What a Describe action finds by these filters; underscores stand for dashes, double ones for dots."""
    asked = [{"Name": name.replace("__", ".").replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    shown: list[dict[str, Any]] = (await cloud.ask(action, Filters=asked))[member]
    return shown


def tagged(resource_type: str) -> list[dict[str, Any]]:
    """A request's tags for a new resource of this type."""
    return [{"ResourceType": resource_type, "Tags": [{"Key": "Name", "Value": "moss"}]}]
