"""What an account has decided for a region, once for all of its resources there."""

from enum import StrEnum
from typing import Any

from kumoniwa.values import dataclass


class Setting(StrEnum):
    """The settings, each by its name on disk. What was never decided is EC2's default, where nothing else is said."""

    EBS_ENCRYPTION_BY_DEFAULT = "ebs-encryption-by-default"
    """Whether its new volumes, and copies of snapshots, are encrypted whatever a request says. They are not."""
    EBS_DEFAULT_KEY = "ebs-default-key"
    """The KMS key of encrypted volumes for which no other is named; AWS's own where nothing was decided."""
    SERIAL_CONSOLE_ACCESS = "serial-console-access"
    """Whether its guests' serial consoles may be connected to. They may: EC2 forbids that until it is allowed."""
    METADATA_DEFAULTS = "metadata-defaults"
    """The metadata options of its launches, under the names of ModifyInstanceMetadataDefaults."""
    IMAGE_BLOCK_PUBLIC_ACCESS = "image-block-public-access"
    SNAPSHOT_BLOCK_PUBLIC_ACCESS = "snapshot-block-public-access"
    """EC2's words for whether images, or snapshots, may be shared with everybody: `unblocked`, `block-new-sharing`,
    `block-all-sharing`."""
    ACCOUNT_ALIAS = "account-alias"
    """Another name of the account, which is the same in every region."""


@dataclass(frozen=True, slots=True)
class AccountSetting:
    """One decision."""

    account: str
    region: str
    name: Setting
    value: Any
