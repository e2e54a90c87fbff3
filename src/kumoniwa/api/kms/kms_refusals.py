"""KMS's refusals."""

from kumoniwa.errors import Ec2Error
from kumoniwa.model.kms_keys import KmsKey, alias_arn, arn_of, key_arn


class NotFound(Ec2Error):
    """What the account does not have in the region."""

    def __init__(self, message: str) -> None:
        super().__init__("NotFoundException", message)


class InvalidKmsParameters(Ec2Error):
    """A value that cannot be, in KMS's words."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class InvalidArn(Ec2Error):
    """An ARN that is none, or is another resource's than the action takes."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidArnException", message)


class InvalidMarker(Ec2Error):
    """A marker that no page of this very request gave."""

    def __init__(self, marker: str) -> None:
        super().__init__("InvalidMarkerException", "Could not deserialize marker")


class InvalidState(Ec2Error):
    """A key in another state than the action needs."""

    def __init__(self, message: str) -> None:
        super().__init__("KMSInvalidStateException", message)


class Disabled(Ec2Error):
    """A key that is disabled, and was to be used."""

    def __init__(self, key: KmsKey) -> None:
        super().__init__("DisabledException", f"{arn_of(key)} is disabled.")


class AliasExists(Ec2Error):
    def __init__(self, account: str, region: str, name: str) -> None:
        arn = alias_arn(account, region, name)
        super().__init__("AlreadyExistsException", f"An alias with the name {arn} already exists")


class NotAuthorized(Ec2Error):
    """What the names of AWS's own aliases are refused with: KMS says no more than that."""

    def __init__(self) -> None:
        super().__init__("NotAuthorizedException", "")


class KmsAccessDenied(Ec2Error):
    """What a key that AWS manages, or that another account has, is not open to."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class TagRefused(Ec2Error):
    """Tags that cannot be."""

    def __init__(self, message: str) -> None:
        super().__init__("TagException", message)


class KmsLimitExceeded(Ec2Error):
    """More of something than KMS keeps."""

    def __init__(self, message: str) -> None:
        super().__init__("LimitExceededException", message)


class MalformedKeyPolicy(Ec2Error):
    """A key policy that is no policy document. KMS says no more than that."""

    def __init__(self) -> None:
        super().__init__("MalformedPolicyDocumentException", "")


class IncompatibleAlgorithm(Ec2Error):
    """An algorithm that is another kind of key's."""

    def __init__(self, algorithm: str, spec: str) -> None:
        message = f"Algorithm {algorithm} is incompatible with key spec {spec}."
        super().__init__("InvalidKeyUsageException", message)


class IncorrectKey(Ec2Error):
    """Another key than the one that a ciphertext was made with."""

    def __init__(self) -> None:
        message = "The key ID in the request does not identify a CMK that can perform this operation."
        super().__init__("IncorrectKeyException", message)


class InvalidCiphertext(Ec2Error):
    """What was not encrypted here, or not in this encryption context. KMS says no more than that."""

    def __init__(self) -> None:
        super().__init__("InvalidCiphertextException", "")


class MaterialLost(InvalidState):
    """A key whose material cannot be opened."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__(f"{what} {way_out}")


def no_such_key(account: str, region: str, key_id: str) -> NotFound:
    """KMS's refusal of an id that no key has."""
    return NotFound(f"Key '{key_arn(account, region, key_id)}' does not exist")


def no_such_alias(account: str, region: str, name: str) -> NotFound:
    """KMS's refusal of an alias that there is not."""
    return NotFound(f"Alias {alias_arn(account, region, name)} is not found.")


def pending_deletion(key: KmsKey) -> InvalidState:
    """KMS's refusal to change or use what is to be deleted."""
    return InvalidState(f"{arn_of(key)} is pending deletion.")
