"""Who the guest is to be: the host's line, checked."""

import binascii
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from .host_keys import KINDS

FORMAT = 1
"""Of the lines of JSON that host and guest say."""


class Refused(Exception):
    """What the host sent cannot be this guest's identity, or the machine cannot be saved: the text says why."""


@dataclass(frozen=True)
class Identity:
    """Who this guest is to be, as the host says it."""

    entropy: bytes
    time: float
    """Seconds since 1970."""
    instance_id: str
    hostname: str
    uuid: str
    product: str
    asset_tag: str
    machine_id: str
    host_keys: Mapping[str, str]
    authorized_keys: tuple[str, ...]
    cloud_init_first: bool


def identity_of(line: bytes) -> Identity:
    """The identity that a line of the host's gives. Raises `Refused`."""
    try:
        said = json.loads(line)
    except ValueError as malformed:
        raise Refused("the host's line is not JSON") from malformed
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise Refused(f"the host's line is not of format {FORMAT}")
    moment = said.get("time")
    if isinstance(moment, bool) or not isinstance(moment, int | float) or not 0 < moment < 2**33:
        raise Refused("the host's line has no time")
    if not isinstance(said.get("cloud_init_first"), bool):
        raise Refused("the host's line does not say whether cloud-init comes first")
    instance_id = _text(said, "instance_id", r"[A-Za-z0-9-]{1,64}")
    return Identity(
        entropy=_entropy(said),
        time=float(moment),
        instance_id=instance_id,
        hostname=_text(said, "hostname", r"[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?"),
        uuid=_text(said, "uuid", r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").lower(),
        product=_text(said, "product", r"[\x20-\x7e]{1,64}"),
        asset_tag=_text({"asset_tag": instance_id} | said, "asset_tag", r"[\x20-\x7e]{1,64}"),
        machine_id=_text(said, "machine_id", r"[0-9a-f]{32}"),
        host_keys=_host_keys(said),
        authorized_keys=_authorized_keys(said),
        cloud_init_first=said["cloud_init_first"],
    )


def _text(said: Mapping[str, object], name: str, pattern: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise Refused(f"the host's line has no usable {name}")
    return value


def _entropy(said: Mapping[str, object]) -> bytes:
    try:
        entropy = binascii.a2b_base64(_text(said, "entropy", "[A-Za-z0-9+/]+=*"))
    except binascii.Error as malformed:
        raise Refused("the host's entropy is not base64") from malformed
    if len(entropy) < 32:
        raise Refused("the host's line has too little entropy")
    return entropy


def _host_keys(said: Mapping[str, object]) -> dict[str, str]:
    keys = said.get("host_keys")
    if not isinstance(keys, dict) or not keys:
        raise Refused("the host's line has no host keys")
    for kind, key in keys.items():
        if kind not in KINDS or not isinstance(key, str):
            raise Refused("the host's line has a host key of an unknown kind")
        public_part(key)
    return {kind: key.rstrip("\n") + "\n" for kind, key in keys.items()}


def _authorized_keys(said: Mapping[str, object]) -> tuple[str, ...]:
    keys = said.get("authorized_keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) and key.isprintable() and key for key in keys):
        raise Refused("the host's authorized keys are not a list of lines")
    return tuple(keys)


def public_part(private_key: str) -> str:
    """What `ssh-keygen -y` would print of a private key in OpenSSH's format without a passphrase. Raises `Refused`."""
    match = re.search("-----BEGIN ([A-Z ]+)-----\n(.+?)-----END", private_key, re.DOTALL)
    try:
        if match is None or match[1] != "OPENSSH PRIVATE KEY":
            raise ValueError("no such block")
        content = binascii.a2b_base64(match[2])
        magic = b"openssh-key-v1\0"
        if not content.startswith(magic):
            raise ValueError("no such magic")
        at = len(magic)
        for _ in ("cipher", "key derivation", "its options"):
            _, at = _string(content, at)
        key, _ = _string(content, at + 4)  # after how many keys there are: one
        kind, _ = _string(key, 0)
        return f"{kind.decode('ascii')} {binascii.b2a_base64(key, newline=False).decode()}"
    except (ValueError, struct.error) as malformed:
        raise Refused("a host key is not in OpenSSH's format") from malformed


def _string(content: bytes, at: int) -> tuple[bytes, int]:
    """A string with its length before it, and where it ends."""
    (length,) = struct.unpack_from(">I", content, at)
    end = at + 4 + length
    if end > len(content):
        raise ValueError("it ends too early")
    return content[at + 4 : end], end
