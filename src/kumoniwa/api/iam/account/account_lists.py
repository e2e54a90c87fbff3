"""What an account may have on AWS and none has here: groups, identity providers, certificates, a password policy.

ListGroups, ListGroupsForUser, ListOpenIDConnectProviders, ListSAMLProviders and ListServerCertificates are empty;
GetGroup and GetAccountPasswordPolicy find nothing. Tools ask before they go on.
"""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.api.iam.users.named_user import user_of
from kumoniwa.api.registry import Depth, action

_NONE = "There are none, and none can be made."


@action("ListGroups", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_groups(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups of users: none."""
    return {"Groups": [], "IsTruncated": False}


@action("ListGroupsForUser", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_groups_for_user(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The groups that a user is in: none."""

    def read(connection: Connection) -> Answer:
        user_of(connection, call, parameters)
        return {"Groups": [], "IsTruncated": False}

    return await cloud.read(read)


@action("GetGroup", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def get_group(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say that there is no such group."""
    raise NoSuchEntity(f"The group with name {parameters['GroupName'][:128]} cannot be found.")


@action("GetAccountPasswordPolicy", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def get_account_password_policy(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say that the account has none of its own."""
    raise NoSuchEntity(f"The Password Policy with domain name {call.account} cannot be found.")


@action("ListOpenIDConnectProviders", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_open_id_connect_providers(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The account's identity providers of OpenID Connect: none."""
    return {"OpenIDConnectProviderList": []}


@action("ListSAMLProviders", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_saml_providers(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The account's identity providers of SAML: none."""
    return {"SAMLProviderList": []}


@action("ListServerCertificates", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_server_certificates(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The account's certificates for load balancers: none."""
    return {"ServerCertificateMetadataList": [], "IsTruncated": False}
