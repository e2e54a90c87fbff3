"""The first access key of a cloud: the account's own."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from kumoniwa.app.errors import CannotStart
from kumoniwa.config import Config
from kumoniwa.credentials.new_key import new_access_key
from kumoniwa.folder import read_private, write_private

_WITHOUT_IT = "Move it away: without that file a new key is made."
_NAMES = ("access_key_id", "secret_access_key", "account")


def ensure_key(config: Config) -> Mapping[str, str]:
    """The cloud's access key; made at its first start, readable by its owner alone."""
    path = config.data_dir / "credentials.json"
    if os.path.lexists(path):
        return _known(path)
    access_key_id, secret = new_access_key()
    key = {"access_key_id": access_key_id, "secret_access_key": secret, "account": config.account}
    write_private(path, key)
    return key


def _known(path: Path) -> Mapping[str, str]:
    try:
        known = json.loads(read_private(path))
    except OSError as failure:
        raise CannotStart(f"{path} cannot be read: {failure.strerror}.", way_out=_WITHOUT_IT) from None
    except (ValueError, RecursionError):
        known = None
    if not isinstance(known, dict) or not all(known.get(name) and isinstance(known[name], str) for name in _NAMES):
        raise CannotStart(f"{path} is not a key that a server wrote.", way_out=_WITHOUT_IT)
    return known
