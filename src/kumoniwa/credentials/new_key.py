"""New access keys, and the unique ids of IAM's users, groups, roles, profiles and policies."""

import secrets
import string

_LETTERS = string.ascii_uppercase + "234567"


def new_unique_id(prefix: str) -> str:
    """A unique id as IAM has them: four letters that say of what it is, and seventeen that are drawn."""
    return prefix + _drawn(17)


def new_access_key() -> tuple[str, str]:
    """An access key's id, and its secret."""
    return f"AKIA{_drawn(16)}", secrets.token_urlsafe(30)


def _drawn(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
