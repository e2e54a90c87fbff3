"""Who the guest of a new instance is to be, where it is launched from memory."""

import secrets
from base64 import b64decode

from kumoniwa.hypervisor.driver import GuestNic, Identity
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.instances import Instance

_SCRIPT = b"#!"


def identity_of(instance: Instance, nic: GuestNic) -> Identity:
    """The names that the metadata service tells of the instance, and secrets that nobody else has: made anew at each
    call, and kept nowhere. Takes a while: call it outside the event loop."""
    from kumoniwa.key_pairs import host_keys  # some MB of cryptography, which few servers need

    return Identity(
        instance_id=instance.id,
        hostname=private_hostname(str(nic.address), instance.region).partition(".")[0],  # as cloud-init sets it
        machine_id=secrets.token_hex(16),
        host_keys=host_keys.generate(),
        authorized_keys=() if instance.public_key is None else (instance.public_key.rstrip("\n"),),
        cloud_init_first=may_decide_who_logs_in(instance.user_data),
    )


def may_decide_who_logs_in(user_data: str | None) -> bool:
    """Whether user data, in base64, may have a say in it before anybody does. A plain script does not: cloud-init runs
    it last."""
    return user_data is not None and not b64decode(user_data).startswith(_SCRIPT)
