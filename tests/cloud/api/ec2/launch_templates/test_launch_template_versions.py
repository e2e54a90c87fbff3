"""CreateLaunchTemplateVersion, DescribeLaunchTemplateVersions, DeleteLaunchTemplateVersions."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from templates_at_hand import TYPE, data_of, image_of, make

pytestmark = pytest.mark.anyio


async def _add(stack: Stack, name: str = "web", **parameters: Any) -> dict[str, Any]:
    asked = {"LaunchTemplateName": name, "LaunchTemplateData": TYPE, **parameters}
    version: dict[str, Any] = (await stack.call("CreateLaunchTemplateVersion", **asked))["LaunchTemplateVersion"]
    return version


async def _numbers(stack: Stack, **parameters: Any) -> list[int]:
    found = await stack.call("DescribeLaunchTemplateVersions", **parameters)
    return [one["VersionNumber"] for one in found["LaunchTemplateVersions"]]


async def _refused(stack: Stack, action: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        await stack.call(action, **parameters)
    return refused.value.code, refused.value.message


async def test_a_version_says_what_it_is_given_and_no_more(stack: Stack) -> None:
    template_id = await make(stack, KeyName="moss")
    version = await _add(stack, VersionDescription="smaller", LaunchTemplateData={"InstanceType": "t3.nano"})
    assert (version["VersionNumber"], version["DefaultVersion"], version["LaunchTemplateId"]) == (2, False, template_id)
    assert version["VersionDescription"] == "smaller"
    assert version["LaunchTemplateData"] == {"InstanceType": "t3.nano"}
    (template,) = (await stack.call("DescribeLaunchTemplates"))["LaunchTemplates"]
    assert (template["LatestVersionNumber"], template["DefaultVersionNumber"]) == (2, 1)


async def test_a_version_of_a_source_overwrites_whole_parameters_and_leaves_snapshots_out(stack: Stack) -> None:
    devices = [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0", "VolumeSize": 2}}]
    metadata = {"HttpTokens": "required", "HttpPutResponseHopLimit": 3}
    await make(stack, BlockDeviceMappings=devices, MetadataOptions=metadata, KeyName="moss")
    said = {"MetadataOptions": {"HttpTokens": "optional"}, "InstanceType": "t3.nano"}
    version = await _add(stack, SourceVersion="$Default", LaunchTemplateData=said)
    data = version["LaunchTemplateData"]
    assert (data["KeyName"], data["InstanceType"]) == ("moss", "t3.nano")
    assert data["MetadataOptions"] == {"HttpTokens": "optional"}
    assert data["BlockDeviceMappings"] == [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 2}}]
    explicit = await _add(stack, SourceVersion="2", LaunchTemplateData={"BlockDeviceMappings": devices})
    assert explicit["LaunchTemplateData"]["BlockDeviceMappings"] == devices
    refusal = await _refused(
        stack, "CreateLaunchTemplateVersion", LaunchTemplateName="web", SourceVersion="9", LaunchTemplateData=TYPE
    )
    assert refusal[0] == "InvalidLaunchTemplateId.VersionNotFound"


async def test_a_version_of_a_source_may_say_nothing_of_its_own(stack: Stack) -> None:
    await make(stack, KeyName="moss")
    version = await _add(stack, SourceVersion="1", VersionDescription="the same", LaunchTemplateData={})
    assert version["VersionDescription"] == "the same"
    assert version["LaunchTemplateData"]["KeyName"] == "moss"
    refusal = await _refused(stack, "CreateLaunchTemplateVersion", LaunchTemplateName="web", LaunchTemplateData={})
    assert refusal[0] == "MissingParameter"
    assert refusal[1].startswith("No launch template data was provided.")


async def test_versions_of_a_template_are_named_or_of_a_range(stack: Stack) -> None:
    template_id = await make(stack)
    for _ in range(3):
        await _add(stack)
    await stack.call("ModifyLaunchTemplate", LaunchTemplateName="web", DefaultVersion="2")
    of_it = {"LaunchTemplateId": template_id}
    assert await _numbers(stack, **of_it) == [1, 2, 3, 4]
    assert await _numbers(stack, **of_it, Versions=["3", "1", "3"]) == [1, 3]
    assert await _numbers(stack, **of_it, Versions=["$Latest", "$Default"]) == [2, 4]
    assert await _numbers(stack, **of_it, MinVersion="2", MaxVersion="3") == [2, 3]
    assert await _numbers(stack, **of_it, MinVersion="3") == [3, 4]
    assert await _numbers(stack, **of_it, MaxVersion="1") == [1]
    refusal = await _refused(stack, "DescribeLaunchTemplateVersions", **of_it, Versions=["9"])
    assert refusal == (
        "InvalidLaunchTemplateId.VersionNotFound",
        f"Could not find the specified version 9 for the launch template with ID {template_id}.",
    )
    for version in ("$latest", "one", "0", "-1", "99999999999999999999"):
        refusal = await _refused(stack, "DescribeLaunchTemplateVersions", **of_it, Versions=[version])
        assert refusal[0] == "InvalidLaunchTemplateId.VersionNotFound"


async def test_the_latest_and_default_versions_of_all_templates(stack: Stack) -> None:
    first, second = await make(stack, "one"), await make(stack, "two")
    await _add(stack, "two")
    found = await stack.call("DescribeLaunchTemplateVersions", Versions=["$Latest"])
    assert [(one["LaunchTemplateId"], one["VersionNumber"]) for one in found["LaunchTemplateVersions"]] == [
        (first, 1),
        (second, 2),
    ]
    assert await _numbers(stack, Versions=["$Default"]) == [1, 1]
    assert await _numbers(stack, Versions=["$Default", "$Latest"]) == [1, 1, 2]
    for parameters, code in (({}, "MissingParameter"), ({"Versions": ["1"]}, "InvalidParameterValue")):
        refusal = await _refused(stack, "DescribeLaunchTemplateVersions", **parameters)
        assert refusal[0] == code
        assert refusal[1].startswith("To describe the launch template data for all your launch templates, for ‘--vers")


async def test_versions_are_filtered_by_what_they_say(stack: Stack) -> None:
    asked = {
        "ebs-optimized": ({"EbsOptimized": True}, "true"),
        "http-endpoint": ({"MetadataOptions": {"HttpEndpoint": "disabled"}}, "disabled"),
        "http-tokens": ({"MetadataOptions": {"HttpTokens": "required"}}, "required"),
        "iam-instance-profile": ({"IamInstanceProfile": {"Arn": "arn:aws:iam::1:x"}}, "arn:aws:iam::1:x"),
        "image-id": ({"ImageId": "ami-0123456789abcdef0"}, "ami-0*"),
        "instance-type": ({"InstanceType": "m5.large"}, "m5.*"),
        "kernel-id": ({"KernelId": "aki-1"}, "aki-1"),
        "ram-disk-id": ({"RamDiskId": "ari-1"}, "ari-1"),
        "network-card-index": ({"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkCardIndex": 1}]}, "1"),
    }
    await make(stack, ImageId="ami-fedcba98765432100")
    for name, (data, value) in asked.items():
        number = (await _add(stack, LaunchTemplateData=data))["VersionNumber"]
        found = await _numbers(stack, LaunchTemplateName="web", Filters=[{"Name": name, "Values": [value]}])
        assert found == [number], name
    default = [{"Name": "is-default-version", "Values": ["true"]}]
    assert await _numbers(stack, LaunchTemplateName="web", Filters=default) == [1]


async def test_versions_come_page_by_page(stack: Stack) -> None:
    await make(stack)
    for _ in range(2):
        await _add(stack)
    first = await stack.call("DescribeLaunchTemplateVersions", LaunchTemplateName="web", MaxResults=2)
    assert len(first["LaunchTemplateVersions"]) == 2
    asked = {"LaunchTemplateName": "web", "MaxResults": 2, "NextToken": first["NextToken"]}
    assert await _numbers(stack, **asked) == [3]


async def test_versions_are_deleted_one_by_one_and_their_numbers_do_not_come_again(stack: Stack) -> None:
    template_id = await make(stack)
    for _ in range(2):
        await _add(stack)
    answer = await stack.call("DeleteLaunchTemplateVersions", LaunchTemplateName="web", Versions=["1", "3", "9"])
    named = {"LaunchTemplateId": template_id, "LaunchTemplateName": "web"}
    assert answer["SuccessfullyDeletedLaunchTemplateVersions"] == [{**named, "VersionNumber": 3}]
    assert [
        (one["VersionNumber"], one["ResponseError"]["Code"])
        for one in answer["UnsuccessfullyDeletedLaunchTemplateVersions"]
    ] == [(1, "unexpectedError"), (9, "launchTemplateVersionDoesNotExist")]
    (template,) = (await stack.call("DescribeLaunchTemplates"))["LaunchTemplates"]
    assert template["LatestVersionNumber"] == 2
    assert (await _add(stack))["VersionNumber"] == 4
    assert await _numbers(stack, LaunchTemplateName="web") == [1, 2, 4]


async def test_a_parameter_of_systems_manager_is_kept_as_it_is(stack: Stack) -> None:
    alias, name = "resolve:ssm:/golden", "/golden"
    made = await stack.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData={"ImageId": alias})
    assert "Warning" not in made
    assert await data_of(stack, "web") == {"ImageId": alias}
    for action, asked in (
        ("DescribeLaunchTemplateVersions", {"ResolveAlias": True}),
        ("CreateLaunchTemplateVersion", {"SourceVersion": "1", "LaunchTemplateData": TYPE, "ResolveAlias": True}),
    ):
        code, message = await _refused(stack, action, LaunchTemplateName="web", **asked)
        assert code == "SsmInvalidParameter"
        assert message == f"The parameter {name} was not found."
    assert await _numbers(stack, LaunchTemplateName="web") == [1]
    image = await image_of(stack)
    await stack.ask("ssm", "PutParameter", Name=name, Value=image, Type="String", DataType="aws:ec2:image")
    asked = {"LaunchTemplateName": "web", "ResolveAlias": True}
    [version] = (await stack.call("DescribeLaunchTemplateVersions", **asked))["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"] == {"ImageId": image}
    assert await data_of(stack, "web") == {"ImageId": alias}
