"""Key pairs."""

from datetime import datetime

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class KeyPair:
    id: str
    account: str
    region: str
    name: str
    key_type: str
    fingerprint: str
    public_key: str
    """One line in OpenSSH's format."""
    created_at: datetime
