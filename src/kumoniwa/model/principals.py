"""Who calls: the account itself, a user of its, or a role that was assumed."""

from datetime import datetime
from enum import StrEnum

from kumoniwa.values import dataclass


class PrincipalKind(StrEnum):
    """What a principal is, in CloudTrail's words."""

    ROOT = "Root"
    USER = "IAMUser"
    ASSUMED_ROLE = "AssumedRole"


@dataclass(frozen=True, slots=True)
class Principal:
    """Whose calls an access key signs."""

    kind: PrincipalKind
    account: str
    id: str
    """What STS calls the UserId: the account's number, a user's `AIDA…`, or `AROA…:session`."""
    arn: str
    name: str = ""
    """The user's name, or the role's."""
    role_arn: str | None = None
    """Of an assumed role: `arn:aws:iam::…:role/…`, with its path. `arn` is that of the session."""
    since: datetime | None = None
    """When the session began, where temporary credentials signed; None for an access key that lasts."""

    @property
    def entity(self) -> str:
        """The unique id of the user or role: where that is no more, its credentials sign nothing."""
        return self.id.partition(":")[0]


def account_itself(account: str) -> Principal:
    """Who the first key of a cloud is: the account, as a root user's keys are on AWS."""
    return Principal(PrincipalKind.ROOT, account, account, f"arn:aws:iam::{account}:root")
