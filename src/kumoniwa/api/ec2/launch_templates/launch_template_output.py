"""Launch templates and their versions as EC2 describes them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.ec2.images.image_aliases import resolved
from kumoniwa.api.ec2.tags import tag_set
from kumoniwa.clock import whole_seconds
from kumoniwa.model.launch_templates import LaunchTemplate, LaunchTemplateVersion

Output = dict[str, Any]

_OPERATOR = {"Managed": False}


def template_output(template: LaunchTemplate, tags: Mapping[str, str] | None) -> Output:
    """A launch template with its tags."""
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "CreateTime": whole_seconds(template.created_at),
        "CreatedBy": template.created_by,
        "DefaultVersionNumber": template.default_version,
        "LatestVersionNumber": template.latest_version,
        "Tags": tag_set(tags),
        "Operator": _OPERATOR,
    }


def version_output(template: LaunchTemplate, version: LaunchTemplateVersion) -> Output:
    """A version of a launch template."""
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "VersionNumber": version.number,
        "VersionDescription": version.description,
        "CreateTime": whole_seconds(version.created_at),
        "CreatedBy": version.created_by,
        "DefaultVersion": version.number == template.default_version,
        "LaunchTemplateData": data_output(version.data),
        "Operator": _OPERATOR,
    }


def data_output(data: Mapping[str, Any]) -> Output:
    """LaunchTemplateData as answers have it: under the same names as requests."""
    shown = dict(data)
    if (operator := shown.get("Operator")) is not None:
        shown["Operator"] = {"Managed": True, **operator}
    return shown


def with_resolved_image(connection: Connection, call: Call, output: Output) -> Output:
    """The version with the AMI that its ImageId stands for now (`ResolveAlias`). Raises EC2's refusals."""
    data = output["LaunchTemplateData"]
    if (image_id := data.get("ImageId")) is None:
        return output
    return {**output, "LaunchTemplateData": {**data, "ImageId": resolved(connection, call, image_id)}}
