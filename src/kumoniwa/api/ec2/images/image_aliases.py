"""AMIs that a call names by a parameter of Systems Manager: `resolve:ssm:NAME`, with a version or a label behind it."""

from sqlalchemy import Connection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.model.parameters import AMI, PUBLIC, Parameter, ParameterType
from kumoniwa.store import parameters

_ALIAS = "resolve:ssm:"


class SsmInvalidParameter(Ec2Error):
    """EC2's refusal of a parameter that names no AMI. Its words are known for another data type alone."""

    def __init__(self, message: str) -> None:
        super().__init__("SsmInvalidParameter", message)


def is_alias(image_id: str) -> bool:
    """Whether what stands where an AMI's id does names a parameter instead."""
    return image_id.startswith(_ALIAS)


def resolved(connection: Connection, call: Call, image_id: str) -> str:
    """The AMI's id that is meant: what a parameter says now, or what is given where that names none.

    Whether there is such an AMI is for whoever uses it to check. Raises EC2's refusals of the parameter.
    """
    if not is_alias(image_id):
        return image_id
    return _named(connection, call, image_id.removeprefix(_ALIAS)).value


def _named(connection: Connection, call: Call, asked: str) -> Parameter:
    name, _, selector = asked.partition(":")
    found = parameters.found(connection, call.scope, name)
    version = parameters.chosen(found, selector) if not (selector and name.startswith(PUBLIC)) else None
    if not found or version is None:
        told = f"version or label {selector[:128]} of the parameter" if found else "parameter"
        raise SsmInvalidParameter(f"The {told} {name[:200]} was not found.")
    if version.type is not ParameterType.STRING:
        raise SsmInvalidParameter("Unsupported parameter type. The following parameter types are supported: String")
    if version.data_type != AMI:
        raise SsmInvalidParameter(f"Unsupported data type. The following parameter data types are supported: {AMI}")
    return version
