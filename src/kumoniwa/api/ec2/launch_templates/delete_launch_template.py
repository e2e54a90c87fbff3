"""DeleteLaunchTemplate."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import LAUNCH_TEMPLATE
from kumoniwa.api.ec2.launch_templates.launch_template_output import template_output
from kumoniwa.api.ec2.named.launch_template_lookup import template_named
from kumoniwa.api.ec2.tags import tags_of
from kumoniwa.api.registry import action
from kumoniwa.store import launch_templates
from kumoniwa.store import tags as tag_rows

_NEITHER = "The request must contain the parameter launch template ID or launch template name"


@action("DeleteLaunchTemplate")
async def delete_launch_template(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete a launch template with all its versions. What was launched from it stays as it is."""

    def delete(connection: Connection) -> Answer:
        template = template_named(connection, call.scope, parameters, neither=_NEITHER)
        tags = tags_of(connection, call.scope, LAUNCH_TEMPLATE.resource_type, [template.id]).get(template.id)
        launch_templates.remove(connection, template.id)
        tag_rows.remove_all(connection, template.id)
        return {"LaunchTemplate": template_output(template, tags)}

    return await cloud.change(call, delete)
