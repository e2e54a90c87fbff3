"""The public parameters that name AMIs: those of AMIs that this cloud has, the newest of each kind, and no others."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

pytestmark = pytest.mark.anyio

DEBIAN = "/aws/service/debian/release/12/latest/amd64"
AMAZON = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
UBUNTU = "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"


async def image_of(stack: Stack, name: str) -> str:
    found = await stack.call("DescribeImages", Filters=[{"Name": "name", "Values": [name]}])
    return str(found["Images"][0]["ImageId"])


async def copied(stack: Stack, name: str) -> str:
    """Another image, under a publisher's name."""
    source = await image_of(stack, "debian-12-amd64-simulated")
    made = await stack.call("CopyImage", SourceImageId=source, SourceRegion="us-east-1", Name=name)
    await stack.idle()
    await stack.clock.advance(1)
    return str(made["ImageId"])


async def value(stack: Stack, name: str) -> str:
    return str((await stack.ask("ssm", "GetParameter", Name=name))["Parameter"]["Value"])


async def test_the_newest_debian_is_found_by_its_public_parameter(stack: Stack) -> None:
    assert await value(stack, DEBIAN) == await image_of(stack, "debian-12-amd64-simulated")
    await stack.clock.advance(1)
    newer = await copied(stack, "debian-12-amd64-20260101-1")
    found = (await stack.ask("ssm", "GetParameter", Name=DEBIAN))["Parameter"]
    assert (found["Value"], found["Version"], found["DataType"]) == (newer, 2, "aws:ec2:image")
    assert found["ARN"] == f"arn:aws:ssm:us-east-1::parameter{DEBIAN}"
    assert await value(stack, found["ARN"]) == newer
    assert await value(stack, DEBIAN.replace("12", "bookworm")) == newer
    await stack.call("DeregisterImage", ImageId=newer)
    assert await value(stack, DEBIAN) == await image_of(stack, "debian-12-amd64-simulated")


@pytest.mark.parametrize(
    "name",
    [AMAZON, UBUNTU, DEBIAN.replace("12", "11"), DEBIAN.replace("amd64", "arm64"), "/aws/service/x", f"{DEBIAN}x"],
)
async def test_an_ami_that_this_cloud_does_not_have_has_no_parameter(stack: Stack, name: str) -> None:
    with pytest.raises(Refused) as refusal:
        await value(stack, name)
    assert refusal.value.code == "ParameterNotFound"


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("al2023-ami-2023.6.20241010.0-kernel-6.1-x86_64", AMAZON),
        ("al2023-ami-2023.6.20241010.0-kernel-6.1-x86_64", AMAZON.replace("default", "6.1")),
        (
            "al2023-ami-minimal-2023.6.20241010.0-kernel-6.1-x86_64",
            AMAZON.replace("-ami-kernel", "-ami-minimal-kernel"),
        ),
        (
            "amzn2-ami-hvm-2.0.20240131.0-x86_64-gp2",
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
        ),
        (
            "amzn2-ami-kernel-5.10-hvm-2.0.20240131.0-x86_64-gp2",
            "/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-gp2",
        ),
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240927", UBUNTU),
        ("ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240927", UBUNTU.replace("current", "20240927")),
        (
            "ubuntu-minimal/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-minimal-20240927",
            "/aws/service/canonical/ubuntu/server-minimal/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
    ],
)
async def test_what_is_brought_in_under_its_publishers_name_is_found(stack: Stack, image: str, name: str) -> None:
    made = await copied(stack, image)
    assert await value(stack, name) == made


async def test_public_parameters_are_listed_by_path_and_not_described(stack: Stack) -> None:
    async def below(path: str, **more: Any) -> list[str]:
        found = await stack.ask("ssm", "GetParametersByPath", Path=path, **more)
        return [one["Name"] for one in found["Parameters"]]

    assert await below("/aws/service/debian/release/12/latest") == [DEBIAN]
    assert await below("/aws/service", Recursive=True) == [DEBIAN, DEBIAN.replace("12", "bookworm")]
    assert await below("/aws/service") == []
    assert await below("/aws/service/canonical/ubuntu", Recursive=True) == []
    assert (await stack.ask("ssm", "DescribeParameters"))["Parameters"] == []


async def test_a_public_parameter_is_not_to_be_written(stack: Stack) -> None:
    with pytest.raises(Refused) as refusal:
        await stack.ask("ssm", "PutParameter", Name=DEBIAN, Value="x", Type="String", Overwrite=True)
    assert refusal.value.code == "ValidationException"
