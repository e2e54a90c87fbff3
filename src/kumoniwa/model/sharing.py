"""Who else may use an image or a snapshot."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """That another account, or every account (`all`), may use an image or a snapshot."""

    resource_id: str
    grantee: str
