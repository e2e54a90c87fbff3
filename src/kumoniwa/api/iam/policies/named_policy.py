"""The policy that a request names by its ARN, and policies as IAM answers them."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from kumoniwa.api.call import Call, Parameters
from kumoniwa.api.iam.refusals import NoSuchEntity, OfAws, ValidationError
from kumoniwa.api.iam.tags import tag_list
from kumoniwa.model.aws_policies import policy_of_aws
from kumoniwa.model.policies import Policy
from kumoniwa.store import policies

_ARN = re.compile(
    r"arn:aws:iam::(?P<account>aws|[0-9]{12}):policy(?P<path>/([A-Za-z0-9.,+@=_-]+/)*)(?P<name>[\w+=,.@-]+)", re.ASCII
)
_MOST_OF_AN_ARN = 2048


def policy_of(connection: Connection, call: Call, parameters: Parameters) -> Policy:
    """The policy of the account's own that a request is to change.

    Raises `NoSuchEntity`, `ValidationError`, and `OfAws` for one of AWS's.
    """
    arn: str = parameters["PolicyArn"]
    if is_of_aws(arn):
        raise OfAws(call.caller.arn, call.action, arn)
    if (policy := _own(connection, call, arn)) is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return policy


def any_policy_of(connection: Connection, call: Call, parameters: Parameters) -> Policy:
    """The policy that a request names, of the account's own or of AWS's.

    Raises `NoSuchEntity` and `ValidationError`.
    """
    arn: str = parameters["PolicyArn"]
    if not is_of_aws(arn):
        return policy_of(connection, call, parameters)
    if (policy := policy_of_aws(arn)) is None:
        raise NoSuchEntity(f"Policy {arn} was not found.")
    return policy


def attachable(connection: Connection, call: Call, arn: str) -> str:
    """The ARN of a policy that can be attached, as it is kept: any of AWS's, or one of the account's own.

    Raises `NoSuchEntity` and `ValidationError`.
    """
    if is_of_aws(arn):
        return arn
    if (policy := _own(connection, call, arn)) is None:
        raise NoSuchEntity(f"Policy {arn} does not exist or is not attachable.")
    return policy.arn


def is_of_aws(arn: str) -> bool:
    """Whether this is the ARN of a policy of AWS's own. Raises `ValidationError` for what is no policy's."""
    if not arn.startswith("arn:"):
        raise ValidationError("Invalid ARN:  Could not be parsed!")  # with two spaces
    if len(arn) > _MOST_OF_AN_ARN or (parted := _ARN.fullmatch(arn)) is None:
        raise ValidationError(f"ARN {arn[:200]} is not valid.")
    return parted["account"] == "aws"


def name_in(arn: str) -> str:
    """The name of the policy of this ARN."""
    return arn.rpartition("/")[2]


def policy_output(policy: Policy, holders: Mapping[str, int]) -> dict[str, Any]:
    """A policy in a listing; `holders` counts, by ARN, what policies are attached to."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": f"v{policy.default_version}",
        "AttachmentCount": holders.get(policy.arn, 0),
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": policy.created_at,
        "UpdateDate": policy.updated_at,
    }


def whole_policy_output(policy: Policy, holders: Mapping[str, int]) -> dict[str, Any]:
    """A policy with its description and tags, which listings leave out."""
    more = {"Description": policy.description, "Tags": tag_list(policy.tags)}
    return {**policy_output(policy, holders), **more}


def _own(connection: Connection, call: Call, arn: str) -> Policy | None:
    found = policies.named(connection, call.account, name_in(arn))
    return found if found is not None and found.arn.lower() == arn.lower() else None
