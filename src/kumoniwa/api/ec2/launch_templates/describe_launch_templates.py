"""DescribeLaunchTemplates."""

from dataclasses import replace

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import LAUNCH_TEMPLATE
from kumoniwa.api.ec2.launch_templates.launch_template_output import template_output
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.member_paths import moment
from kumoniwa.api.registry import action
from kumoniwa.clock import whole_seconds
from kumoniwa.errors import Ec2Error, InvalidParameterCombination
from kumoniwa.model.launch_templates import LaunchTemplate
from kumoniwa.store import launch_templates
from kumoniwa.store.selection import Selection, text
from kumoniwa.store.tables import launch_templates as tables

_OWN = tables.launch_templates.c


def _read(connection: Connection, asked: Asked) -> list[LaunchTemplate]:
    names = asked.parameters.get("LaunchTemplateNames")
    if not names:
        return launch_templates.in_scope(connection, asked.call.scope, asked.ids)
    found = launch_templates.named(connection, asked.call.scope, names)
    if not {one.name for one in found}.issuperset(names):
        raise Ec2Error(
            "InvalidLaunchTemplateName.NotFoundException",
            "At least one of the launch templates specified in the request does not exist.",
        )
    return found


def _check(asked: Asked) -> None:
    if asked.ids is not None and asked.parameters.get("LaunchTemplateNames"):
        raise InvalidParameterCombination(
            "Either launch template IDs or launch template names can be specified in the request, but not both."
        )


_TEMPLATES = Listing[LaunchTemplate](
    member="LaunchTemplates",
    kind=LAUNCH_TEMPLATE,
    ids="LaunchTemplateIds",
    check=_check,
    read=_read,
    row=template_output,
    key=lambda one: one.id,
    filters={
        "create-time": lambda one: (moment(whole_seconds(one.created_at)),),
        "launch-template-name": lambda one: (one.name,),
    },
    tagged=True,
    limits=(1, 200),
    selection=Selection(
        tables.launch_templates,
        order=(_OWN.id,),
        comparisons={"launch-template-name": text(_OWN.name)},
        resource_type=LAUNCH_TEMPLATE.resource_type,
    ),
)


@action("DescribeLaunchTemplates")
async def describe_launch_templates(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The launch templates of an account in a region. None of them is managed by a service."""
    # Those that are named are few, and each must be there.
    listing = replace(_TEMPLATES, selection=None) if parameters.get("LaunchTemplateNames") else _TEMPLATES
    return await listing.answer(cloud, call, parameters)
