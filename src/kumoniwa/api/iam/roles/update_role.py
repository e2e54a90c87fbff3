"""UpdateRole, UpdateRoleDescription, UpdateAssumeRolePolicy."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.documents import checked_trust
from kumoniwa.api.iam.roles.create_role import (
    MOST_OF_A_TRUST_POLICY,
    NOT_EVALUATED,
    checked_description,
    checked_session,
)
from kumoniwa.api.iam.roles.named_role import role_of, whole_role_output
from kumoniwa.api.registry import Depth, action
from kumoniwa.store import roles


@action("UpdateRole", service="iam")
async def update_role(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a role another description, or longest session. What is not given stays (docs/sources.md)."""
    checked = {"description": checked_description(parameters), "max_session": checked_session(parameters)}
    given = {"description": "Description", "max_session": "MaxSessionDuration"}
    columns = {column: value for column, value in checked.items() if given[column] in parameters}

    def update(connection: Connection) -> Answer:
        role = role_of(connection, call, parameters)
        if columns:
            roles.change(connection, role.id, columns)
        return None

    return await cloud.change(call, update)


@action("UpdateRoleDescription", service="iam")
async def update_role_description(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a role another description."""
    description = checked_description(parameters)

    def update(connection: Connection) -> Answer:
        roles.change(connection, role_of(connection, call, parameters).id, {"description": description})
        return {"Role": whole_role_output(role_of(connection, call, parameters))}

    return await cloud.change(call, update)


@action("UpdateAssumeRolePolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def update_assume_role_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Give a role another trust policy."""
    trust = checked_trust(parameters["PolicyDocument"], "policyDocument", MOST_OF_A_TRUST_POLICY)

    def update(connection: Connection) -> Answer:
        roles.change(connection, role_of(connection, call, parameters).id, {"trust_policy": trust})
        return None

    return await cloud.change(call, update)
