"""CreateNetworkAcl and DeleteNetworkAcl."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_ACL, VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.network_acl_output import acl_row, described_acls
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.registry import action
from kumoniwa.errors import InvalidParameterValue, has_dependencies
from kumoniwa.ids import new_id
from kumoniwa.model.network_acls import NetworkAcl
from kumoniwa.store import network_acls
from kumoniwa.store import tags as tag_rows
from kumoniwa.store.tables import network_acls as tables


@action("CreateNetworkAcl")
async def create_network_acl(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a network ACL that admits nothing, and that no subnet has yet."""
    tags = from_specifications(parameters, [NETWORK_ACL.resource_type]).get(NETWORK_ACL.resource_type)

    def create(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        quotas.NETWORK_ACLS.check_one_more(connection, tables.network_acls, vpc.id)
        acl = NetworkAcl(new_id(NETWORK_ACL.prefix), call.account, call.region, vpc.id, is_default=False)
        network_acls.add(connection, acl)
        write(connection, call, acl.id, NETWORK_ACL.resource_type, tags)
        (made,) = described_acls(connection, call.scope, [acl])
        return {"NetworkAcl": acl_row(made, tags), "ClientToken": call.token.value if call.token else None}

    return await cloud.change(call, create)


@action("DeleteNetworkAcl")
async def delete_network_acl(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a network ACL that no subnet has, and that is not its VPC's default one."""

    def delete(connection: Connection) -> Answer:
        acl = named(connection, call.scope, NETWORK_ACL, parameters["NetworkAclId"])
        if acl.is_default:
            raise InvalidParameterValue(f"cannot delete default network ACL {acl.id}")
        if network_acls.subnets_with(connection, [acl.id]):
            raise has_dependencies("network ACL", acl.id)
        network_acls.remove(connection, acl.id)
        tag_rows.remove_all(connection, acl.id)
        return None

    return await cloud.change(call, delete)
