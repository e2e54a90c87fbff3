"""Roles, instance profiles and policies: what is kept comes back as it was, and IAM's order of deletion holds."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.model.aws_policies import policies_of_aws

pytestmark = pytest.mark.anyio

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
)
MAY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]})
OF_AWS = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
OWN = "arn:aws:iam::123456789012:policy/p/own"


async def _refused(stack: Stack, action: str, **asked: Any) -> tuple[str, str, int]:
    with pytest.raises(Refused) as caught:
        await stack.caller.iam(action, **asked)
    return caught.value.code, caught.value.message, caught.value.status


async def _role(stack: Stack, name: str = "r", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = await stack.caller.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST, **more)
    return dict(made["Role"])


async def test_a_role_is_answered_as_it_was_made_and_changed(stack: Stack) -> None:
    tags = [{"Key": "k", "Value": "v"}]
    made = await _role(stack, "r", Path="/a/", Description="what for", Tags=tags)
    assert made["Arn"] == "arn:aws:iam::123456789012:role/a/r" and made["RoleId"].startswith("AROA")
    assert unquote(made["AssumeRolePolicyDocument"]) == TRUST and "{" not in made["AssumeRolePolicyDocument"]
    assert (made["MaxSessionDuration"], made["Description"], made["Tags"]) == (3600, "what for", tags)
    assert (await stack.caller.iam("GetRole", RoleName="R"))["Role"] == {**made, "RoleLastUsed": {}}
    [listed] = (await stack.caller.iam("ListRoles", PathPrefix="/a"))["Roles"]
    assert listed == {name: value for name, value in made.items() if name != "Tags"}
    await stack.caller.iam("UpdateRole", RoleName="r", MaxSessionDuration=43200)
    await stack.caller.iam("UpdateRole", RoleName="r", Description="else")  # what is not given stays
    await stack.caller.iam("UpdateRole", RoleName="r")
    await stack.caller.iam("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=TRUST.replace("ec2", "x"))
    await stack.caller.iam("TagRole", RoleName="r", Tags=[{"Key": "l", "Value": ""}])
    await stack.caller.iam("UntagRole", RoleName="r", TagKeys=["k"])
    after = (await stack.caller.iam("GetRole", RoleName="r"))["Role"]
    assert (after["Description"], after["MaxSessionDuration"]) == ("else", 43200)
    assert "x.amazonaws.com" in after["AssumeRolePolicyDocument"] and after["RoleId"] == made["RoleId"]
    assert (await stack.caller.iam("ListRoleTags", RoleName="r"))["Tags"] == [{"Key": "l", "Value": ""}]
    assert await _refused(stack, "CreateRole", RoleName="R", AssumeRolePolicyDocument=TRUST) == (
        "EntityAlreadyExists",
        "Role with name R already exists.",
        409,
    )


async def test_an_instance_profile_has_one_role_and_keeps_it_from_being_deleted(stack: Stack) -> None:
    role = await _role(stack)
    await _role(stack, "other")
    iam = stack.caller.iam
    made = (await iam("CreateInstanceProfile", InstanceProfileName="p", Path="/x/"))["InstanceProfile"]
    assert (made["Arn"], made["Roles"]) == ("arn:aws:iam::123456789012:instance-profile/x/p", [])
    both = {"InstanceProfileName": "p", "RoleName": "r"}
    await iam("AddRoleToInstanceProfile", **both)
    got = (await iam("GetInstanceProfile", InstanceProfileName="p"))["InstanceProfile"]
    assert [one["RoleId"] for one in got["Roles"]] == [role["RoleId"]]
    for listing in (iam("ListInstanceProfiles"), iam("ListInstanceProfilesForRole", RoleName="r")):
        assert [one["InstanceProfileName"] for one in (await listing)["InstanceProfiles"]] == ["p"]
    assert (await _refused(stack, "AddRoleToInstanceProfile", **both | {"RoleName": "other"}))[:2] == (
        "LimitExceeded",
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    )
    first = ("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.", 409)
    assert await _refused(stack, "DeleteRole", RoleName="r") == first
    assert await _refused(stack, "DeleteInstanceProfile", InstanceProfileName="p") == first
    assert (await _refused(stack, "RemoveRoleFromInstanceProfile", **both | {"RoleName": "other"}))[0] == "NoSuchEntity"
    await iam("RemoveRoleFromInstanceProfile", **both)
    await iam("DeleteInstanceProfile", InstanceProfileName="p")
    await iam("DeleteRole", RoleName="r")
    assert await _refused(stack, "GetInstanceProfile", InstanceProfileName="p") == (
        "NoSuchEntity",
        "Instance Profile p cannot be found.",
        404,
    )
    assert await _refused(stack, "GetRole", RoleName="r") == (
        "NoSuchEntity",
        "The role with name r cannot be found.",
        404,
    )


@pytest.mark.parametrize("noun", ["Group", "Role", "User"])
async def test_policies_inside_and_attached_hold_their_holder(stack: Stack, noun: str) -> None:
    iam, holder = stack.caller.iam, {f"{noun}Name": "r"}
    await (_role(stack) if noun == "Role" else iam(f"Create{noun}", **holder))
    await iam("CreatePolicy", PolicyName="own", Path="/p/", PolicyDocument=MAY)
    await iam(f"Put{noun}Policy", **holder, PolicyName="inside", PolicyDocument=MAY)
    got = await iam(f"Get{noun}Policy", **holder, PolicyName="inside")
    assert unquote(got["PolicyDocument"]) == MAY
    assert (await iam(f"List{noun}Policies", **holder))["PolicyNames"] == ["inside"]
    for arn in (OWN, OF_AWS, OWN):
        await iam(f"Attach{noun}Policy", **holder, PolicyArn=arn)
    attached = (await iam(f"ListAttached{noun}Policies", **holder))["AttachedPolicies"]
    assert {one["PolicyArn"]: one["PolicyName"] for one in attached} == {
        OWN: "own",
        OF_AWS: "AmazonSSMManagedInstanceCore",
    }
    assert (await iam("GetPolicy", PolicyArn=OWN))["Policy"]["AttachmentCount"] == 1
    entities = await iam("ListEntitiesForPolicy", PolicyArn=OWN)
    assert [one[f"{noun}Name"] for one in entities[f"Policy{noun}s"]] == ["r"]
    conflict = "Cannot delete entity, must {} first."
    assert (await _refused(stack, f"Delete{noun}", **holder))[1] == conflict.format("detach all policies")
    assert (await _refused(stack, "DeletePolicy", PolicyArn=OWN))[1] == "Cannot delete a policy attached to entities."
    for arn in (OWN, OF_AWS):
        await iam(f"Detach{noun}Policy", **holder, PolicyArn=arn)
    assert (await _refused(stack, f"Detach{noun}Policy", **holder, PolicyArn=OWN))[0] == "NoSuchEntity"
    assert (await _refused(stack, f"Delete{noun}", **holder))[1] == conflict.format("delete policies")
    await iam(f"Delete{noun}Policy", **holder, PolicyName="inside")
    assert await _refused(stack, f"Get{noun}Policy", **holder, PolicyName="inside") == (
        "NoSuchEntity",
        f"The {noun.lower()} policy with name inside cannot be found.",
        404,
    )
    await iam(f"Delete{noun}", **holder)
    await iam("DeletePolicy", PolicyArn=OWN)
    assert (await _refused(stack, "GetPolicy", PolicyArn=OWN))[0] == "NoSuchEntity"


async def test_a_policy_has_five_versions_of_which_one_counts(stack: Stack) -> None:
    iam = stack.caller.iam
    made = (await iam("CreatePolicy", PolicyName="own", Path="/p/", PolicyDocument=MAY))["Policy"]
    assert (made["Arn"], made["DefaultVersionId"], made["IsAttachable"]) == (OWN, "v1", True)
    for number in range(2, 6):
        document = MAY.replace("ec2", f"s{number}")
        await iam("CreatePolicyVersion", PolicyArn=OWN, PolicyDocument=document, SetAsDefault=number == 3)
    assert (await _refused(stack, "CreatePolicyVersion", PolicyArn=OWN, PolicyDocument=MAY))[0] == "LimitExceeded"
    versions = (await iam("ListPolicyVersions", PolicyArn=OWN))["Versions"]
    assert [(one["VersionId"], one["IsDefaultVersion"]) for one in versions] == [
        (f"v{number}", number == 3) for number in (5, 4, 3, 2, 1)
    ]
    got = (await iam("GetPolicyVersion", PolicyArn=OWN, VersionId="v3"))["PolicyVersion"]
    assert "s3" in unquote(got["Document"])
    assert (await _refused(stack, "DeletePolicyVersion", PolicyArn=OWN, VersionId="v3"))[0] == "DeleteConflict"
    await iam("SetDefaultPolicyVersion", PolicyArn=OWN, VersionId="v5")
    assert (await iam("GetPolicy", PolicyArn=OWN))["Policy"]["DefaultVersionId"] == "v5"
    assert (await _refused(stack, "DeletePolicy", PolicyArn=OWN))[0] == "DeleteConflict"
    for number in range(1, 5):
        await iam("DeletePolicyVersion", PolicyArn=OWN, VersionId=f"v{number}")
    again = await iam("CreatePolicyVersion", PolicyArn=OWN, PolicyDocument=MAY)
    assert again["PolicyVersion"]["VersionId"] == "v6", "no version is given twice"
    assert (await _refused(stack, "GetPolicyVersion", PolicyArn=OWN, VersionId="v1"))[0] == "NoSuchEntity"
    assert [one["Arn"] for one in (await iam("ListPolicies", Scope="Local"))["Policies"]] == [OWN]
    for nothing in ({"OnlyAttached": True}, {"PathPrefix": "/q/"}, {"PolicyUsageFilter": "PermissionsBoundary"}):
        assert (await iam("ListPolicies", **nothing))["Policies"] == []


async def test_policies_of_aws_are_listed_beside_the_accounts_own(stack: Stack) -> None:
    iam = stack.caller.iam
    await iam("CreatePolicy", PolicyName="AWSDenyAll", PolicyDocument=MAY)
    await _role(stack)
    await iam("AttachRolePolicy", RoleName="r", PolicyArn=OF_AWS)
    found: list[dict[str, Any]] = []
    page = await iam("ListPolicies", MaxItems=700)
    while True:
        found += page["Policies"]
        if not page["IsTruncated"]:
            break
        page = await iam("ListPolicies", MaxItems=700, Marker=page["Marker"])
    arns = [one["Arn"] for one in found]
    assert len(arns) == len(set(arns)) == len(policies_of_aws()) + 1
    both = [one for one in arns if one.endswith("/AWSDenyAll")]
    assert both == ["arn:aws:iam::123456789012:policy/AWSDenyAll", "arn:aws:iam::aws:policy/AWSDenyAll"]
    (attached,) = (await iam("ListPolicies", Scope="AWS", OnlyAttached=True))["Policies"]
    assert (attached["Arn"], attached["AttachmentCount"], attached["Path"]) == (OF_AWS, 1, "/")
    got = (await iam("GetPolicy", PolicyArn=OF_AWS))["Policy"]
    assert (got["PolicyName"], got["DefaultVersionId"], got["AttachmentCount"]) == (
        "AmazonSSMManagedInstanceCore",
        attached["DefaultVersionId"],
        1,
    )
    assert got["PolicyId"].startswith("ANPA") and len(got["PolicyId"]) == 21
    below = (await iam("ListPolicies", Scope="AWS", PathPrefix="/job-function/"))["Policies"]
    assert {"Billing", "ViewOnlyAccess"} <= {one["PolicyName"] for one in below}
    assert (await _refused(stack, "GetPolicy", PolicyArn="arn:aws:iam::aws:policy/Nonsense"))[0] == "NoSuchEntity"


async def test_a_policy_of_aws_has_the_document_of_its_default_version_and_is_not_changed(stack: Stack) -> None:
    iam = stack.caller.iam
    policy = (await iam("GetPolicy", PolicyArn=OF_AWS))["Policy"]
    asked = {"PolicyArn": OF_AWS, "VersionId": policy["DefaultVersionId"]}
    version = (await iam("GetPolicyVersion", **asked))["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == (policy["DefaultVersionId"], True)
    assert version["CreateDate"] == policy["UpdateDate"]
    actions = {action for one in json.loads(unquote(version["Document"]))["Statement"] for action in one["Action"]}
    assert {"ssm:UpdateInstanceInformation", "ec2messages:GetMessages"} <= actions
    (listed,) = (await iam("ListPolicyVersions", PolicyArn=OF_AWS))["Versions"]
    assert listed == {name: version[name] for name in ("VersionId", "IsDefaultVersion", "CreateDate")}
    assert (await _refused(stack, "GetPolicyVersion", PolicyArn=OF_AWS, VersionId="v99"))[0] == "NoSuchEntity"
    for action, more in (
        ("DeletePolicy", {}),
        ("CreatePolicyVersion", {"PolicyDocument": MAY}),
        ("SetDefaultPolicyVersion", {"VersionId": "v1"}),
        ("DeletePolicyVersion", {"VersionId": "v1"}),
    ):
        code, words, _ = await _refused(stack, action, PolicyArn=OF_AWS, **more)
        assert code == "AccessDenied"
        assert f"is not authorized to perform: iam:{action} on resource: policy {OF_AWS}" in words


def _statement(**members: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [members]})


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "invalid Json"),
        ("[" * 50_000, "invalid Json"),
        ("[]", "Syntax errors in policy."),
        ("{}", "Syntax errors in policy."),
        ('{"Statement": []}', "Syntax errors in policy."),
        ('{"Version": {}, "Statement": []}', "Syntax errors in policy."),
        ('{"Version": "2020-01-01", "Statement": [{"Effect": "Allow"}]}', "Syntax errors in policy."),
        (_statement(Effect="allow", Action="*", Resource="*"), "Syntax errors in policy."),
        (_statement(Effect=["Allow"], Action="*", Resource="*"), "Syntax errors in policy."),
        (_statement(Effect="Allow", Resource="*"), "Policy statement must contain actions."),
        (_statement(Effect="Allow", Action="*"), "Policy statement must contain resources."),
        (_statement(Effect="Allow", Action="*", Resource="*", Principal="*"), "should not specify a principal"),
    ],
)
async def test_a_document_that_is_no_policy_is_malformed(stack: Stack, document: str, words: str) -> None:
    await _role(stack)
    for action, holder in (("CreatePolicy", {}), ("PutRolePolicy", {"RoleName": "r"})):
        code, message, status = await _refused(stack, action, **holder, PolicyName="p", PolicyDocument=document)
        assert (code, words in message, status) == ("MalformedPolicyDocument", True, 400), message


async def test_a_trust_policy_names_a_principal_and_no_resource(stack: Stack) -> None:
    for document, words in (
        (_statement(Effect="Allow", Action="sts:AssumeRole"), "Missing required field Principal"),
        (_statement(Effect="Allow", Action="*", Principal="*", Resource="*"), "Has prohibited field Resource"),
    ):
        refused = await _refused(stack, "CreateRole", RoleName="r", AssumeRolePolicyDocument=document)
        assert refused == ("MalformedPolicyDocument", words, 400)


async def test_documents_are_bounded_as_iam_counts_them(stack: Stack) -> None:
    iam = stack.caller.iam
    await _role(stack)
    long = _statement(Effect="Allow", Action="x" * 6100, Resource="*")
    assert (await _refused(stack, "CreatePolicy", PolicyName="p", PolicyDocument=long))[:2] == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    await iam("PutRolePolicy", RoleName="r", PolicyName="a", PolicyDocument=long)
    refused = await _refused(stack, "PutRolePolicy", RoleName="r", PolicyName="b", PolicyDocument=long)
    assert refused[:2] == ("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role r")
    await iam("PutRolePolicy", RoleName="r", PolicyName="a", PolicyDocument=long)  # in its own place
    trust = json.dumps({**json.loads(TRUST), "Id": "x" * 2048})
    assert (await _refused(stack, "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=trust))[1] == (
        "Cannot exceed quota for ACLSizePerRole: 2048"
    )
    await iam("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=TRUST + " " * 4000)
    assert (await _refused(stack, "CreatePolicy", PolicyName="p", PolicyDocument=MAY + "é" * 9 + "\u4e00"))[0] == (
        "ValidationError"
    )
    for number in range(10):
        await iam("AttachRolePolicy", RoleName="r", PolicyArn=f"{OF_AWS}{number}")
    assert (await _refused(stack, "AttachRolePolicy", RoleName="r", PolicyArn=OF_AWS))[1] == (
        "Cannot exceed quota for PoliciesPerRole: 10"
    )


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("arn:aws:iam::123456789012:policy/none", "NoSuchEntity"),
        ("arn:aws:iam::210987654321:policy/own", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:role/ar", "ValidationError"),
        ("x" * 20, "ValidationError"),
        ("arn:aws:iam::aws:policy/" + "x" * 2048, "ValidationError"),
    ],
)
async def test_what_is_no_policy_cannot_be_attached(stack: Stack, arn: str, code: str) -> None:
    await _role(stack)
    assert (await _refused(stack, "AttachRolePolicy", RoleName="r", PolicyArn=arn))[0] == code


async def test_a_name_in_the_place_of_an_arn_is_refused_in_iams_words(stack: Stack) -> None:
    await _role(stack)
    assert await _refused(stack, "AttachRolePolicy", RoleName="r", PolicyArn="a-name-and-no-arn-of-a-policy") == (
        "ValidationError",
        "Invalid ARN:  Could not be parsed!",
        400,
    )


async def test_tools_are_told_what_the_account_does_not_have(stack: Stack) -> None:
    await stack.caller.iam("CreateUser", UserName="u")
    for action, member, asked in (
        ("ListMFADevices", "MFADevices", {"UserName": "u"}),
        ("ListSSHPublicKeys", "SSHPublicKeys", {"UserName": "u"}),
        ("ListSigningCertificates", "Certificates", {"UserName": "u"}),
        ("ListServiceSpecificCredentials", "ServiceSpecificCredentials", {"UserName": "u"}),
        ("ListServiceSpecificCredentials", "ServiceSpecificCredentials", {"AllUsers": True}),
        ("ListVirtualMFADevices", "VirtualMFADevices", {}),
        ("ListServerCertificates", "ServerCertificateMetadataList", {}),
    ):
        assert await stack.caller.iam(action, **asked) == {member: [], "IsTruncated": False}
    summary = (await stack.caller.iam("GetAccountSummary"))["SummaryMap"]
    assert (summary["Users"], summary["Roles"], summary["RolesQuota"], summary["Groups"]) == (1, 0, 1000, 0)
    assert await stack.caller.iam("ListOpenIDConnectProviders") == {"OpenIDConnectProviderList": []}
    assert await stack.caller.iam("ListSAMLProviders") == {"SAMLProviderList": []}
    document = (
        await stack.caller.post(
            "Action=CreateVirtualMFADevice&Version=2010-05-08&VirtualMFADeviceName=x", service="iam"
        )
    ).text
    assert "Kumoniwa does not implement the action CreateVirtualMFADevice of IAM" in document


@pytest.mark.parametrize(
    ("action", "asked", "message"),
    [
        ("GetLoginProfile", {"UserName": "u"}, "Login Profile for User u cannot be found."),
        ("DeleteLoginProfile", {"UserName": "u"}, "Login Profile for User u cannot be found."),
        ("DeleteLoginProfile", {"UserName": "none"}, "The user with name none cannot be found."),
        ("ListSSHPublicKeys", {"UserName": "none"}, "The user with name none cannot be found."),
        ("GetAccountPasswordPolicy", {}, "The Password Policy with domain name 123456789012 cannot be found."),
    ],
)
async def test_what_nobody_has_cannot_be_found(stack: Stack, action: str, asked: dict[str, str], message: str) -> None:
    await stack.caller.iam("CreateUser", UserName="u")
    assert await _refused(stack, action, **asked) == ("NoSuchEntity", message, 404)
