"""What an account may have on AWS and none has here: identity providers, certificates, a password policy.

ListOpenIDConnectProviders, ListSAMLProviders and ListServerCertificates are empty, and GetAccountPasswordPolicy finds
nothing. Tools ask before they go on.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.api.registry import Depth, action

_NONE = "There are none, and none can be made."


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
