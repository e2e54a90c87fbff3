"""The access key of a cloud."""

import json
import secrets
import string
from collections.abc import Mapping

from kumoniwa.app.errors import CannotStart
from kumoniwa.config import Config
from kumoniwa.folder import write_private


def ensure_key(config: Config) -> Mapping[str, str]:
    """The cloud's access key; made at its first start, readable by its owner alone."""
    path = config.data_dir / "credentials.json"
    if path.exists():
        known: Mapping[str, str] = json.loads(path.read_text())
        if not {"access_key_id", "secret_access_key", "account"} <= known.keys():
            raise CannotStart(f"{path} is not a key that a server wrote. Without that file a new key is made.")
        return known
    letters = string.ascii_uppercase + "234567"
    key = {
        "access_key_id": "AKIA" + "".join(secrets.choice(letters) for _ in range(16)),
        "secret_access_key": secrets.token_urlsafe(30),
        "account": config.account,
    }
    write_private(path, key)
    return key
