"""What an access key stands for."""

from dataclasses import field
from datetime import datetime

from kumoniwa.model.principals import Principal
from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Credential:
    """The secret of an access key, and whose it is."""

    secret: str = field(repr=False)
    principal: Principal
    expires_at: datetime | None = None
    """Of temporary credentials."""

    @property
    def account(self) -> str:
        return self.principal.account
