"""Tags."""

from kumoniwa.values import dataclass


@dataclass(frozen=True, slots=True)
class Tag:
    account: str
    region: str
    resource_id: str
    resource_type: str
    key: str
    value: str
