"""Host keys that the server makes for guests launched from memory."""

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from kumoniwa.key_pairs import host_keys


def test_they_are_of_the_kinds_that_debian_s_sshd_has_and_new_each_time() -> None:
    first, second = host_keys.generate(), host_keys.generate()
    assert set(first) == {"ed25519", "ecdsa"}
    assert first["ed25519"] != second["ed25519"] and first["ecdsa"] != second["ecdsa"]
    assert isinstance(load_ssh_private_key(first["ed25519"].encode(), None), Ed25519PrivateKey)
    ecdsa = load_ssh_private_key(first["ecdsa"].encode(), None)
    assert isinstance(ecdsa, EllipticCurvePrivateKey)
    assert isinstance(ecdsa.curve, SECP256R1)
