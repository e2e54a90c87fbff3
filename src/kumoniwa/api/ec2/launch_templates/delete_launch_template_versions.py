"""DeleteLaunchTemplateVersions."""

from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.named.launch_template_lookup import LaunchTemplateVersionNotFound, template_named, version_number
from kumoniwa.api.registry import action
from kumoniwa.errors import InvalidParameterValue
from kumoniwa.model.launch_templates import LaunchTemplate
from kumoniwa.store import launch_templates

_MOST = 200  # versions of one request
_IS_DEFAULT = (
    "You can't delete the default version of a launch template; you must first assign a different version as the "
    "default."
)


@action("DeleteLaunchTemplateVersions")
async def delete_launch_template_versions(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Delete those of these versions that there are, and say which. The default one stays; no number comes again."""
    asked = list(dict.fromkeys(parameters["Versions"]))
    if len(asked) > _MOST:
        raise InvalidParameterValue(f"You can delete up to {_MOST} launch template versions in a single request.")

    def delete(connection: Connection) -> Answer:
        template = template_named(connection, call.scope, parameters)
        deleted: list[int] = []
        failed: list[dict[str, Any]] = []
        for version in asked:
            number = version_number(template, version)
            if number is None or launch_templates.version(connection, template.id, number) is None:
                missing = LaunchTemplateVersionNotFound(template.id, version)
                failed.append(_failed(template, number, "launchTemplateVersionDoesNotExist", missing.message))
            elif number == template.default_version:
                failed.append(_failed(template, number, "unexpectedError", _IS_DEFAULT))
            elif number not in deleted:
                deleted.append(number)
        if deleted:
            latest = launch_templates.remove_versions(connection, template.id, deleted)
            launch_templates.change(connection, template.id, latest_version=latest)
        return {
            "SuccessfullyDeletedLaunchTemplateVersions": [_item(template, number) for number in deleted],
            "UnsuccessfullyDeletedLaunchTemplateVersions": failed,
        }

    return await cloud.change(call, delete)


def _item(template: LaunchTemplate, number: int | None) -> dict[str, Any]:
    return {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": number}


def _failed(template: LaunchTemplate, number: int | None, code: str, message: str) -> dict[str, Any]:
    return {**_item(template, number), "ResponseError": {"Code": code, "Message": message}}
