"""ModifyLaunchTemplate."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import LAUNCH_TEMPLATE
from kumoniwa.api.ec2.launch_templates.launch_template_output import template_output
from kumoniwa.api.ec2.named.launch_template_lookup import (
    LaunchTemplateVersionNotFound,
    template_named,
    version_number,
)
from kumoniwa.api.ec2.tags import tags_of
from kumoniwa.api.registry import action
from kumoniwa.store import launch_templates

_BOTH = "Either provide launch template ID or launch template name to modify the template."


@action("ModifyLaunchTemplate")
async def modify_launch_template(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Make a version the default one: that which a launch takes where it names none."""

    def modify(connection: Connection) -> Answer:
        template = template_named(connection, call.scope, parameters, both=_BOTH)
        if (version := parameters.get("DefaultVersion")) is not None:
            number = version_number(template, version)
            if number is None or launch_templates.version(connection, template.id, number) is None:
                raise LaunchTemplateVersionNotFound(
                    template.id,
                    version,
                    message=f"The launch template version {version[:200]} is not found for the specified launch "
                    "template.",
                )
            launch_templates.change(connection, template.id, default_version=number)
            template = replace(template, default_version=number)
        tags = tags_of(connection, call.scope, LAUNCH_TEMPLATE.resource_type, [template.id]).get(template.id)
        return {"LaunchTemplate": template_output(template, tags)}

    return await cloud.change(call, modify)
