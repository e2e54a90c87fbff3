"""AMIs that are named by parameters of Systems Manager at launch."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

DEBIAN = "/aws/service/debian/release/12/latest/amd64"


async def ami(stack: Stack) -> str:
    return str((await stack.call("DescribeImages"))["Images"][0]["ImageId"])


async def put(stack: Stack, name: str, value: str, **more: Any) -> None:
    given = {"Name": name, "Value": value, "Type": "String", "DataType": "aws:ec2:image", "Overwrite": True, **more}
    await stack.ask("ssm", "PutParameter", **given)


async def launched_from(stack: Stack, image: str) -> str:
    return str((await stack.instance(await stack.launch(ImageId=image)))["ImageId"])


async def test_an_instance_is_launched_from_the_ami_that_a_parameter_names(stack: Stack) -> None:
    first = await ami(stack)
    second = (await stack.call("CopyImage", SourceImageId=first, SourceRegion="us-east-1", Name="second"))["ImageId"]
    await stack.idle()
    for image in (first, second):
        await put(stack, "/golden", image)
    await stack.ask("ssm", "LabelParameterVersion", Name="/golden", ParameterVersion=1, Labels=["prod"])
    assert await launched_from(stack, "resolve:ssm:/golden") == second
    assert await launched_from(stack, "resolve:ssm:/golden:1") == first
    assert await launched_from(stack, "resolve:ssm:/golden:prod") == first
    assert await launched_from(stack, f"resolve:ssm:{DEBIAN}") == first


async def test_a_parameter_that_names_no_ami_is_refused_as_ec2_does(stack: Stack) -> None:
    image = await ami(stack)
    await put(stack, "/golden", image)
    await put(stack, "text", image, DataType="text")
    await put(stack, "secret", image, Type="SecureString", DataType="text")
    for name, said in (
        ("text", "Unsupported data type. The following parameter data types are supported: aws:ec2:image"),
        ("secret", "Unsupported parameter type."),
        ("none", "The parameter none was not found."),
        ("", "The parameter  was not found."),
        ("/golden:9", "The version or label 9 of the parameter /golden was not found."),
        ("/golden:prod", "The version or label prod of the parameter /golden was not found."),
        (f"{DEBIAN}:1", "The version or label 1 of the parameter"),
        ("/aws/service/debian/release/9/latest/amd64", "was not found."),
    ):
        with pytest.raises(Refused) as refusal:
            await stack.launch(ImageId=f"resolve:ssm:{name}")
        assert refusal.value.code == "SsmInvalidParameter"
        assert said in refusal.value.message


async def test_an_ami_that_is_gone_since_is_refused_as_any_other(stack: Stack) -> None:
    image = await ami(stack)
    await put(stack, "/golden", image)
    await stack.call("DeregisterImage", ImageId=image)
    with pytest.raises(Refused) as refusal:
        await stack.call("RunInstances", ImageId="resolve:ssm:/golden", MinCount=1, MaxCount=1)
    assert refusal.value.code == "InvalidAMIID.Unavailable"
