"""AssociateDhcpOptions and DeleteDhcpOptions."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import DHCP_OPTIONS, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, has_dependencies
from kumoniwa.ids import is_well_formed
from kumoniwa.model.vpcs import NO_DHCP_OPTIONS
from kumoniwa.store import dhcp_options, vpcs
from kumoniwa.store import tags as tag_rows


@action("AssociateDhcpOptions", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def associate_dhcp_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a VPC other DHCP options, or none (`default`)."""
    options_id: str = parameters["DhcpOptionsId"]

    def associate(connection: Connection) -> Answer:
        if options_id != NO_DHCP_OPTIONS:
            named(connection, call.scope, DHCP_OPTIONS, options_id)
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        vpcs.change(connection, vpc.id, dhcp_options_id=options_id)
        return None

    return await cloud.change(call, associate)


@action("DeleteDhcpOptions")
async def delete_dhcp_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete DHCP options that no VPC has."""
    options_id: str = parameters["DhcpOptionsId"]
    if not is_well_formed(options_id, DHCP_OPTIONS.prefix):
        raise Ec2Error("InvalidDhcpOptionsId.Malformed", f'Invalid id: "{options_id[:200]}" (expecting "dopt-...")')

    def delete(connection: Connection) -> Answer:
        options = named(connection, call.scope, DHCP_OPTIONS, options_id)
        if vpcs.using_options(connection, call.scope, options.id):
            raise has_dependencies("dhcpOptions", options.id)
        dhcp_options.remove(connection, options.id)
        tag_rows.remove_all(connection, options.id)
        return None

    return await cloud.change(call, delete)
