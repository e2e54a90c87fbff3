"""CreatePolicy."""

import re

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.documents import checked_permissions, size_of
from kumoniwa.api.iam.names import MOST_OF_A_POLICY, checked_name, checked_path
from kumoniwa.api.iam.policies.named_policy import whole_policy_output
from kumoniwa.api.iam.refusals import EntityAlreadyExists, LimitExceeded, ValidationError, too_long
from kumoniwa.api.iam.tags import given_tags, with_tags
from kumoniwa.api.registry import Depth, action
from kumoniwa.credentials.new_key import new_unique_id
from kumoniwa.model.policies import Policy, PolicyVersion
from kumoniwa.store import policies

MOST_POLICIES, MOST_OF_A_DOCUMENT = 1500, 6144
"""AWS's quotas: of an account, and of a policy's characters without white space."""
_MOST_OF_A_DESCRIPTION = 1000
_PATH = re.compile(r"((/[A-Za-z0-9.,+@=_-]+)*)/")
NOT_EVALUATED = "It is stored, and nobody evaluates it."


@action("CreatePolicy", service="iam", depth=Depth.RECORDED, missing=NOT_EVALUATED)
async def create_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Keep a policy, as its version v1."""
    name, path = checked_name(parameters, "PolicyName", MOST_OF_A_POLICY), checked_path(parameters)
    if _PATH.fullmatch(path) is None:
        raise ValidationError("The specified value for path is invalid. It must begin and end with /.")
    document = checked_document(parameters)
    description: str | None = parameters.get("Description")
    if description is not None and len(description) > _MOST_OF_A_DESCRIPTION:
        raise too_long("description", _MOST_OF_A_DESCRIPTION)
    tags = with_tags({}, given_tags(parameters), "TagsPerPolicy")
    policy = Policy(new_unique_id("ANPA"), call.account, name, path, description, 1, 1, call.at, call.at, tags)

    def add(connection: Connection) -> Answer:
        if policies.named(connection, call.account, name) is not None:
            raise EntityAlreadyExists(f"A policy called {name} already exists. Duplicate names are not allowed.")
        if len(policies.of_account(connection, call.account)) >= MOST_POLICIES:
            raise LimitExceeded("PoliciesPerAccount", MOST_POLICIES)
        policies.add(connection, policy, PolicyVersion(policy.id, 1, document, call.at))
        return {"Policy": {**whole_policy_output(policy, {}), "Description": None}}  # as IAM leaves it out here

    return await cloud.change(call, add)


def checked_document(parameters: Parameters) -> str:
    """The document that a request gives a policy. Raises IAM's refusals."""
    document = checked_permissions(parameters["PolicyDocument"])
    if size_of(document) > MOST_OF_A_DOCUMENT:
        raise LimitExceeded("PolicySize", MOST_OF_A_DOCUMENT)
    return document
