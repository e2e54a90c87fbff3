"""DescribeLaunchTemplateVersions."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.launch_templates.launch_template_output import version_output, with_resolved_image
from kumoniwa.api.ec2.named.launch_template_lookup import template_named, version_number, version_of
from kumoniwa.api.listing import Asked, Listing
from kumoniwa.api.member_paths import Described, at
from kumoniwa.api.registry import Depth, action
from kumoniwa.errors import InvalidParameterValue, MissingParameter
from kumoniwa.model.launch_templates import DEFAULT, LATEST, LaunchTemplate, LaunchTemplateVersion
from kumoniwa.store import launch_templates

_USUAL_PAGE = 200  # versions, where a request names no size (community.aws issue 2131)
_OF_ALL = (
    "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, "
    "‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe "
    "the launch template data for a specific launch template, specify ‘--launch-template-id’ or "
    "‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, "
    "‘$Default’, or one or more version numbers."
)


def _read(connection: Connection, asked: Asked) -> list[Described]:
    """Versions with their descriptions, which filters read."""
    return [
        (version, _output(connection, asked, template, version)) for template, version in _versions(connection, asked)
    ]


def _output(
    connection: Connection, asked: Asked, template: LaunchTemplate, version: LaunchTemplateVersion
) -> dict[str, Any]:
    output = version_output(template, version)
    return with_resolved_image(connection, asked.call, output) if asked.parameters.get("ResolveAlias") else output


def _versions(connection: Connection, asked: Asked) -> Iterable[tuple[LaunchTemplate, LaunchTemplateVersion]]:
    parameters, versions = asked.parameters, asked.parameters.get("Versions")
    if parameters.get("LaunchTemplateId") is None and parameters.get("LaunchTemplateName") is None:
        return _of_all_templates(connection, asked, versions)
    template = template_named(connection, asked.call.scope, parameters)
    least, most = _bound(parameters.get("MinVersion")), _bound(parameters.get("MaxVersion"))
    if not versions:
        return [(template, one) for one in launch_templates.versions_of(connection, template.id, least, most)]
    found = {one.number: one for one in (version_of(connection, template, each) for each in versions)}
    return [
        (template, one) for one in found.values() if (least or 0) <= one.number and (most is None or one.number <= most)
    ]


def _of_all_templates(
    connection: Connection, asked: Asked, versions: list[str] | None
) -> list[tuple[LaunchTemplate, LaunchTemplateVersion]]:
    """The latest or the default versions of all templates, or both. Raises EC2's refusal of any others."""
    if not versions:
        raise MissingParameter(message=_OF_ALL)
    if not {LATEST, DEFAULT}.issuperset(versions):
        raise InvalidParameterValue(_OF_ALL)
    templates = {one.id: one for one in launch_templates.in_scope(connection, asked.call.scope)}
    return [
        (template, one)
        for one in launch_templates.pointed_at(connection, asked.call.scope)
        for template in (templates[one.template_id],)
        if one.number in {version_number(template, each) for each in versions}
    ]


def _bound(number: str | None) -> int | None:
    """A least or a greatest number. Raises EC2's refusal of what is none."""
    if number is None:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InvalidParameterValue(f"Value ({number[:200]}) for parameter version is invalid. Expecting a number.")
    return int(number)


def _key(shown: Described) -> str:
    """By template and number."""
    return f"{shown[0].template_id} {shown[0].number:010}"


_DATA = "LaunchTemplateData"
_VERSIONS = Listing[Described](
    member="LaunchTemplateVersions",
    read=_read,
    row=lambda shown, _: shown[1],
    key=_key,
    id_of=_key,
    filters={
        "create-time": at("CreateTime"),
        "ebs-optimized": at(f"{_DATA}.EbsOptimized"),
        "host-resource-group-arn": at(f"{_DATA}.Placement.HostResourceGroupArn"),
        "http-endpoint": at(f"{_DATA}.MetadataOptions.HttpEndpoint"),
        # There is no other than this endpoint, and no other option for it.
        "http-protocol-ipv4": at(f"{_DATA}.MetadataOptions.HttpEndpoint"),
        "http-tokens": at(f"{_DATA}.MetadataOptions.HttpTokens"),
        "iam-instance-profile": at(f"{_DATA}.IamInstanceProfile.Arn"),
        "image-id": at(f"{_DATA}.ImageId"),
        "instance-type": at(f"{_DATA}.InstanceType"),
        "is-default-version": at("DefaultVersion"),
        "kernel-id": at(f"{_DATA}.KernelId"),
        "license-configuration-arn": at(f"{_DATA}.LicenseSpecifications.LicenseConfigurationArn"),
        "network-card-index": at(f"{_DATA}.NetworkInterfaces.NetworkCardIndex"),
        "ram-disk-id": at(f"{_DATA}.RamDiskId"),
    },
    limits=(1, 200),
)


@action(
    "DescribeLaunchTemplateVersions",
    depth=Depth.PARTLY,
    missing="ResolveAlias is refused where ImageId names a parameter of Systems Manager.",
)
async def describe_launch_template_versions(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The versions of a launch template: all, some, or a range; or the latest and default ones of all templates."""
    return await _VERSIONS.answer(cloud, call, {"MaxResults": _USUAL_PAGE, **parameters})
