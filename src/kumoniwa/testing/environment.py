"""The environment of a process, pointed at a test's cloud, and put back."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from kumoniwa.client.access import UNSET

_NO_FILES = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""A person's profiles, and what they say of endpoints, are not for tests."""
_LOCAL = "127.0.0.1"
_NO_PROXY = ("NO_PROXY", "no_proxy")


@contextmanager
def environment_of(settings: Mapping[str, str]) -> Iterator[None]:
    """Within the block, programs and SDKs that read the environment have these settings, and no others of AWS.

    boto3's default session is another one meanwhile: it remembers the credentials that it found first.
    """
    wanted: dict[str, str | None] = {
        **dict.fromkeys(UNSET),
        **_NO_FILES,
        "AWS_EC2_METADATA_DISABLED": "true",
        **settings,
    }
    for name in _NO_PROXY:
        wanted[name] = ",".join(filter(None, (os.environ.get(name), _LOCAL)))
    before = {name: os.environ.get(name) for name in wanted}
    _put(wanted)
    session = _change_default_session(None)
    try:
        yield
    finally:
        _change_default_session(session)
        _put(before)


def _put(wanted: Mapping[str, str | None]) -> None:
    for name, value in wanted.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _change_default_session(session: object) -> object:
    """Give boto3 this default session, where it has been imported; gives the one that it had."""
    if (boto3 := sys.modules.get("boto3")) is None:
        return None
    before: object = vars(boto3).get("DEFAULT_SESSION")
    vars(boto3)["DEFAULT_SESSION"] = session
    return before
