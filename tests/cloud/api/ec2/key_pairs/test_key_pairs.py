"""Key pairs: what a client can do with what it is told."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

pytestmark = pytest.mark.anyio

# Fingerprints by `openssl pkey -pubin -outform DER | openssl md5 -c` and by `ssh-keygen -lf`.
RSA_LINE = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDBNeDywUxEyg3Op/Tq+KgGm34zkEXknIetFRYVZOA6dAz/hxLhqE3n3YBn2ack2DlYW26Jp"
    "WnFHpSDqXYVAmGn9IvcHQ+9gCn6jNejtgp60zz05l+ZYfSg6BRuopltJuX2kFWkYaFOGNseB365Ctq2am5Omj9gUlp3peapGW/VrmvyF9m9/M"
    "EQzc1w1wP/Ac5Yv7/8NNfazlcqqf0mtSYJTeQ1bUlA/qNyUYEgvNmR8NTdYUCy4e0WGSIjoJ8G0eUinA83dDQuk/Z+GujAxwOA53ogBxNv01h"
    "AjM7wpK+A6BAYhSSZvCQJW6df5Ob1+Gd/UZo/mZE5NhoxcwAV7PZ5"
)
RSA_MD5 = "9d:51:29:62:19:df:e8:f1:62:62:03:15:5f:87:7b:63"
ED25519_LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwkwUW4TwqcERtsGUw3iCA38AjbAXGz+e4KiRyETC1g"
ED25519_SHA256 = "be4kOhpsFwy7xJmvqXdlbz9lnWQmHipFmC0mamAz46c="


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


def in_ssh2(line: str, *headers: str) -> bytes:
    blob = line.split()[1]
    lines = [blob[start : start + 70] for start in range(0, len(blob), 70)]
    text = ["---- BEGIN SSH2 PUBLIC KEY ----", *headers, *lines, "---- END SSH2 PUBLIC KEY ----", ""]
    return "\n".join(text).encode()


def in_form(line: str, encoding: Encoding) -> bytes:
    return load_ssh_public_key(line.encode()).public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


async def test_an_rsa_key_is_told_in_pem_and_its_public_half_kept(cloud: BareCloud) -> None:
    made = await cloud.ask("CreateKeyPair", KeyName="mine")
    assert made["KeyMaterial"].startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    private = load_pem_private_key(made["KeyMaterial"].encode(), None)
    line = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert len(made["KeyFingerprint"].split(":")) == 20
    (told,) = (await cloud.ask("DescribeKeyPairs", KeyNames=["mine"], IncludePublicKey=True))["KeyPairs"]
    assert told["PublicKey"] == f"{line} mine"
    assert told["KeyPairId"] == made["KeyPairId"]
    assert told["KeyType"] == "rsa"
    (silent,) = (await cloud.ask("DescribeKeyPairs"))["KeyPairs"]
    assert "PublicKey" not in silent


async def test_an_ed25519_key_is_told_as_openssh_has_it(cloud: BareCloud) -> None:
    made = await cloud.ask("CreateKeyPair", KeyName="mine", KeyType="ed25519")
    assert made["KeyMaterial"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    line = load_ssh_private_key(made["KeyMaterial"].encode(), None).public_key()
    material = line.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    imported = await cloud.ask("ImportKeyPair", KeyName="again", PublicKeyMaterial=material)
    assert imported["KeyFingerprint"] == made["KeyFingerprint"]


@pytest.mark.parametrize(
    "material",
    [
        RSA_LINE.encode(),
        f"{RSA_LINE} somebody@somewhere\n".encode(),
        in_ssh2(RSA_LINE),
        in_ssh2(RSA_LINE, "Subject: somebody", 'Comment: "a comment that \\', 'goes on: here"'),
        in_form(RSA_LINE, Encoding.PEM),
        in_form(RSA_LINE, Encoding.DER),
        base64.encodebytes(in_form(RSA_LINE, Encoding.DER)),
    ],
    ids=["openssh", "with a comment", "RFC 4716", "RFC 4716 with headers", "PEM", "DER", "DER in base64"],
)
async def test_a_public_key_is_read_in_every_format_of_ec2(cloud: BareCloud, material: bytes) -> None:
    imported = await cloud.ask("ImportKeyPair", KeyName="mine", PublicKeyMaterial=material)
    assert imported["KeyFingerprint"] == RSA_MD5
    (told,) = (await cloud.ask("DescribeKeyPairs", IncludePublicKey=True))["KeyPairs"]
    assert told["PublicKey"] == f"{RSA_LINE} mine"


async def test_an_imported_ed25519_key_has_openssh_s_fingerprint(cloud: BareCloud) -> None:
    imported = await cloud.ask("ImportKeyPair", KeyName="mine", PublicKeyMaterial=ED25519_LINE.encode())
    assert imported["KeyFingerprint"] == ED25519_SHA256


def in_blob(*parts: bytes) -> bytes:
    """Texts as OpenSSH strings them together in a public key."""
    return b"".join(len(part).to_bytes(4) + part for part in parts)


ELLIPTIC = generate_private_key(SECP256R1()).public_key()  # a kind of key that EC2 does not take
COMPRESSED = in_blob(
    b"ecdsa-sha2-nistp256", b"nistp256", ELLIPTIC.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
)


@pytest.mark.parametrize(
    "material",
    [
        b"",
        b"not a key",
        b"ssh-rsa AAAA",
        RSA_LINE[:80].encode(),
        ELLIPTIC.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        ELLIPTIC.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        in_ssh2(f"ecdsa-sha2-nistp256 {base64.b64encode(COMPRESSED).decode()}"),
        in_ssh2(ELLIPTIC.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()),
        b"ecdsa-sha2-nistp256 " + base64.b64encode(COMPRESSED),
        b"\xff" * 100,
        b"ssh-ed25519 " + b"A" * 20_000,
        b"---- BEGIN SSH2 PUBLIC KEY ----\n!\n---- END SSH2 PUBLIC KEY ----",
    ],
)
async def test_what_is_no_key_is_refused(cloud: BareCloud, material: bytes) -> None:
    with refused("InvalidKey.Format", "Key is not in valid OpenSSH public key format"):
        await cloud.ask("ImportKeyPair", KeyName="mine", PublicKeyMaterial=material or b" ")


async def test_a_name_is_taken_once_in_an_account(cloud: BareCloud) -> None:
    await cloud.ask("CreateKeyPair", KeyName="mine", KeyType="ed25519")
    with refused("InvalidKeyPair.Duplicate", "The keypair 'mine' already exists."):
        await cloud.ask("CreateKeyPair", KeyName="mine", KeyType="ed25519")
    with refused("InvalidKeyPair.Duplicate"):
        await cloud.ask("ImportKeyPair", KeyName="mine", PublicKeyMaterial=ED25519_LINE.encode())
    await cloud.ask("CreateKeyPair", account="210987654321", KeyName="mine", KeyType="ed25519")


@pytest.mark.parametrize("name", ["k" * 256, " k", "k ", "ключ"])
async def test_a_bad_name_is_refused(cloud: BareCloud, name: str) -> None:
    with refused("InvalidParameterValue"):
        await cloud.ask("CreateKeyPair", KeyName=name, KeyType="ed25519")


async def test_a_missing_key_pair_is_refused_where_it_is_named_and_ignored_where_it_is_deleted(
    cloud: BareCloud,
) -> None:
    with refused("InvalidKeyPair.NotFound", "The key pair 'mine' does not exist"):
        await cloud.ask("DescribeKeyPairs", KeyNames=["mine"])
    assert await cloud.ask("DeleteKeyPair", KeyName="mine") == {"Return": True}


async def test_a_key_pair_is_deleted_by_name_or_id_with_its_tags(cloud: BareCloud) -> None:
    tags = [{"ResourceType": "key-pair", "Tags": [{"Key": "Team", "Value": "blue"}]}]
    for name in ("one", "two"):
        await cloud.ask("CreateKeyPair", KeyName=name, KeyType="ed25519", TagSpecifications=tags)
    blue = [{"Name": "tag:Team", "Values": ["blue"]}]
    one, two = (await cloud.ask("DescribeKeyPairs", Filters=blue))["KeyPairs"]
    assert one["Tags"] == [{"Key": "Team", "Value": "blue"}]
    assert await cloud.ask("DeleteKeyPair", KeyName="one") == {"Return": True, "KeyPairId": one["KeyPairId"]}
    await cloud.ask("DeleteKeyPair", KeyPairId=two["KeyPairId"])
    assert (await cloud.ask("DescribeKeyPairs"))["KeyPairs"] == []
    assert (await cloud.ask("DescribeTags"))["Tags"] == []


@pytest.mark.parametrize("key_type", ["rsa", "ed25519"])
async def test_a_private_key_can_be_had_in_puttys_format(cloud: BareCloud, key_type: str) -> None:
    made = await cloud.ask("CreateKeyPair", KeyName="my key", KeyType=key_type, KeyFormat="ppk")
    lines = made["KeyMaterial"].splitlines()
    (told,) = (await cloud.ask("DescribeKeyPairs", IncludePublicKey=True))["KeyPairs"]
    algorithm, blob, *_ = told["PublicKey"].split()
    assert lines[:3] == [f"PuTTY-User-Key-File-2: {algorithm}", "Encryption: none", "Comment: my key"]
    count = int(lines[3].removeprefix("Public-Lines: "))
    assert "".join(lines[4 : 4 + count]) == blob
    assert told["KeyFingerprint"] == made["KeyFingerprint"]


async def test_a_format_that_ec2_does_not_have_is_refused(cloud: BareCloud) -> None:
    with refused("InvalidParameterValue"):
        await cloud.ask("CreateKeyPair", KeyName="mine", KeyFormat="der")
