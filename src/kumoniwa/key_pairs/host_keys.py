"""A guest's SSH host keys, made by its host: a guest that is launched from memory has none of its own yet."""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def generate() -> Mapping[str, str]:
    """New private keys in OpenSSH's format, by kind (`ed25519`, `ecdsa`). They are kept nowhere else."""
    return {"ed25519": _openssh(Ed25519PrivateKey.generate()), "ecdsa": _openssh(generate_ec_key(SECP256R1()))}


def _openssh(key: Ed25519PrivateKey | EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
