"""Which resources a statement wrote to, as far as the statement itself says so."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList

_NAMED_BY = {
    "acl_entries": "acl_id",
    "attachments": "volume_id",
    "boots": "instance_id",
    "claims": "resource_id",
    "fast_launches": "image_id",
    "fleet_instances": "fleet_id",
    "group_associations": "group_id",
    "hibernations": "instance_id",
    "iam_attached_policies": "holder_id",
    "iam_inline_policies": "holder_id",
    "iam_policy_versions": "policy_id",
    "image_devices": "image_id",
    "instance_moves": "instance_id",
    "interface_groups": "interface_id",
    "ipv6_addresses": "interface_id",
    "kms_aliases": "key_id",
    "kms_grants": "key_id",
    "launch_template_versions": "template_id",
    "nat_gateway_addresses": "nat_gateway_id",
    "parameter_tags": "name",
    "parameters": "name",
    "permissions": "resource_id",
    "prefix_list_entries": "prefix_list_id",
    "profile_associations": "instance_id",
    "routes": "route_table_id",
    "secondary_addresses": "interface_id",
    "security_group_rules": "group_id",
    "tags": "resource_id",
    "volume_modifications": "volume_id",
}
"""The column that names the resource whose row it is, where that is not `id`."""


def written_rows(statement: Any, parameters: list[dict[str, Any]]) -> list[str] | None:
    """The ids of the resources to whose rows an INSERT, UPDATE or DELETE wrote, and maybe of some more.

    None where the statement does not name them: then they may be any. `parameters` are those of its execution.
    """
    column = naming_column(statement.table)
    if column is None:
        return None
    if statement.is_insert:
        return None if any(column not in row for row in parameters) else [str(row[column]) for row in parameters]
    for criterion in all_of_clause(statement.whereclause):
        if (ids := _required(criterion, statement.table.c[column])) is not None:
            return ids
    return None


def naming_column(table: Table) -> str | None:
    """The name of the column that says which resource a row is of."""
    name = _NAMED_BY.get(table.name, "id")
    return name if name in table.c else None


def all_of_clause(clause: Any) -> Iterator[Any]:
    """The criteria that must all hold."""
    if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from all_of_clause(part)
    elif clause is not None:
        yield clause


def _required(criterion: Any, column: Any) -> list[str] | None:
    """The values that a criterion allows this column, where it allows only some that are given."""
    if not isinstance(criterion, BinaryExpression) or criterion.left is not column:
        return None
    if not isinstance(criterion.right, BindParameter) or criterion.right.required:
        return None
    given: Any = criterion.right.effective_value
    if criterion.operator is operators.eq:
        return [str(given)]
    return [str(each) for each in given] if criterion.operator is operators.in_op else None
