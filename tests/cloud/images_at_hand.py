"""Images that a bare cloud has, and what its listing says of them."""

from functools import partial
from typing import Any

from bare_cloud import BareCloud
from stored import add_image, add_snapshot


async def an_image(cloud: BareCloud, number: int = 1, **columns: Any) -> tuple[str, str]:
    """An image of one snapshot; gives the ids of both."""
    snapshot = await cloud.database.write(partial(add_snapshot, number=number))
    image = await cloud.database.write(lambda connection: add_image(connection, number, snapshot, **columns))
    return image, snapshot


async def described(cloud: BareCloud, *filters: tuple[str, str], **parameters: Any) -> list[str]:
    """The ids of the images that a DescribeImages gives."""
    asked = [{"Name": name, "Values": [value]} for name, value in filters]
    answer = await cloud.ask("DescribeImages", Filters=asked, **parameters)
    return [image["ImageId"] for image in answer["Images"]]
