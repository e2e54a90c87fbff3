"""The refusals that a caller of the API gets.

`Ec2Error` is raised where a request is found wanting, with EC2's own code and words, and becomes XML in one place:
the gateway. Codes and texts are EC2's; their sources are listed in docs/sources.md.
"""

from http import HTTPStatus

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
    """A request that is not well formed as such. EC2's text, and where we know it, what is wrong."""

    def __init__(self, reason: str = "", status: HTTPStatus | None = None) -> None:
        text = "The request received was invalid"
        super().__init__("InvalidRequest", f"{text}: {reason}." if reason else f"{text}.", status)


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


class InvalidBlockDeviceMapping(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidBlockDeviceMapping", message)


class AttachmentLimitExceeded(Ec2Error):
    """More volumes than an instance can have."""

    def __init__(self, most: int) -> None:
        super().__init__("AttachmentLimitExceeded", f"An instance can have at most {most} volumes")


class VolumeInUse(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("VolumeInUse", message)


def unknown_attribute(name: str) -> InvalidParameterValue:
    """EC2's refusal of an attribute that no resource of the kind has."""
    return InvalidParameterValue(f"Value ({name}) for parameter attribute is invalid. Unknown attribute.")


def empty_tag_key() -> InvalidParameterValue:
    """EC2's refusal of a tag without a key."""
    return InvalidParameterValue("Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty.")


class InvalidAction(Ec2Error):
    def __init__(self, action: str) -> None:
        super().__init__("InvalidAction", f"The action {action} is not valid for this web service.")


class NotBuilt(UnsupportedOperation):
    """A parameter or value that EC2 has and Kumoniwa does not: said plainly, never pretended."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Kumoniwa does not implement {what}.")


class ActionNotBuilt(Ec2Error):
    """A whole action, or service, that AWS has and Kumoniwa does not: clients know this code as an unknown action."""

    def __init__(self, what: str) -> None:
        super().__init__("InvalidAction", f"Kumoniwa does not implement {what}.")


class DryRunOperation(Ec2Error):
    status = HTTPStatus.PRECONDITION_FAILED

    def __init__(self) -> None:
        super().__init__("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")


class AuthFailure(Ec2Error):
    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, message: str = "AWS was not able to validate the provided access credentials") -> None:
        super().__init__("AuthFailure", message)


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

    def __init__(self, reason: str) -> None:
        super().__init__("Unavailable", f"The server is overloaded and can't handle the request: {reason}.")


class InternalError(Ec2Error):
    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self) -> None:
        super().__init__("InternalError", "An internal error has occurred")
