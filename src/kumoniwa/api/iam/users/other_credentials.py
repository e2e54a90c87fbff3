"""What else a user may sign in with on AWS, and no user has here: passwords, SSH keys, certificates, second factors.

GetLoginProfile and DeleteLoginProfile do not find any; ListSSHPublicKeys, ListSigningCertificates,
ListServiceSpecificCredentials, ListMFADevices and ListVirtualMFADevices are empty. Who deletes a user asks for all of
them first.
"""

from sqlalchemy import Connection

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.iam.refusals import NoSuchEntity
from kumoniwa.api.iam.users.named_user import user_meant
from kumoniwa.api.registry import Depth, action

_NONE = "There are none, and none can be made."


@action("GetLoginProfile", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def get_login_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say that the user has no password."""
    return await cloud.read(lambda connection: _refuse_password(connection, call, parameters))


@action("DeleteLoginProfile", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def delete_login_profile(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Say that the user has no password."""
    return await cloud.read(lambda connection: _refuse_password(connection, call, parameters))


@action("ListSSHPublicKeys", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_ssh_public_keys(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A user's SSH keys for CodeCommit: none."""
    return await _none_of(cloud, call, parameters, "SSHPublicKeys")


@action("ListSigningCertificates", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_signing_certificates(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A user's certificates: none."""
    return await _none_of(cloud, call, parameters, "Certificates")


@action("ListServiceSpecificCredentials", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_service_specific_credentials(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Passwords for single services: none."""
    if parameters.get("AllUsers"):
        return {"ServiceSpecificCredentials": [], "IsTruncated": False}
    return await _none_of(cloud, call, parameters, "ServiceSpecificCredentials")


@action("ListMFADevices", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_mfa_devices(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """A user's devices for a second factor: none."""
    return await _none_of(cloud, call, parameters, "MFADevices")


@action("ListVirtualMFADevices", service="iam", depth=Depth.PARTLY, missing=_NONE)
async def list_virtual_mfa_devices(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The account's virtual devices for a second factor: none."""
    return {"VirtualMFADevices": [], "IsTruncated": False}


async def _none_of(cloud: Cloud, call: Call, parameters: Parameters, member: str) -> Answer:
    """An empty list of a user who exists; of the account's own key, which is no user's, too."""

    def read(connection: Connection) -> Answer:
        if "UserName" in parameters:
            user_meant(connection, call, parameters)
        return {member: [], "IsTruncated": False}

    return await cloud.read(read)


def _refuse_password(connection: Connection, call: Call, parameters: Parameters) -> Answer:
    user = user_meant(connection, call, parameters)
    raise NoSuchEntity(f"Login Profile for User {user.name} cannot be found.")
