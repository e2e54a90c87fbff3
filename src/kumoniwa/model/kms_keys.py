"""KMS's keys, as records: their states, their aliases, their grants, and the keys that AWS itself would manage."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from kumoniwa.values import dataclass

ALIAS = "alias/"
"""How the name of every alias begins."""
EBS_ALIAS = "alias/aws/ebs"
"""The alias of the key that encrypts volumes for which no other one is named."""
KEY_UNUSABLE = "Client.InvalidKMSKey.InvalidState"
"""EC2's code of a launch or start that comes to nothing because the key of a volume is not there, or not enabled."""
AWS_MANAGED: Mapping[str, str] = {
    EBS_ALIAS: "Default key that protects my EBS volumes when no other key is defined",
}
"""AWS's own aliases, with the descriptions of their keys. They are there from the start, and have a key once used."""

ROTATION_DAYS = 365
"""Between two rotations, where nothing else is said."""


class KeyManager(StrEnum):
    AWS = "AWS"
    CUSTOMER = "CUSTOMER"


class KeyState(StrEnum):
    ENABLED = "Enabled"
    DISABLED = "Disabled"
    """It encrypts and decrypts nothing until it is enabled again."""
    PENDING_DELETION = "PendingDeletion"
    """It is gone at `deletion_at`; until then its deletion can be cancelled."""


@dataclass(frozen=True, slots=True)
class KmsKey:
    """One symmetric key (KMS: SYMMETRIC_DEFAULT, for ENCRYPT_DECRYPT, of origin AWS_KMS)."""

    id: str
    """A UUID."""
    account: str
    region: str
    created_at: datetime
    description: str
    manager: KeyManager
    state: KeyState
    deletion_at: datetime | None = None
    """When it is deleted, of a key whose state is `PENDING_DELETION`."""
    policy: str | None = None
    """The key policy that was put; None for the one that KMS gives (`policy_of`)."""
    rotation_days: int | None = None
    """Days between two automatic rotations; None where that is off."""
    rotates_since: datetime | None = None
    """When automatic rotation was last switched on, or given another period."""
    tags: Mapping[str, str] = field(default_factory=dict)
    material: str | None = field(default=None, repr=False)
    """What it encrypts with, itself sealed with a key of the cloud that is no part of the database; None before the
    first use."""

    @property
    def is_enabled(self) -> bool:
        """Whether it may encrypt and decrypt."""
        return self.state is KeyState.ENABLED

    @property
    def is_customers(self) -> bool:
        """Whether the account may change it: keys that AWS manages can be looked at, and no more."""
        return self.manager is KeyManager.CUSTOMER


@dataclass(frozen=True, slots=True)
class KmsAlias:
    """A name of a key."""

    account: str
    region: str
    name: str
    """`alias/…`."""
    key_id: str
    created_at: datetime
    updated_at: datetime

    @property
    def arn(self) -> str:
        return alias_arn(self.account, self.region, self.name)


@dataclass(frozen=True, slots=True)
class KmsGrant:
    """A grant on a key: kept as it was given, evaluated by nobody."""

    id: str
    """64 hexadecimal digits."""
    account: str
    region: str
    key_id: str
    created_at: datetime
    grantee: str | None
    retiring: str | None
    grantee_service: str | None
    retiring_service: str | None
    operations: Sequence[str]
    constraints: Mapping[str, Mapping[str, str]]
    name: str | None = None


def arn_of(key: KmsKey) -> str:
    """A key's ARN, `arn:aws:kms:REGION:ACCOUNT:key/UUID`."""
    return key_arn(key.account, key.region, key.id)


def key_arn(account: str, region: str, key_id: str) -> str:
    """The ARN that a key of this id has there, whether there is one or not."""
    return f"arn:aws:kms:{region}:{account}:key/{key_id}"


def alias_arn(account: str, region: str, name: str) -> str:
    """The ARN of an alias, `arn:aws:kms:REGION:ACCOUNT:alias/NAME`; `name` begins with `alias/`."""
    return f"arn:aws:kms:{region}:{account}:{name}"


def next_rotation(key: KmsKey, now: datetime) -> datetime | None:
    """When the key's next automatic rotation is due; None where that is off."""
    if key.rotation_days is None or key.rotates_since is None:
        return None
    period = timedelta(days=key.rotation_days)
    return key.rotates_since + period * ((now - key.rotates_since) // period + 1)


def policy_of(key: KmsKey) -> str:
    """The key's policy in JSON: the one that was put, or the one that KMS gives a key for which none was."""
    if key.policy is not None:
        return key.policy
    root = {"AWS": f"arn:aws:iam::{key.account}:root"}
    if key.is_customers:
        statements = [_allowed("Enable IAM User Permissions", root, "kms:*")]
        return _document("key-default-1", statements)
    through_ebs = _allowed(
        "Allow access through EBS for all principals in the account that are authorized to use EBS",
        {"AWS": "*"},
        ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
    )
    only = {"kms:CallerAccount": key.account, "kms:ViaService": f"ec2.{key.region}.amazonaws.com"}
    metadata = _allowed(
        "Allow direct access to key metadata to the account",
        root,
        ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
    )
    return _document("auto-ebs-2", [{**through_ebs, "Condition": {"StringEquals": only}}, metadata])


def _allowed(sid: str, principal: Mapping[str, str], actions: str | Sequence[str]) -> dict[str, object]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}


def _document(id: str, statements: Sequence[Mapping[str, object]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Id": id, "Statement": statements}, indent=2)
