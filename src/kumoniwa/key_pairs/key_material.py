"""Key pairs as EC2 makes, reads and fingerprints them. Pure, but for randomness.

Fingerprints, after EC2's user guide (verify-keys): of an RSA key that EC2 made the SHA-1 of its private key (PKCS #8,
DER); of an RSA key that was imported the MD5 of its public key (DER); of an ED25519 key the SHA-256 of its public key,
as OpenSSH has it, in base64.
"""

import base64
import binascii
import hashlib
import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
    load_ssh_public_key,
)

from kumoniwa.key_pairs.putty_key import putty_key
from kumoniwa.values import dataclass

RSA = "rsa"
ED25519 = "ed25519"
PEM = "pem"
PPK = "ppk"
MAX_MATERIAL = 16 * 1024  # bytes; the longest RSA key that is taken needs less than one KiB

_RSA_BITS = 2048
_IMPORTED_RSA_BITS = (1024, 2048, 4096)
_SSH_KINDS = (b"ssh-rsa", b"ssh-ed25519")
_RFC4716 = re.compile(rb"---- BEGIN SSH2 PUBLIC KEY ----\s(.*)\s---- END SSH2 PUBLIC KEY ----", re.DOTALL)


class NotAKey(Exception):
    """The material is no public key in a format that EC2 reads, or not of a kind that it takes."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half that is kept. `openssh` is its line without a comment."""

    key_type: str
    openssh: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class NewKeyPair:
    """A key pair just made. `private` is handed out once and never kept."""

    public: PublicKey
    private: str


def generate(key_type: str, key_format: str, comment: str) -> NewKeyPair:
    """Make a key pair: RSA of 2048 bits, or ED25519. RSA takes a while.

    Its private half is PEM (RSA as PKCS #1, ED25519 as OpenSSH), or PuTTY's format with this comment.
    """
    made: RSAPrivateKey | Ed25519PrivateKey
    if key_type == ED25519:
        made = Ed25519PrivateKey.generate()
        public, pem = _described(made.public_key()), PrivateFormat.OpenSSH
    else:
        made = generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        public = PublicKey(RSA, _openssh(made.public_key()), _fingerprint_of_made(made))
        pem = PrivateFormat.TraditionalOpenSSL
    if key_format == PPK:
        return NewKeyPair(public, putty_key(made, public.openssh, comment))
    return NewKeyPair(public, made.private_bytes(Encoding.PEM, pem, NoEncryption()).decode())


def read(material: bytes) -> PublicKey:
    """Read a public key: OpenSSH's line, RFC 4716, PEM, or DER (in base64, or bare). Raises `NotAKey`."""
    if len(material) > MAX_MATERIAL:
        raise NotAKey
    try:
        key = _load(material.strip())
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as failure:
        raise NotAKey from failure
    match key:
        case Ed25519PublicKey():
            return _described(key)
        case RSAPublicKey() if key.key_size in _IMPORTED_RSA_BITS:
            return PublicKey(RSA, _openssh(key), _fingerprint_of_imported(key))
        case _:
            raise NotAKey


def _load(material: bytes) -> object:
    if material.startswith(_SSH_KINDS):
        return load_ssh_public_key(material)
    if material.startswith(b"-----BEGIN"):
        return load_pem_public_key(material)
    if (framed := _RFC4716.fullmatch(material)) is not None:
        # Lines with a colon are headers; a line that ends in a backslash is continued on the next.
        body = re.sub(rb"\\\r?\n", b"", framed[1])
        blob = b"".join(line.strip() for line in body.splitlines() if b":" not in line)
        kind = _kind_of_blob(base64.b64decode(blob, validate=True))
        if kind not in _SSH_KINDS:  # cryptography raises what it likes for some of the others
            raise NotAKey
        return load_ssh_public_key(kind + b" " + blob)
    try:
        return load_der_public_key(base64.b64decode(b"".join(material.split()), validate=True))
    except binascii.Error:
        return load_der_public_key(material)


def _kind_of_blob(blob: bytes) -> bytes:
    """The algorithm's name, which a public key in OpenSSH's format begins with."""
    return blob[4 : 4 + int.from_bytes(blob[:4])]


def _described(key: Ed25519PublicKey) -> PublicKey:
    line = _openssh(key)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return PublicKey(ED25519, line, base64.b64encode(digest).decode())


def _openssh(key: RSAPublicKey | Ed25519PublicKey) -> str:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def _fingerprint_of_made(key: RSAPrivateKey) -> str:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return hashlib.sha1(der, usedforsecurity=False).digest().hex(":")


def _fingerprint_of_imported(key: RSAPublicKey) -> str:
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.md5(der, usedforsecurity=False).digest().hex(":")
