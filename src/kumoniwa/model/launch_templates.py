"""Launch templates and their versions."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any

from kumoniwa.values import dataclass

LATEST = "$Latest"
DEFAULT = "$Default"
TEMPLATE_ID_TAG = "aws:ec2launchtemplate:id"
TEMPLATE_VERSION_TAG = "aws:ec2launchtemplate:version"


@dataclass(frozen=True, slots=True)
class LaunchTemplate:
    """Launch parameters under a name. What they are is said by its versions."""

    id: str
    account: str
    region: str
    name: str
    created_at: datetime
    created_by: str
    """The ARN of who made it."""
    default_version: int
    latest_version: int
    """The greatest number among the versions that there are."""
    last_number: int
    """The greatest number that a version ever had: none is given twice."""


@dataclass(frozen=True, slots=True)
class LaunchTemplateVersion:
    """What a launch template said at one time. It never changes."""

    template_id: str
    number: int
    description: str | None
    created_at: datetime
    created_by: str
    data: Mapping[str, Any] = field(repr=False)
    """EC2's LaunchTemplateData, under the names of its members. It may hold secrets (user data)."""

    @property
    def tags(self) -> dict[str, str]:
        """The tags that EC2 gives to instances that are launched from it."""
        return {TEMPLATE_ID_TAG: self.template_id, TEMPLATE_VERSION_TAG: str(self.number)}
