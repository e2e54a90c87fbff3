"""What KMS's keys encrypt: opened by the same key in the same context, and by nothing else."""

import json
from typing import Any

import pytest
from kms_calls import MISSING, days_later, make_key, refused
from stack import Stack

from kumoniwa.api.kms.key_material import KEY_FILE
from kumoniwa.model.kms_keys import EBS_ALIAS
from kumoniwa.store.new_state import DATABASE_FILE

pytestmark = pytest.mark.anyio

SECRET = b"correct horse battery staple"
CONTEXT = {"volume": "vol-1", "instance": "i-1"}


async def encrypted(stack: Stack, key_id: str, **asked: Any) -> bytes:
    answer = await stack.ask("kms", "Encrypt", **{"KeyId": key_id, "Plaintext": SECRET, **asked})
    blob: bytes = answer["CiphertextBlob"]
    return blob


async def test_what_was_encrypted_is_decrypted_by_its_key_in_its_context(stack: Stack) -> None:
    key = await make_key(stack)
    await stack.ask("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=key["KeyId"])
    answer = await stack.ask("kms", "Encrypt", KeyId="alias/a", Plaintext=SECRET, EncryptionContext=CONTEXT)
    blob = answer.pop("CiphertextBlob")
    assert answer == {"KeyId": key["Arn"], "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    assert SECRET not in blob
    other_order = dict(reversed(CONTEXT.items()))
    for asked in ({}, {"KeyId": key["KeyId"]}, {"KeyId": "alias/a", "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}):
        found = await stack.ask("kms", "Decrypt", CiphertextBlob=blob, EncryptionContext=other_order, **asked)
        assert found == {"KeyId": key["Arn"], "Plaintext": SECRET, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}
    assert await encrypted(stack, key["KeyId"]) != await encrypted(stack, key["KeyId"])
    nothing = ("InvalidCiphertextException", "")
    assert await refused(stack, "Decrypt", CiphertextBlob=blob) == nothing
    assert await refused(stack, "Decrypt", CiphertextBlob=blob, EncryptionContext={**CONTEXT, "a": "b"}) == nothing
    for place in (0, 20, len(blob) - 1):
        changed = bytes([*blob[:place], blob[place] ^ 1, *blob[place + 1 :]])
        assert await refused(stack, "Decrypt", CiphertextBlob=changed, EncryptionContext=CONTEXT) == nothing, place
    assert await refused(stack, "Decrypt", CiphertextBlob=b"short") == nothing


async def test_another_key_does_not_open_it(stack: Stack) -> None:
    one, other = (await make_key(stack))["KeyId"], (await make_key(stack))["KeyId"]
    blob = await encrypted(stack, one)
    code, message = await refused(stack, "Decrypt", CiphertextBlob=blob, KeyId=other)
    assert (code, message.startswith("The key ID in the request does not identify")) == ("IncorrectKeyException", True)
    of_other = await encrypted(stack, other)
    exchanged = blob[:1] + of_other[1:17] + blob[17:]
    assert (await refused(stack, "Decrypt", CiphertextBlob=exchanged))[0] == "InvalidCiphertextException"
    assert (await refused(stack.in_region("eu-west-1"), "Decrypt", CiphertextBlob=blob))[0] == "AccessDeniedException"


async def test_a_key_that_may_not_be_used_is_not(stack: Stack) -> None:
    key = await make_key(stack)
    key_id = key["KeyId"]
    blob = await encrypted(stack, key_id)
    await stack.ask("kms", "DisableKey", KeyId=key_id)
    disabled = ("DisabledException", f"{key['Arn']} is disabled.")
    assert await refused(stack, "Encrypt", KeyId=key_id, Plaintext=SECRET) == disabled
    assert await refused(stack, "Decrypt", CiphertextBlob=blob) == disabled
    assert await refused(stack, "GenerateDataKey", KeyId=key_id, KeySpec="AES_256") == disabled
    await stack.ask("kms", "ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    pending = ("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")
    assert await refused(stack, "Decrypt", CiphertextBlob=blob) == pending
    await days_later(stack, 8)
    code, message = await refused(stack, "Decrypt", CiphertextBlob=blob)
    assert (code, "that does not exist" in message) == ("AccessDeniedException", True)
    assert (await refused(stack, "Encrypt", KeyId=MISSING, Plaintext=SECRET))[0] == "NotFoundException"
    await stack.ask("kms", "DescribeKey", KeyId=EBS_ALIAS)
    assert (await refused(stack, "Encrypt", KeyId=EBS_ALIAS, Plaintext=SECRET))[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("action", "asked", "code", "said"),
    [
        ("Encrypt", {"Plaintext": b""}, "ValidationException", "greater than or equal to 1"),
        ("Encrypt", {"Plaintext": 4097 * b"x"}, "ValidationException", "less than or equal to 4096"),
        ("Decrypt", {"CiphertextBlob": 6145 * b"x"}, "ValidationException", "less than or equal to 6144"),
        ("Decrypt", {}, "ValidationException", "'ciphertextBlob'"),
        (
            "Encrypt",
            {"Plaintext": b"x", "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"},
            "InvalidKeyUsageException",
            "Algorithm RSAES_OAEP_SHA_256 is incompatible with key spec SYMMETRIC_DEFAULT.",
        ),
        ("Encrypt", {"Plaintext": b"x", "DryRun": True}, "DryRunOperationException", ""),
        ("GenerateDataKey", {}, "ValidationException", "Please specify either number of bytes or key spec."),
        ("GenerateDataKey", {"KeySpec": "AES_128", "NumberOfBytes": 1}, "ValidationException", "either"),
        ("GenerateDataKey", {"KeySpec": "AES_128", "Recipient": {"AttestationDocument": b"x"}}, "ValidationException",
         "Kumoniwa does not implement"),
        ("GenerateDataKey", {"NumberOfBytes": 1025}, "ValidationException", "less than or equal to 1024"),
    ],
)  # fmt: skip
async def test_what_cannot_be_encrypted_or_decrypted_is_refused(
    stack: Stack, action: str, asked: dict[str, Any], code: str, said: str
) -> None:
    key_id = (await make_key(stack))["KeyId"]
    refusal = await refused(stack, action, KeyId=key_id, **asked)
    assert (refusal[0], said in refusal[1]) == (code, True)


async def test_the_longest_plaintext_is_decrypted_again(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    blob = await encrypted(stack, key_id, Plaintext=4096 * b"x")
    assert (await stack.ask("kms", "Decrypt", CiphertextBlob=blob))["Plaintext"] == 4096 * b"x"


async def test_data_keys_are_random_and_their_blobs_hold_them(stack: Stack) -> None:
    key = await make_key(stack)
    for asked, size in (({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)):
        its = {"KeyId": key["KeyId"], "EncryptionContext": CONTEXT, **asked}
        made = [await stack.ask("kms", "GenerateDataKey", **its) for _ in range(2)]
        assert made[0]["Plaintext"] != made[1]["Plaintext"]
        alone = await stack.ask("kms", "GenerateDataKeyWithoutPlaintext", **its)
        assert alone.keys() == {"CiphertextBlob", "KeyId"}
        for one in (*made, alone):
            opened = await stack.ask("kms", "Decrypt", CiphertextBlob=one["CiphertextBlob"], EncryptionContext=CONTEXT)
            assert (len(opened["Plaintext"]), one["KeyId"]) == (size, key["Arn"])
            assert one.get("Plaintext") in (None, opened["Plaintext"])
    assert len((await stack.ask("kms", "GenerateRandom", NumberOfBytes=1024))["Plaintext"]) == 1024
    assert await refused(stack, "GenerateRandom") == ("ValidationException", "NumberOfBytes is required.")


async def test_what_is_encrypted_anew_is_opened_by_the_other_key(stack: Stack) -> None:
    one, other = await make_key(stack), await make_key(stack)
    blob = await encrypted(stack, one["KeyId"], EncryptionContext=CONTEXT)
    asked = {"CiphertextBlob": blob, "SourceEncryptionContext": CONTEXT, "DestinationKeyId": other["Arn"]}
    answer = await stack.ask("kms", "ReEncrypt", **asked, SourceKeyId=one["KeyId"])
    anew = answer.pop("CiphertextBlob")
    assert answer == {
        "SourceKeyId": one["Arn"],
        "KeyId": other["Arn"],
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }
    found = await stack.ask("kms", "Decrypt", CiphertextBlob=anew)
    assert (found["Plaintext"], found["KeyId"]) == (SECRET, other["Arn"])
    assert (await refused(stack, "ReEncrypt", **asked, SourceKeyId=other["KeyId"]))[0] == "IncorrectKeyException"


async def test_no_secret_lies_in_the_database_or_the_trail(stack: Stack) -> None:
    key_id = (await make_key(stack))["KeyId"]
    blob = await encrypted(stack, key_id, EncryptionContext=CONTEXT)
    await stack.ask("kms", "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    events = (await stack.ask("cloudtrail", "LookupEvents"))["Events"]
    assert [(one["EventName"], one["ReadOnly"]) for one in events[:2]] == [("Decrypt", "true"), ("Encrypt", "true")]
    for event in events[:2]:
        told = json.loads(event["CloudTrailEvent"])
        assert told["requestParameters"].keys() <= {"keyId", "encryptionContext"}
        assert told["responseElements"] is None
    folder = stack.running.cloud.world.config.data_dir
    for path in folder.glob(f"{DATABASE_FILE}*"):
        assert SECRET not in path.read_bytes()
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (folder / KEY_FILE).rename(folder / "elsewhere")
    code, message = await refused(stack, "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert (code, "Put a copy of it back" in message) == ("KMSInvalidStateException", True)
    another = (await make_key(stack))["KeyId"]
    assert (await refused(stack, "Encrypt", KeyId=another, Plaintext=SECRET))[0] == "KMSInvalidStateException"
    assert not (folder / KEY_FILE).exists(), "a new key of the cloud would open none of those that there are"
    assert (await refused(stack, "Encrypt", KeyId=key_id, Plaintext=SECRET))[0] == "KMSInvalidStateException"
    (folder / "elsewhere").rename(folder / KEY_FILE)
    opened = await stack.ask("kms", "Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT)
    assert opened["Plaintext"] == SECRET
