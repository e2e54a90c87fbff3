"""ReplaceNetworkAclAssociation."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import NETWORK_ACL
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.effects import NOT_IN_USER
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.store import vpcs


@action("ReplaceNetworkAclAssociation", depth=Depth.PARTLY, missing=NOT_IN_USER)
async def replace_network_acl_association(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a subnet another network ACL of its VPC."""
    association_id: str = parameters["AssociationId"]

    def replace(connection: Connection) -> Answer:
        subnet = vpcs.subnet_with_acl_association(connection, call.scope, association_id)
        if subnet is None:
            raise Ec2Error(
                "InvalidAssociationID.NotFound", f"The association ID '{association_id[:200]}' does not exist"
            )
        acl = named(connection, call.scope, NETWORK_ACL, parameters["NetworkAclId"])
        if acl.vpc_id != subnet.vpc_id:
            raise InvalidParameterValue(f"network acl {acl.id} and subnet {subnet.id} belong to different networks")
        new = new_id("aclassoc")
        vpcs.change_subnet(connection, subnet.id, acl_id=acl.id, acl_association_id=new)
        return {"NewAssociationId": new}

    return await cloud.change(call, replace)
