"""DeleteVpc."""

from itertools import chain

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import VPC
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.api.ec2.network.peering_states import delete_those_of
from kumoniwa.api.registry import action
from kumoniwa.errors import has_dependencies
from kumoniwa.model.vpcs import Vpc
from kumoniwa.store import gateways, network_acls, route_tables, security_groups, vpcs
from kumoniwa.store import tags as tag_rows


@action("DeleteVpc")
async def delete_vpc(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a VPC that nothing is in but what was made with it, which goes too. Its peering connections end."""

    def delete(connection: Connection) -> Answer:
        vpc = named(connection, call.scope, VPC, parameters["VpcId"])
        if _is_in_use(connection, vpc):
            raise has_dependencies("vpc", vpc.id)
        delete_those_of(connection, call, vpc)
        _remove_its_own(connection, vpc)
        vpcs.remove(connection, vpc.id)
        tag_rows.remove_all(connection, vpc.id)
        if vpc.is_default:
            vpcs.note_default_deleted(connection, call.scope)
        return None

    return await cloud.change(call, delete)


def _is_in_use(connection: Connection, vpc: Vpc) -> bool:
    """Whether there is anything in the VPC that was not made with it, or that others refer to."""
    main = route_tables.main_of(connection, vpc.id)
    groups = security_groups.of_vpc(connection, vpc.id)
    return (
        bool(vpcs.subnets_of(connection, vpc.id))
        or gateways.attached_to(connection, vpc.id) is not None
        or bool(gateways.egress_only_of(connection, vpc.id))
        or any(table.id != main.route_table_id for table in route_tables.of_vpc(connection, vpc.id))
        or any(not acl.is_default for acl in network_acls.of_vpc(connection, vpc.id))
        or any(group.name != security_groups.DEFAULT_NAME for group in groups)
        or any(security_groups.is_in_use(connection, group.id) for group in groups)
    )


def _remove_its_own(connection: Connection, vpc: Vpc) -> None:
    main = route_tables.main_of(connection, vpc.id)
    route_tables.disassociate(connection, main.id)
    gone = [main.route_table_id]
    route_tables.remove(connection, main.route_table_id)
    for acl in network_acls.of_vpc(connection, vpc.id):
        network_acls.remove(connection, acl.id)
        gone.append(acl.id)
    for group in security_groups.of_vpc(connection, vpc.id):
        rules = (security_groups.rules_of(connection, [group.id], egress=egress) for egress in (False, True))
        gone += [group.id, *(rule.id for rule in chain.from_iterable(rules))]
        security_groups.delete(connection, group.id)
    tag_rows.remove_all(connection, *gone)
