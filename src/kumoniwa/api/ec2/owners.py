"""Whose images and snapshots a call asks for. This cloud has one account: all belong to it."""

import re
from collections.abc import Collection

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error

_ACCOUNT = re.compile(r"[0-9]{12}\Z")
_ALIASES = frozenset({"amazon", "aws-backup-vault", "aws-marketplace", "microsoft"})


def asks_for_own(call: Call, owners: Collection[str]) -> bool:
    """Whether the caller's own are among those asked for; they are where no owner is named.

    Raises EC2's refusal of what is neither an account, nor `self`, nor one of EC2's aliases.
    """
    _check(owners, _ALIASES)
    return not owners or "self" in owners or call.account in owners


def check_users(users: Collection[str]) -> None:
    """Raises EC2's refusal of what is neither an account, nor `self`, nor `all` (everyone)."""
    _check(users, {"all"})


def check_accounts(users: Collection[str]) -> None:
    """Raises EC2's refusal of what is no account."""
    for user in users:
        if _ACCOUNT.match(user) is None:
            raise _malformed(user)


def _check(users: Collection[str], words: Collection[str]) -> None:
    for user in users:
        if user != "self" and user not in words and _ACCOUNT.match(user) is None:
            raise _malformed(user)


def _malformed(user: str) -> Ec2Error:
    return Ec2Error("InvalidUserID.Malformed", f'Invalid user id: "{user[:200]}"')
