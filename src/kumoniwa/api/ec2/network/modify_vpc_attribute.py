"""ModifyVpcAttribute, DescribeVpcAttribute and ModifyVpcTenancy."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.create_vpc import unsupported_tenancy
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterCombination, InvalidParameterValue, MissingParameter
from kumoniwa.store import vpcs

_COLUMNS = {
    "EnableDnsHostnames": "dns_hostnames",
    "EnableDnsSupport": "dns_support",
    "EnableNetworkAddressUsageMetrics": "usage_metrics",
}
_DEFAULT_TENANCY = "default"


@action(
    "ModifyVpcAttribute",
    depth=Depth.PARTLY,
    missing=f"{NOT_IN_USER} EnableNetworkAddressUsageMetrics is stored and shown: there are no metrics.",
)
async def modify_vpc_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Change one attribute of a VPC."""
    given = [member for member in _COLUMNS if parameters.get(member) is not None]
    if not given:
        raise InvalidParameterCombination("No attributes specified.")
    if len(given) > 1:
        names = ", ".join(member[0].lower() + member[1:] for member in given)
        raise InvalidParameterCombination(f"Fields for multiple attribute types specified: {names}")
    (member,) = given
    if (value := parameters[member].get("Value")) is None:
        raise MissingParameter(f"{member}.Value")

    def modify(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        if member == "EnableDnsHostnames" and value and not vpc.dns_support:
            raise InvalidParameterValue("You cannot enable DNS hostnames in a VPC whose DNS support is disabled.")
        vpcs.change(connection, vpc.id, **{_COLUMNS[member]: value})
        return None

    return await cloud.change(call, modify)


@action("DescribeVpcAttribute")
async def describe_vpc_attribute(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """One attribute of a VPC."""
    attribute: str = parameters["Attribute"]
    member = attribute[0].upper() + attribute[1:]

    def read(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        return {"VpcId": vpc.id, member: {"Value": getattr(vpc, _COLUMNS[member])}}

    return await read_region(cloud, call, read)


@action(
    "ModifyVpcTenancy",
    depth=Depth.RECORDED,
    missing="The tenancy is stored and shown. All instances share this host, whatever it is.",
)
async def modify_vpc_tenancy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a VPC the tenancy `default`, the only one that it can get."""
    if (tenancy := parameters["InstanceTenancy"]) != _DEFAULT_TENANCY:
        raise unsupported_tenancy(tenancy)

    def modify(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        vpcs.change(connection, vpc.id, tenancy=_DEFAULT_TENANCY)
        return {"ReturnValue": True}

    return await cloud.change(call, modify)
