"""Images that a call names by a parameter of Systems Manager: `resolve:ssm:` and the parameter's name."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.errors import NotBuilt

PREFIX = "resolve:ssm:"
IMAGE_PARAMETER = NotBuiltParameter("ImageId", "parameters of Systems Manager as ImageId")


def names_parameter(image_id: str) -> bool:
    """Whether it stands for an image, and is none's id."""
    return image_id.startswith(PREFIX)


def resolved_image_id(connection: Connection, call: Call, image_id: str) -> str:
    """The image that an ImageId means at this time: itself, or the value of the parameter that it names.

    Raises the refusal of a parameter: there is no Systems Manager here yet.
    """
    if names_parameter(image_id):
        raise NotBuilt(
            "parameters of Systems Manager as ImageId",
            way_out="Give the id of an AMI: a launch may override that of its launch template.",
        )
    return image_id
