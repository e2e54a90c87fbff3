"""Who else may use an image or a snapshot."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """That somebody else may use an image or a snapshot: an account, or everybody (`all`)."""

    resource_id: str
    grantee: str
