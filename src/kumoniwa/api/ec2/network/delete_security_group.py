"""DeleteSecurityGroup."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.network.named_group import group_of
from kumoniwa.api.registry import action
from kumoniwa.errors import DependencyViolation, Ec2Error
from kumoniwa.store import security_groups
from kumoniwa.store import tags as tag_rows


@action("DeleteSecurityGroup")
async def delete_security_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a group that no instance is in, no other group's rule names and no other VPC is associated with."""

    def delete(connection: Connection) -> Answer:
        group = group_of(connection, call, parameters)
        if group.name == security_groups.DEFAULT_NAME:
            raise Ec2Error(
                "CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user'
            )
        if security_groups.is_in_use(connection, group.id) or security_groups.has_associations(connection, group.id):
            raise DependencyViolation(f"resource {group.id} has a dependent object")
        for rule in security_groups.rules_in(connection, call.scope, [group.id]):
            tag_rows.remove_all(connection, rule.id)
        tag_rows.remove_all(connection, group.id)
        security_groups.delete(connection, group.id)
        return {"Return": True, "GroupId": group.id}

    return await cloud.change(call, delete)
