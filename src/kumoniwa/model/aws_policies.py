"""The managed policies of AWS's own, without their documents.

They are in `aws_policies.tsv`, which `scripts/aws_policies` writes; its source is named there. AWS has a unique id for
each, which is not in it: those here follow from the names.
"""

from base64 import b32encode
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from kumoniwa.model.policies import Policy

AWS = "aws"
"""Whose they are, where the ARNs of others have an account."""
_FILE = Path(__file__).with_suffix(".tsv")


def policies_of_aws() -> list[Policy]:
    """All of them, by name."""
    return [_read(line) for line in _FILE.read_text().splitlines()[1:]]


def policy_of_aws(arn: str) -> Policy | None:
    """The one of this ARN; capitals do not matter."""
    name = arn.rpartition("/")[2].lower()
    for line in _FILE.read_text().splitlines()[1:]:
        if line.partition("\t")[0].lower() == name and (policy := _read(line)).arn.lower() == arn.lower():
            return policy
    return None


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
