"""KMS by the AWS CLI: a key under an alias, something encrypted with it, pages, and a refusal."""

from pathlib import Path

import pytest
from cloud_process import AwsCli

pytestmark = pytest.mark.clients


def test_a_file_is_encrypted_and_decrypted_under_an_alias(aws: AwsCli, tmp_path: Path) -> None:
    """As docs/services-beside-ec2.md has it."""
    (tmp_path / "secret").write_bytes(b"correct horse\0battery staple")
    printed = aws.script(
        "key=$(aws kms create-key --description web --query KeyMetadata.KeyId --output text)",
        'aws kms create-alias --alias-name alias/web --target-key-id "$key"',
        "aws kms encrypt --key-id alias/web --plaintext fileb://secret --query CiphertextBlob --output text"
        " | base64 -d > sealed",
        "aws kms decrypt --ciphertext-blob fileb://sealed --query Plaintext --output text | base64 -d",
        folder=tmp_path,
    )
    assert printed == "correct horse\0battery staple"
    assert b"battery" not in (tmp_path / "sealed").read_bytes()


def test_keys_and_aliases_are_listed_page_by_page(aws: AwsCli) -> None:
    made = {aws("kms", "create-key")["KeyMetadata"]["KeyId"] for _ in range(3)}
    for number, key in enumerate(made):
        aws("kms", "create-alias", "--alias-name", f"alias/page/{number}", "--target-key-id", key)
    whole = aws("kms", "list-keys", "--query", "Keys[].KeyId")
    assert set(whole) >= made
    assert aws("kms", "list-keys", "--page-size", 1, "--query", "Keys[].KeyId") == whole
    names = aws("kms", "list-aliases", "--page-size", 1, "--query", "Aliases[].AliasName")
    assert names == sorted(names) and {"alias/page/0", "alias/page/1", "alias/page/2"} < set(names)


def test_what_is_to_be_deleted_says_so(aws: AwsCli) -> None:
    arn = aws("kms", "create-key", "--query", "KeyMetadata.Arn", "--output", "text")
    scheduled = aws("kms", "schedule-key-deletion", "--key-id", arn, "--pending-window-in-days", 7)
    assert (scheduled["KeyId"], scheduled["KeyState"]) == (arn, "PendingDeletion")
    refused = aws.refused("kms", "enable-key", "--key-id", arn)
    assert refused == (
        f"An error occurred (KMSInvalidStateException) when calling the EnableKey operation: {arn} is pending deletion."
    )
