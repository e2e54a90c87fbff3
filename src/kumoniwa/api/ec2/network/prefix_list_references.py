"""Whether what names a prefix list can bear its size: it counts for as many rules as it may have entries."""

from sqlalchemy import Connection

from kumoniwa.api.ec2.network import quotas
from kumoniwa.api.ec2.network.ip_permissions import granted
from kumoniwa.api.ec2.network.managed_prefix_lists import counted_routes
from kumoniwa.api.ec2.network.security_group_rules import counted_rules
from kumoniwa.model.scope import Scope
from kumoniwa.store import prefix_lists, route_tables, security_groups


def overfull(connection: Connection, scope: Scope, prefix_list_id: str) -> list[str]:
    """The security groups and route tables that name a prefix list, and with its size have more than they may."""
    naming = sorted(prefix_lists.naming(connection, scope, prefix_list_id))
    return [one for one in naming if _is_overfull(connection, scope, one)]


def _is_overfull(connection: Connection, scope: Scope, resource_id: str) -> bool:
    if resource_id.startswith("rtb-"):
        routes = route_tables.routes_of(connection, [resource_id])
        return counted_routes(connection, scope, routes) > quotas.ROUTES.most
    ways = [security_groups.rules_of(connection, [resource_id], egress=egress) for egress in (False, True)]
    return any(counted_rules(connection, scope, [*map(granted, way)]) > quotas.GROUP_RULES.most for way in ways)
