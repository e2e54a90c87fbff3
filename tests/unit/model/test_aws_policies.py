"""The managed policies of AWS's own."""

import json

from kumoniwa.model.aws_policies import default_version_of_aws, document_of_aws, policies_of_aws, policy_of_aws


def test_each_policy_has_its_own_document() -> None:
    every = policies_of_aws()
    for policy in (every[0], every[len(every) // 2], every[-1]):
        version = default_version_of_aws(policy)
        assert (version.policy_id, version.number) == (policy.id, policy.default_version)
        assert json.loads(document_of_aws(policy))["Statement"]
    admin = policy_of_aws("arn:aws:iam::aws:policy/AdministratorAccess")
    assert admin is not None
    assert json.loads(document_of_aws(admin))["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
