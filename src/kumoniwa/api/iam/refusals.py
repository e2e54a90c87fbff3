"""What IAM refuses, in its own codes and words (docs/sources.md)."""

from http import HTTPStatus

from kumoniwa.errors import Ec2Error


class ValidationError(Ec2Error):
    """A parameter that is not as it has to be."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


class InvalidInput(Ec2Error):
    def __init__(self, message: str) -> None:
        super().__init__("InvalidInput", message)


class NoSuchEntity(Ec2Error):
    status = HTTPStatus.NOT_FOUND

    def __init__(self, message: str) -> None:
        super().__init__("NoSuchEntity", message)


class EntityAlreadyExists(Ec2Error):
    status = HTTPStatus.CONFLICT

    def __init__(self, message: str) -> None:
        super().__init__("EntityAlreadyExists", message)


class OfAws(Ec2Error):
    """A policy of AWS's own, which no account can change. IAM's words of who may not do something."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self, caller: str, action: str, arn: str) -> None:
        super().__init__(
            "AccessDenied", f"User: {caller} is not authorized to perform: iam:{action} on resource: policy {arn}"
        )


class CannotBeDeleted(Ec2Error):
    """What others still need, in words of its own."""

    status = HTTPStatus.CONFLICT

    def __init__(self, message: str) -> None:
        super().__init__("DeleteConflict", message)


class DeleteConflict(CannotBeDeleted):
    """What others still need, or what is not empty yet, in IAM's usual words."""

    def __init__(self, what_first: str) -> None:
        super().__init__(f"Cannot delete entity, must {what_first} first.")


class LimitExceeded(Ec2Error):
    status = HTTPStatus.CONFLICT

    def __init__(self, quota: str, most: int) -> None:
        super().__init__("LimitExceeded", f"Cannot exceed quota for {quota}: {most}")


class TooLargeTogether(Ec2Error):
    """Policies inside of a user, group or role that are too long, all of them together."""

    status = HTTPStatus.CONFLICT

    def __init__(self, most: int, noun: str, name: str) -> None:
        super().__init__("LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {noun} {name}")


class TooManyVersions(Ec2Error):
    status = HTTPStatus.CONFLICT

    def __init__(self, most: int) -> None:
        super().__init__(
            "LimitExceeded",
            f"A managed policy can have up to {most} versions. Before you create a new version, you must delete an "
            "existing version.",
        )


class NotOurs(Ec2Error):
    """What is there and is not changed by this call."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__("UnmodifiableEntity", f"{what} {way_out}")


def too_long(parameter: str, most: int) -> ValidationError:
    """What IAM's model refuses for its length."""
    return _constraint(parameter, f"Member must have length less than or equal to {most}")


def out_of_range(parameter: str, number: int, least: int, most: int) -> ValidationError:
    """A number outside of its range; each end has a sentence of its own."""
    than = f"greater than or equal to {least}" if number < least else f"less than or equal to {most}"
    return _constraint(parameter, f"Member must have value {than}")


def _constraint(parameter: str, constraint: str) -> ValidationError:
    return ValidationError(
        f"1 validation error detected: Value at '{parameter}' failed to satisfy constraint: {constraint}"
    )
