"""CreateLaunchTemplate."""

from collections.abc import Mapping

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import LAUNCH_TEMPLATE
from kumoniwa.api.ec2.launch_templates.launch_template_output import template_output
from kumoniwa.api.ec2.launch_templates.template_data import TEMPLATES, check_data, check_description, check_name
from kumoniwa.api.ec2.launch_templates.template_warnings import warnings
from kumoniwa.api.ec2.tags import from_specifications, write
from kumoniwa.api.not_built import NotBuiltParameter, refuse
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import Ec2Error, InvalidParameterValue
from kumoniwa.ids import new_id
from kumoniwa.model.launch_templates import LaunchTemplate, LaunchTemplateVersion
from kumoniwa.store import launch_templates
from kumoniwa.store.tables import launch_templates as tables

_TYPE = LAUNCH_TEMPLATE.resource_type
_NOT_BUILT = (NotBuiltParameter("Operator", "launch templates of a service"),)


@action(
    "CreateLaunchTemplate",
    depth=Depth.PARTLY,
    missing="LaunchTemplateData is stored as it is. What a launch from it would refuse, `Warning` tells at once.",
    not_built=_NOT_BUILT,
)
async def create_launch_template(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Store parameters of a launch under a name, as version 1. Nothing is launched."""
    refuse(parameters, _NOT_BUILT)
    check_name(parameters["LaunchTemplateName"])
    check_description(parameters.get("VersionDescription"))
    tags = _tags(parameters)
    data = parameters["LaunchTemplateData"]
    check_data(data)

    def create(connection: Connection) -> Answer:
        if launch_templates.named(connection, call.scope, [parameters["LaunchTemplateName"]]):
            raise Ec2Error("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
        TEMPLATES.check_one_more(connection, tables.launch_templates, call.scope)
        made = LaunchTemplate(
            id=new_id(LAUNCH_TEMPLATE.prefix),
            account=call.account,
            region=call.region,
            name=parameters["LaunchTemplateName"],
            created_at=call.at,
            created_by=created_by(call),
            default_version=1,
            latest_version=1,
            last_number=1,
        )
        launch_templates.add(connection, made)
        launch_templates.add_version(connection, new_version(call, made, parameters.get("VersionDescription"), data))
        write(connection, call, made.id, _TYPE, tags)
        return {"LaunchTemplate": template_output(made, tags), "Warning": warnings(connection, call, data)}

    return await cloud.change(call, create)


def created_by(call: Call) -> str:
    """Who makes a template or a version, as EC2 shows it."""
    return f"arn:aws:iam::{call.account}:root"


def new_version(
    call: Call, template: LaunchTemplate, description: str | None, data: Mapping[str, object]
) -> LaunchTemplateVersion:
    """The version of a template that has its latest number."""
    return LaunchTemplateVersion(
        template_id=template.id,
        number=template.last_number,
        description=description,
        created_at=call.at,
        created_by=created_by(call),
        data=data,
    )


def _tags(parameters: Parameters) -> Mapping[str, str] | None:
    """The tags of the template itself. Raises EC2's refusals."""
    for specification in parameters.get("TagSpecifications", ()):
        if specification.get("ResourceType") != _TYPE:
            raise InvalidParameterValue(
                "The value for the ResourceType member of the TagSpecification request parameter must be "
                "‘launch-template’. Verify the ResourceType and try again."
            )
    return from_specifications(parameters, [_TYPE]).get(_TYPE)
