"""The launch template, and the version of it, that a call names: found, or refused in EC2's words."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.ec2.kinds import LAUNCH_TEMPLATE
from kumoniwa.api.ec2.named.lookup import named
from kumoniwa.errors import Ec2Error, InvalidParameterCombination, MissingParameter
from kumoniwa.model.launch_templates import DEFAULT, LATEST, LaunchTemplate, LaunchTemplateVersion
from kumoniwa.model.scope import Scope
from kumoniwa.store import launch_templates

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_NEITHER = "Either a launch template ID or a launch template name must be specified in the request."
_BOTH = "Either a launch template ID or a launch template name can be specified in the request, but not both."


class LaunchTemplateNameNotFound(Ec2Error):
    """A name that no launch template has."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "InvalidLaunchTemplateName.NotFoundException",
            f"The specified launch template, with template name {name[:200]}, does not exist.",
        )


class LaunchTemplateVersionNotFound(Ec2Error):
    """A version that a launch template does not have, in EC2's usual text or, where it has another, in `message`."""

    def __init__(self, template_id: str, version: str, *, message: str = "") -> None:
        usual = f"Could not find the specified version {version[:200]} for the launch template with ID {template_id}."
        super().__init__("InvalidLaunchTemplateId.VersionNotFound", message or usual)


def template_named(
    connection: Connection, scope: Scope, said: Mapping[str, Any], *, neither: str = _NEITHER, both: str = _BOTH
) -> LaunchTemplate:
    """The launch template that `said` names, by `LaunchTemplateId` or by `LaunchTemplateName`.

    Raises EC2's refusals; those of a call that names none, or names one in both ways, in these words.
    """
    template_id, name = said.get("LaunchTemplateId"), said.get("LaunchTemplateName")
    if template_id is not None and name is not None:
        raise InvalidParameterCombination(both)
    if template_id is not None:
        return named(connection, scope, LAUNCH_TEMPLATE, template_id)
    if name is None:
        raise MissingParameter(message=neither)
    found = launch_templates.named(connection, scope, [name])
    if not found:
        raise LaunchTemplateNameNotFound(name)
    return found[0]


def version_number(template: LaunchTemplate, version: str) -> int | None:
    """The number that a call means by `version`: a number, `$Latest` or `$Default`. None: it can be no number."""
    if version == LATEST:
        return template.latest_version
    if version == DEFAULT:
        return template.default_version
    return int(version) if _NUMBER.fullmatch(version) else None


def version_of(connection: Connection, template: LaunchTemplate, version: str | None) -> LaunchTemplateVersion:
    """A version of a template, its default one where none is named. Raises EC2's refusal."""
    number = template.default_version if version is None else version_number(template, version)
    found = None if number is None else launch_templates.version(connection, template.id, number)
    if found is None:
        raise LaunchTemplateVersionNotFound(template.id, str(version))
    return found
