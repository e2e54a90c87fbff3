"""The refusals that a caller of the API gets.

`Ec2Error` is raised where a request is found wanting, with EC2's own code and words, and becomes XML in one place:
the gateway. Codes and texts are EC2's; their sources are listed in docs/sources.md.

Where the words are ours, they say what happened and what the reader can do: whatever is made of both takes a `way_out`
and cannot be made without one. A test finds texts of ours that are passed to a class without it.
"""

from http import HTTPStatus
from typing import overload

MOST_MESSAGE = 32 * 1024
"""Characters of a refusal: room for a thousand ids, which clients read out of it to ask again without them."""


class Ec2Error(Exception):
    """A refusal in EC2's words: the caller gets `code` and `message` with HTTP status `status`.

    A message that repeats too much of what was sent is cut after `MOST_MESSAGE` characters.
    """

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, code: str, message: str, status: HTTPStatus | None = None) -> None:
        if len(message) > MOST_MESSAGE:
            message = f"{message[:MOST_MESSAGE]}…"
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        if status is not None:
            self.status = status


class InvalidParameterValue(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


class ValueNotTaken(InvalidParameterValue):
    """A value that EC2 would take, or that means nothing there, and that is refused here."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"{what} {way_out}")


class InvalidParameterCombination(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterCombination", message)


class MissingParameter(Ec2Error):
    """A parameter that the request must have, in EC2's usual text or, where EC2 has another one, in `message`."""

    def __init__(self, name: str = "", *, message: str = "") -> None:
        super().__init__("MissingParameter", message or f"The request must contain the parameter {name}")


class UnknownParameter(Ec2Error):
    def __init__(self, name: str) -> None:
        super().__init__("UnknownParameter", f"The parameter {name} is not recognized")


class InvalidRequest(Ec2Error):
    """A request that is not well formed as such. EC2's text; where we know more, what is wrong and what to do."""

    @overload
    def __init__(self) -> None: ...

    @overload
    def __init__(self, reason: str, status: HTTPStatus | None = None, *, way_out: str) -> None: ...

    def __init__(self, reason: str = "", status: HTTPStatus | None = None, *, way_out: str = "") -> None:
        text = "The request received was invalid"
        super().__init__("InvalidRequest", f"{text}: {reason}. {way_out}" if reason else f"{text}.", status)


class UnsupportedOperation(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("UnsupportedOperation", message)


class OperationNotPermitted(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("OperationNotPermitted", message)


class IncorrectInstanceState(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("IncorrectInstanceState", message)


class IncorrectState(Ec2Error):
    """A resource other than an instance that is in the wrong state for what is asked."""

    def __init__(self, message: str) -> None:
        super().__init__("IncorrectState", message)


class InvalidInstanceAttributeValue(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidInstanceAttributeValue", message)


class UnsupportedHibernationConfiguration(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("UnsupportedHibernationConfiguration", message)


class CannotHibernate(UnsupportedHibernationConfiguration):
    """A launch whose instance could not be hibernated here."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"{what} {way_out}")


class InvalidBlockDeviceMapping(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidBlockDeviceMapping", message)


class AttachmentLimitExceeded(Ec2Error):
    """More volumes than an instance can have."""

    def __init__(self, most: int) -> None:
        super().__init__("AttachmentLimitExceeded", f"An instance can have at most {most} volumes")


class NoDefaultVpc(Ec2Error):
    """What needs the default VPC, in a region whose default VPC was deleted."""

    def __init__(self, *, of_group_name: bool = False) -> None:
        text = "No default VPC for this user"
        more = ". GroupName is only supported for EC2-Classic and default VPC."
        super().__init__("VPCIdNotSpecified", text + more if of_group_name else text)


class DependencyViolation(Ec2Error):
    """A resource that others need, and that therefore stays."""

    def __init__(self, message: str) -> None:
        super().__init__("DependencyViolation", message)


class VolumeInUse(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("VolumeInUse", message)


def has_dependencies(what: str, resource_id: str) -> DependencyViolation:
    """EC2's refusal to delete what other resources need."""
    return DependencyViolation(f"The {what} '{resource_id}' has dependencies and cannot be deleted.")


def unknown_attribute(name: str) -> InvalidParameterValue:
    """EC2's refusal of an attribute that no resource of the kind has."""
    return InvalidParameterValue(f"Value ({name}) for parameter attribute is invalid. Unknown attribute.")


def no_template_data() -> MissingParameter:
    """The refusal of a launch template, or a version of one, without any parameters."""
    return MissingParameter(
        message="No launch template data was provided. Launch template data is required to create a launch template."
    )


def empty_tag_key() -> InvalidParameterValue:
    """EC2's refusal of a tag without a key."""
    return InvalidParameterValue("Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty.")


class NoSuchVersion(Ec2Error):
    """A version of a service's API that there never was. `service` is its name in AWS's refusals."""

    def __init__(self, version: str, service: str) -> None:
        super().__init__("NoSuchVersion", f"The requested version ({version}) of service {service} does not exist")


class InvalidAction(Ec2Error):
    def __init__(self, action: str) -> None:
        super().__init__("InvalidAction", f"The action {action} is not valid for this web service.")


class NotBuilt(UnsupportedOperation):
    """A parameter or value that EC2 has and Kumoniwa does not: said plainly, never pretended."""

    def __init__(
        self, what: str, *, way_out: str = "Leave it out: docs/reference/actions.md says what each action takes."
    ) -> None:
        super().__init__(f"Kumoniwa does not implement {what}. {way_out}")


class ActionNotBuilt(Ec2Error):
    """A whole action, or service, that AWS has and Kumoniwa does not: clients know this code as an unknown action."""

    def __init__(self, what: str, *, way_out: str = "docs/reference/actions.md lists the actions that it has.") -> None:
        super().__init__("InvalidAction", f"Kumoniwa does not implement {what}. {way_out}")


class NothingThere(Ec2Error):
    """A path of our own, which EC2 does not have, that leads nowhere."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__("NotFound", f"{what} {way_out}")


class OtherMethod(Ec2Error):
    """A path of our own that is asked with a method of HTTP that it does not take."""

    status = HTTPStatus.METHOD_NOT_ALLOWED

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__("MethodNotAllowed", f"{what} {way_out}")


class DryRunOperation(Ec2Error):
    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self) -> None:
        super().__init__("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


class AuthFailure(Ec2Error):
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, message: str = "AWS was not able to validate the provided access credentials") -> None:
        super().__init__("AuthFailure", message)


class SignatureNotTaken(AuthFailure):
    """A way of signing that AWS takes and Kumoniwa does not."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"{what} {way_out}")


class RequestExpired(Ec2Error):
    """Signed more than fifteen minutes away from our clock, or presigned for a time that is over."""

    def __init__(self) -> None:
        super().__init__("RequestExpired", "Request has expired.")


class MissingAuthenticationToken(Ec2Error):
    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("MissingAuthenticationToken", "Request is missing Authentication Token")


class IdempotentParameterMismatch(Ec2Error):
    def __init__(self) -> None:
        super().__init__(
            "IdempotentParameterMismatch",
            "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
        )


class Unavailable(Ec2Error):
    """What EC2 says when it cannot do now what it could do later; clients try again by themselves."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, reason: str, *, way_out: str) -> None:
        super().__init__("Unavailable", f"The server is overloaded and can't handle the request: {reason}. {way_out}")


class InternalError(Ec2Error):
    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        super().__init__("InternalError", "An internal error has occurred")
