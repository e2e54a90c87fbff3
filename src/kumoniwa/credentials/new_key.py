"""New access keys, and the unique ids of IAM's users, roles, profiles and policies."""

import secrets
import string

_LETTERS = string.ascii_uppercase + "234567"


def new_unique_id(prefix: str) -> str:
    """An id as IAM has them: four letters that say of what it is, and sixteen that are drawn."""
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(16))


def new_access_key() -> tuple[str, str]:
    """An access key's id, and its secret."""
    return new_unique_id("AKIA"), secrets.token_urlsafe(30)
