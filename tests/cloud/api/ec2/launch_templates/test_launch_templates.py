"""CreateLaunchTemplate, DescribeLaunchTemplates, ModifyLaunchTemplate, DeleteLaunchTemplate."""

from dataclasses import replace
from typing import Any

import pytest
from asgi import Refused
from stack import Stack
from templates_at_hand import TYPE, data_of, image_of, launch_from, make

from kumoniwa.api.ec2.launch_templates import create_launch_template
from kumoniwa.api.ec2.launch_templates.template_data import TEMPLATES

pytestmark = pytest.mark.anyio

_GONE = "lt-0123456789abcdef0"
_NAME = "InvalidLaunchTemplateName"
_ID = "InvalidLaunchTemplateId"


async def _refused(stack: Stack, action: str, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        await stack.call(action, **parameters)
    return refused.value.code, refused.value.message


async def test_a_template_has_a_first_version_which_is_latest_and_default(stack: Stack) -> None:
    tags = [{"Key": "team", "Value": "moss"}]
    made = await stack.call(
        "CreateLaunchTemplate",
        LaunchTemplateName="web/(a).b_c-1",
        VersionDescription="the first",
        LaunchTemplateData=TYPE,
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": tags}],
    )
    template = made["LaunchTemplate"]
    assert (template["LatestVersionNumber"], template["DefaultVersionNumber"]) == (1, 1)
    assert template["Tags"] == tags
    assert template["CreatedBy"] == "arn:aws:iam::123456789012:root"
    assert "Warning" not in made
    assert (await stack.call("DescribeLaunchTemplates"))["LaunchTemplates"] == [template]
    (version,) = (await stack.call("DescribeLaunchTemplateVersions", LaunchTemplateName="web/(a).b_c-1"))[
        "LaunchTemplateVersions"
    ]
    assert (version["VersionNumber"], version["VersionDescription"], version["DefaultVersion"]) == (
        1,
        "the first",
        True,
    )
    assert version["LaunchTemplateData"] == TYPE


@pytest.mark.parametrize("name", ["ab", "a" * 129, "two words", "naïve"])
async def test_a_name_that_can_be_none_is_refused(stack: Stack, name: str) -> None:
    code, message = await _refused(stack, "CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=TYPE)
    assert code == f"{_NAME}.MalformedException"
    assert message.startswith("A launch template name must be between 3 and 128 characters")


async def test_a_name_is_an_accounts_once_in_a_region(stack: Stack) -> None:
    await make(stack)
    refusal = await _refused(stack, "CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=TYPE)
    assert refusal == (f"{_NAME}.AlreadyExistsException", "Launch template name already in use.")
    elsewhere = stack.in_region("eu-west-1")
    await elsewhere.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=TYPE)
    await stack.call("DeleteLaunchTemplate", LaunchTemplateName="web")
    await make(stack)


async def test_data_are_needed_and_may_be_empty_user_data(stack: Stack) -> None:
    code, message = await _refused(stack, "CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData={})
    assert (code, message[:37]) == ("MissingParameter", "No launch template data was provided.")
    await stack.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData={"UserData": ""})
    assert await data_of(stack, "web") == {"UserData": ""}


async def test_only_the_template_itself_is_tagged_beside_its_data(stack: Stack) -> None:
    specification = {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}
    asked = {"LaunchTemplateName": "web", "LaunchTemplateData": TYPE, "TagSpecifications": [specification]}
    assert await _refused(stack, "CreateLaunchTemplate", **asked) == (
        "InvalidParameterValue",
        "The value for the ResourceType member of the TagSpecification request parameter must be ‘launch-template’. "
        "Verify the ResourceType and try again.",
    )
    data = {"TagSpecifications": [{**specification, "ResourceType": "launch-template"}]}
    code, message = await _refused(stack, "CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=data)
    assert (code, message[:31]) == ("InvalidParameterValue", "'launch-template' is not a vali")


async def test_a_token_makes_one_template(stack: Stack) -> None:
    asked = {"LaunchTemplateName": "web", "LaunchTemplateData": TYPE, "ClientToken": "once"}
    first = await stack.call("CreateLaunchTemplate", **asked)
    assert await stack.call("CreateLaunchTemplate", **asked) == first
    assert len((await stack.call("DescribeLaunchTemplates"))["LaunchTemplates"]) == 1
    code, _ = await _refused(stack, "CreateLaunchTemplate", **{**asked, "LaunchTemplateName": "other"})
    assert code == "IdempotentParameterMismatch"


async def test_templates_are_found_by_ids_names_filters_and_tags_and_page_by_page(stack: Stack) -> None:
    ids = [await make(stack, f"web-{number}") for number in range(3)]
    await stack.call("CreateTags", Resources=[ids[1]], Tags=[{"Key": "team", "Value": "moss"}])

    async def found(**parameters: Any) -> list[str]:
        answer = await stack.call("DescribeLaunchTemplates", **parameters)
        return [one["LaunchTemplateId"] for one in answer["LaunchTemplates"]]

    assert await found(LaunchTemplateIds=ids[:2]) == ids[:2]
    assert await found(LaunchTemplateNames=["web-2"]) == ids[2:]
    assert await found(LaunchTemplateNames=["web-0", "web-1"], MaxResults=1) == ids[:1]
    assert await found(Filters=[{"Name": "launch-template-name", "Values": ["*-1"]}]) == ids[1:2]
    assert await found(Filters=[{"Name": "tag:team", "Values": ["moss"]}]) == ids[1:2]
    assert await found(Filters=[{"Name": "tag-key", "Values": ["t*"]}]) == ids[1:2]
    pages: list[list[str]] = []
    token: dict[str, Any] = {}
    while True:
        page = await stack.call("DescribeLaunchTemplates", MaxResults=2, **token)
        pages.append([one["LaunchTemplateId"] for one in page["LaunchTemplates"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert pages == [ids[:2], ids[2:]]


async def test_templates_that_are_not_there_are_refused_in_the_words_of_each_action(stack: Stack) -> None:
    by_id = f"The specified launch template, with template ID {_GONE}, does not exist."
    by_name = "The specified launch template, with template name gone, does not exist."
    for action, more in (
        ("CreateLaunchTemplateVersion", {"LaunchTemplateData": TYPE}),
        ("DeleteLaunchTemplate", {}),
        ("DeleteLaunchTemplateVersions", {"Versions": ["1"]}),
        ("DescribeLaunchTemplateVersions", {}),
        ("ModifyLaunchTemplate", {"DefaultVersion": "1"}),
    ):
        assert await _refused(stack, action, LaunchTemplateId=_GONE, **more) == (f"{_ID}.NotFound", by_id), action
        assert await _refused(stack, action, LaunchTemplateName="gone", **more) == (
            f"{_NAME}.NotFoundException",
            by_name,
        ), action
        code, _ = await _refused(stack, action, LaunchTemplateId="lt-x", **more)
        assert code == f"{_ID}.Malformed", action
        code, _ = await _refused(stack, action, LaunchTemplateId=_GONE, LaunchTemplateName="gone", **more)
        assert code == "InvalidParameterCombination", action
    assert await _refused(stack, "DescribeLaunchTemplates", LaunchTemplateIds=[_GONE]) == (f"{_ID}.NotFound", by_id)
    assert await _refused(stack, "DescribeLaunchTemplates", LaunchTemplateNames=["gone"]) == (
        f"{_NAME}.NotFoundException",
        "At least one of the launch templates specified in the request does not exist.",
    )
    assert (await _refused(stack, "DeleteLaunchTemplate"))[0] == "MissingParameter"


async def test_another_version_becomes_the_default(stack: Stack) -> None:
    await make(stack)
    await stack.call(
        "CreateLaunchTemplateVersion", LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.small"}
    )
    assert await _refused(stack, "ModifyLaunchTemplate", LaunchTemplateName="web", DefaultVersion="3") == (
        f"{_ID}.VersionNotFound",
        "The launch template version 3 is not found for the specified launch template.",
    )
    changed = await stack.call("ModifyLaunchTemplate", LaunchTemplateName="web", DefaultVersion="$Latest")
    assert changed["LaunchTemplate"]["DefaultVersionNumber"] == 2
    shown = (await stack.call("DescribeLaunchTemplateVersions", LaunchTemplateName="web"))["LaunchTemplateVersions"]
    assert [one["DefaultVersion"] for one in shown] == [False, True]
    both = {"LaunchTemplateId": "nothing", "LaunchTemplateName": "web", "DefaultVersion": "2"}
    assert await _refused(stack, "ModifyLaunchTemplate", **both) == (
        "InvalidParameterCombination",
        "Either provide launch template ID or launch template name to modify the template.",
    )


async def test_a_deleted_template_takes_its_versions_and_tags_along_and_leaves_what_was_launched(stack: Stack) -> None:
    template_id = await make(stack)
    await stack.call("CreateTags", Resources=[template_id], Tags=[{"Key": "team", "Value": "moss"}])
    instance = await launch_from(stack, "web")
    deleted = await stack.call("DeleteLaunchTemplate", LaunchTemplateId=template_id)
    assert deleted["LaunchTemplate"]["LaunchTemplateName"] == "web"
    assert (await stack.call("DescribeLaunchTemplates"))["LaunchTemplates"] == []
    of_template = [{"Name": "resource-id", "Values": [template_id]}]
    assert (await stack.call("DescribeTags", Filters=of_template))["Tags"] == []
    assert (await stack.instance(instance["InstanceId"]))["State"]["Name"] == "running"


async def test_what_a_launch_would_refuse_is_a_warning_for_each_part(stack: Stack) -> None:
    asked = {
        "ImageId": "ami-0123456789abcdef0",
        "InstanceType": "t9.nano",
        "KeyName": "lost",
        "UserData": "no base64!",
        "IamInstanceProfile": {"Name": "web"},
        "SecurityGroupIds": ["sg-0123456789abcdef0"],
        "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-0123456789abcdef0"}],
    }
    made = await stack.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData=asked)
    assert any("iamInstanceProfile.name" in one["Message"] for one in made["Warning"]["Errors"])
    assert {one["Code"] for one in made["Warning"]["Errors"]} == {
        "InvalidParameterValue",
        "InvalidAMIID.NotFound",
        "InvalidKeyPair.NotFound",
        "InvalidParameterCombination",
        "InvalidGroup.NotFound",
        "InvalidSubnetID.NotFound",
    }
    assert await data_of(stack, "web") == asked
    fine = {"ImageId": await image_of(stack), **TYPE}
    version = await stack.call("CreateLaunchTemplateVersion", LaunchTemplateName="web", LaunchTemplateData=fine)
    assert "Warning" not in version


async def test_an_image_may_be_short_and_must_be_hexadecimal(stack: Stack) -> None:
    """As moto's tests found on AWS."""
    await stack.call("CreateLaunchTemplate", LaunchTemplateName="web", LaunchTemplateData={"ImageId": "ami-def456"})
    asked = {"LaunchTemplateName": "other", "LaunchTemplateData": {"ImageId": "ami-hij789"}}
    assert (await _refused(stack, "CreateLaunchTemplate", **asked))[0] == "InvalidAMIID.Malformed"


async def test_a_region_has_so_many_templates(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create_launch_template, "TEMPLATES", replace(TEMPLATES, raised=1))
    await make(stack)
    code, message = await _refused(stack, "CreateLaunchTemplate", LaunchTemplateName="two", LaunchTemplateData=TYPE)
    assert (code, message) == (TEMPLATES.code, "You have reached the maximum number of launch templates allowed: 1.")
