"""PuTTY's format: held against a file that puttygen 0.78 read, and converted to the same key for OpenSSH."""

import hashlib
import hmac
from base64 import b64decode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kumoniwa.key_pairs.putty_key import putty_key

READ_BY_PUTTYGEN = """\
PuTTY-User-Key-File-2: ssh-ed25519
Encryption: none
Comment: golden
Public-Lines: 2
AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQS
VTG4
Private-Lines: 1
AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
Private-MAC: 48b5262fa280924e2945306d19c073b3d749b0de
"""


def test_an_ed25519_key_is_the_file_that_puttygen_read() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert putty_key(key, line, "golden") == READ_BY_PUTTYGEN.replace("\n", "\r\n")


def test_an_rsa_key_has_its_numbers_in_puttys_order_under_its_mac() -> None:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    line = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    written = putty_key(key, line, "mine").splitlines()
    start = next(at for at, one in enumerate(written) if one.startswith("Private-Lines: "))
    private = b64decode("".join(written[start + 1 : -1]))
    numbers, rest = [], private
    while rest:
        length = int.from_bytes(rest[:4])
        numbers.append(int.from_bytes(rest[4 : 4 + length], signed=True))
        rest = rest[4 + length :]
    own = key.private_numbers()
    assert numbers == [own.d, own.p, own.q, own.iqmp]
    assert int(written[start].split()[1]) == len(written) - start - 2
    guarded = [b"ssh-rsa", b"none", b"mine", b64decode(line.split()[1]), private]
    message = b"".join(len(one).to_bytes(4) + one for one in guarded)
    mac = hmac.digest(hashlib.sha1(b"putty-private-key-file-mac-key").digest(), message, "sha1")
    assert written[-1] == f"Private-MAC: {mac.hex()}"
