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


class DeleteConflict(Ec2Error):
    """What others still need, or what is not empty yet."""

    status = HTTPStatus.CONFLICT

    def __init__(self, what_first: str) -> None:
        super().__init__("DeleteConflict", f"Cannot delete entity, must {what_first} first.")


class LimitExceeded(Ec2Error):
    status = HTTPStatus.CONFLICT

    def __init__(self, quota: str, most: int) -> None:
        super().__init__("LimitExceeded", f"Cannot exceed quota for {quota}: {most}")


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
