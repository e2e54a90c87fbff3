"""GetAccountSummary."""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.access_keys.create_access_key import MOST_KEYS
from kumoniwa.api.iam.instance_profiles.create_instance_profile import MOST_PROFILES
from kumoniwa.api.iam.policies.create_policy import MOST_OF_A_DOCUMENT, MOST_POLICIES
from kumoniwa.api.iam.policies.holders import GROUP, MOST_ATTACHED, ROLE, USER
from kumoniwa.api.iam.policies.policy_versions import MOST_VERSIONS
from kumoniwa.api.iam.roles.create_role import MOST_OF_A_TRUST_POLICY, MOST_ROLES
from kumoniwa.api.iam.users.create_user import MOST_USERS
from kumoniwa.api.registry import Depth, action
from kumoniwa.model.groups import MOST_GROUPS, MOST_GROUPS_OF_A_USER
from kumoniwa.store import groups, instance_profiles, policies, roles, users

_LESS = "What cannot be made here, such as server certificates, is left out."


@action("GetAccountSummary", service="iam", depth=Depth.PARTLY, missing=_LESS)
async def get_account_summary(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """How many users, groups, roles, instance profiles and policies there are, and may be."""

    def read(connection: Connection) -> Answer:
        return {
            "SummaryMap": {
                "AccessKeysPerUserQuota": MOST_KEYS,
                "AccountAccessKeysPresent": 1,
                "AccountMFAEnabled": 0,
                "AssumeRolePolicySizeQuota": MOST_OF_A_TRUST_POLICY,
                "AttachedPoliciesPerGroupQuota": MOST_ATTACHED,
                "AttachedPoliciesPerRoleQuota": MOST_ATTACHED,
                "AttachedPoliciesPerUserQuota": MOST_ATTACHED,
                "GroupPolicySizeQuota": GROUP.most_inline,
                "Groups": len(groups.of_account(connection, call.account)),
                "GroupsPerUserQuota": MOST_GROUPS_OF_A_USER,
                "GroupsQuota": MOST_GROUPS,
                "InstanceProfiles": len(instance_profiles.of_account(connection, call.account)),
                "InstanceProfilesQuota": MOST_PROFILES,
                "MFADevices": 0,
                "Policies": len(policies.of_account(connection, call.account)),
                "PoliciesQuota": MOST_POLICIES,
                "PolicySizeQuota": MOST_OF_A_DOCUMENT,
                "RolePolicySizeQuota": ROLE.most_inline,
                "Roles": len(roles.of_account(connection, call.account)),
                "RolesQuota": MOST_ROLES,
                "UserPolicySizeQuota": USER.most_inline,
                "Users": len(users.of_account(connection, call.account)),
                "UsersQuota": MOST_USERS,
                "VersionsPerPolicyQuota": MOST_VERSIONS,
            }
        }

    return await cloud.read(read)
