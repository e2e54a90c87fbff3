"""The managed policies of AWS's own, with the documents of their default versions.

They are in `aws_policies.tsv`, and the documents in `aws_policy_documents.xz` in the same order: `scripts/aws_policies`
writes both, and names the source. AWS has a unique id for each, which is not in it: those here follow from the names.
"""

import lzma
from base64 import b32encode
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from kumoniwa.model.policies import Policy, PolicyVersion

AWS = "aws"
"""Whose they are, where the ARNs of others have an account."""
_FILE = Path(__file__).with_suffix(".tsv")
_DOCUMENTS = _FILE.with_name("aws_policy_documents.xz")


def policies_of_aws() -> list[Policy]:
    """All of them, by name."""
    return [_read(line) for line in _lines()]


def policy_of_aws(arn: str) -> Policy | None:
    """The one of this ARN; capitals do not matter."""
    name = arn.rpartition("/")[2].lower()
    for line in _lines():
        if line.partition("\t")[0].lower() == name and (policy := _read(line)).arn.lower() == arn.lower():
            return policy
    return None


def default_version_of_aws(policy: Policy) -> PolicyVersion:
    """The version of one of these policies that is its default, without its document: earlier ones are not known."""
    return PolicyVersion(policy.id, policy.default_version, "", policy.updated_at)


def document_of_aws(policy: Policy) -> str:
    """The document of that version. It takes some tens of milliseconds: call it outside the event loop."""
    number = next(at for at, line in enumerate(_lines()) if line.partition("\t")[0] == policy.name)
    with lzma.open(_DOCUMENTS, "rt", encoding="utf-8") as documents:
        document = next(line for at, line in enumerate(documents) if at == number)
    return document.rstrip("\n")


def _lines() -> list[str]:
    return _FILE.read_text().splitlines()[1:]


def _read(line: str) -> Policy:
    name, path, version, created, updated = line.split("\t")
    unique = b32encode(blake2b(name.encode(), digest_size=15, person=b"policy of AWS").digest()).decode()
    return Policy(
        id=f"ANPA{unique[:17]}",
        account=AWS,
        name=name,
        path=path,
        description=None,
        default_version=int(version),
        latest_version=int(version),
        created_at=datetime.fromisoformat(created),
        updated_at=datetime.fromisoformat(updated),
        tags={},
    )
