"""CreateLaunchTemplateVersion."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.launch_templates.create_launch_template import new_version
from kumoniwa.api.ec2.launch_templates.launch_template_output import version_output, with_resolved_image
from kumoniwa.api.ec2.launch_templates.template_data import VERSIONS, check_data, check_description, inherited
from kumoniwa.api.ec2.launch_templates.template_warnings import warnings
from kumoniwa.api.ec2.named.launch_template_lookup import template_named, version_of
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import no_template_data
from kumoniwa.store import launch_templates


@action(
    "CreateLaunchTemplateVersion",
    depth=Depth.PARTLY,
    missing="ResolveAlias is refused where ImageId names a parameter of Systems Manager.",
)
async def create_launch_template_version(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Store further parameters under the template's next number: they alone, or over those of a source version."""
    check_description(parameters.get("VersionDescription"))
    said = parameters.get("LaunchTemplateData") or {}
    if not said and parameters.get("SourceVersion") is None:
        raise no_template_data()
    check_data(said)

    def create(connection: Connection) -> Answer:
        template = template_named(connection, call.scope, parameters)
        data = said
        if (source := parameters.get("SourceVersion")) is not None:
            data = inherited(version_of(connection, template, source).data, said)
        VERSIONS.check(launch_templates.count_versions(connection, template.id) + 1, template.id)
        number = template.last_number + 1
        now = replace(template, latest_version=number, last_number=number)
        launch_templates.change(connection, now.id, latest_version=number, last_number=number)
        version = new_version(call, now, parameters.get("VersionDescription"), data)
        launch_templates.add_version(connection, version)
        output = version_output(now, version)
        if parameters.get("ResolveAlias"):
            output = with_resolved_image(connection, call, output)
        return {"LaunchTemplateVersion": output, "Warning": warnings(connection, call, data)}

    return await cloud.change(call, create)
