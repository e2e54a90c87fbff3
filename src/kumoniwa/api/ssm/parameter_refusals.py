"""Systems Manager's refusals of what is asked of parameters."""

from kumoniwa.errors import Ec2Error


class ParameterNotFound(Ec2Error):
    """No such parameter. Systems Manager says no more than that."""

    def __init__(self, message: str = "") -> None:
        super().__init__("ParameterNotFound", message)


class ParameterVersionNotFound(Ec2Error):
    """A version, or a label, that the parameter does not have."""

    def __init__(self, name: str, selector: str) -> None:
        what = "version" if selector.isdecimal() else "label"
        super().__init__(
            "ParameterVersionNotFound",
            f"Systems Manager could not find {what} {selector[:128]} of {name[:200]}. Verify the {what} and try again.",
        )


class InvalidParameters(Ec2Error):
    """A parameter that cannot be, in Systems Manager's words."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class NotTaken(InvalidParameters):
    """What Systems Manager has, and Kumoniwa does not."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"Kumoniwa does not implement {what}. {way_out}")


class InvalidKeyId(Ec2Error):
    """A key that there is not, for a SecureString."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__("InvalidKeyId", f"{what} {way_out}")


class InvalidNextToken(Ec2Error):
    """A token that no page of this very request gave."""

    def __init__(self, token: str) -> None:
        super().__init__("InvalidNextToken", "The specified token is not valid.")
