"""What a guest may read of its instance, as the tree of paths that EC2's metadata service answers. Pure.

Every path that a listing names answers; what would have no answer is not listed: cloud-init reads whole directories and
asks for minutes when one of their entries is missing. So there is no `iam/` where the instance has no profile, no
signature beside the identity document (only Amazon has the key), and no `public-hostname` (no resolver would know it).

Every version answers the same tree. EC2 leaves out of an older version what was added later.

Source: the EC2 user guide, "Instance metadata categories" and "Instance identity documents"; listings people published.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from datetime import datetime

from kumoniwa.credentials.session_tokens import TemporaryCredentials
from kumoniwa.model.connect_keys import ConnectKey
from kumoniwa.model.hostnames import private_hostname
from kumoniwa.model.instance_types import INSTANCE_TYPES
from kumoniwa.model.instances import Instance
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.roles import ProfileAssociation
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.spot_requests import Interruption, SpotRequest
from kumoniwa.model.volumes import Attachment
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.values import dataclass

# fmt: off
VERSIONS = (
    "1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10", "2007-12-15", "2008-02-01", "2008-09-01",
    "2009-04-04", "2011-01-01", "2011-05-01", "2012-01-12", "2014-02-25", "2014-11-05", "2015-10-20", "2016-04-19",
    "2016-06-30", "2016-09-02", "2018-03-28", "2018-08-17", "2018-09-24", "2019-10-01", "2020-10-27", "2021-01-03",
    "2021-03-23", "2021-07-15", "2022-07-09", "2022-09-24", "2024-04-11", "latest",
)
# fmt: on

_PATH_TAG_KEY = re.compile(r"(?!\.\.?\Z|_index\Z)[A-Za-z0-9+\-=.,_:@]+\Z")  # EC2's rule for tags in metadata


Addresses = tuple[tuple[str, str | None], ...]
"""Private addresses, each with the public one that leads to it."""


@dataclass(frozen=True, slots=True)
class InterfaceFacts:
    """What is known of a network interface. Its primary address is the first."""

    interface: NetworkInterface
    subnet: Subnet
    groups: tuple[SecurityGroup, ...]
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What is known of the profile that an instance has."""

    association: ProfileAssociation
    exists: bool
    """Whether it was not deleted meanwhile."""
    role_name: str | None
    """None where it has no role now: then there are no credentials."""
    credentials: TemporaryCredentials | None
    updated_at: datetime
    """When these credentials took the place of others."""


@dataclass(frozen=True, slots=True)
class GuestFacts:
    """What is known of an instance. Attachments are in the guest's order; tags are empty where it may not read them."""

    instance: Instance
    interface: NetworkInterface
    """The primary one."""
    vpc: Vpc
    further_blocks: tuple[str, ...]
    """The VPC's IPv4 blocks beside its first."""
    subnet: Subnet
    groups: tuple[SecurityGroup, ...]
    attachments: tuple[Attachment, ...]
    tags: Mapping[str, str]
    secondary: Addresses = ()
    """The primary interface's, beside its first."""
    further: tuple[InterfaceFacts, ...] = ()
    """The interfaces beside the primary one."""
    profile: ProfileFacts | None = None
    spot: SpotRequest | None = None
    """The request of a Spot Instance."""
    connect_keys: tuple[ConnectKey, ...] = ()
    """Those of EC2 Instance Connect that are valid now."""

    @property
    def interfaces(self) -> tuple[InterfaceFacts, ...]:
        """All of them, the primary one first."""
        addresses = ((self.interface.private_ip, self.instance.public_ip), *self.secondary)
        return (InterfaceFacts(self.interface, self.subnet, self.groups, addresses), *self.further)


@dataclass(frozen=True, slots=True)
class Directory:
    """A part of the tree with parts. `listing` is what reading it gives."""

    children: Mapping[str, "Node"]
    listing: bytes


Node = Directory | bytes
_Branch = Mapping[str, "_Branch | Directory | str | None"]
"""A directory as it is written below: a name whose value is None, or a directory with nothing in it, is left out."""


def metadata(facts: GuestFacts) -> Directory:
    """Everything that this instance's guest may read, below `/`."""
    tops: dict[str, Node] = {
        "dynamic": _directory({"instance-identity": {"document": _identity_document(facts)}}),
        "meta-data": _meta_data(facts),
    }
    if facts.instance.user_data:
        # A version before this one kept it as it came, with spaces that are not ASCII.
        tops["user-data"] = b64decode(facts.instance.user_data.encode("ascii", "ignore"))
    version = Directory(tops, _lines(tops))  # EC2 ends no name with a slash here, nor in the list of versions
    return Directory(dict.fromkeys(VERSIONS, version), _lines(VERSIONS))


def find(tree: Directory, path: str) -> bytes | None:
    """What reading a path gives, or None where nothing is. A slash more or less at the end changes nothing."""
    node: Node | None = tree
    for name in filter(None, path.split("/")):
        if not isinstance(node, Directory):
            return None
        node = node.children.get(name)
    return node.listing if isinstance(node, Directory) else node


def _meta_data(facts: GuestFacts) -> Directory:
    instance, interface = facts.instance, facts.interface
    hostname = private_hostname(interface.private_ip, instance.region)
    instance_type = INSTANCE_TYPES.get(instance.instance_type)
    return _directory(
        {
            "ami-id": instance.image_id,
            "ami-launch-index": str(instance.launch_index),
            "ami-manifest-path": "(unknown)",  # as EC2 says of every EBS-backed image
            "block-device-mapping": _block_devices(facts),
            "events": {"maintenance": {"history": "[]", "scheduled": "[]"}},
            "hibernation": {"configured": "true" if instance.is_hibernatable else None},
            "hostname": hostname,
            "iam": {} if facts.profile is None else _iam(facts.profile),
            "instance-action": "none",
            "instance-id": instance.id,
            "instance-life-cycle": "on-demand" if facts.spot is None else "spot",
            "instance-type": instance.instance_type,
            "local-hostname": hostname,
            "local-ipv4": interface.private_ip,
            "mac": interface.mac,
            "managed-ssh-keys": {"active-keys": _active_keys(facts)},
            "network": {
                "interfaces": {"macs": {one.interface.mac: _interface(facts, one) for one in facts.interfaces}}
            },
            "placement": {
                "availability-zone": instance.zone,
                "availability-zone-id": facts.subnet.zone_id,
                "region": instance.region,
            },
            "profile": "default-hvm",
            "public-ipv4": instance.public_ip,
            "public-keys": _public_keys(instance),
            "reservation-id": instance.reservation_id,
            "security-groups": "\n".join(group.name for group in facts.groups),
            "services": {"domain": "amazonaws.com", "partition": "aws"},
            "spot": _spot(facts.spot),
            "system": instance_type.hypervisor if instance_type else None,
            "tags": {"instance": {key: value for key, value in facts.tags.items() if _PATH_TAG_KEY.match(key)}},
        }
    )


def _active_keys(facts: GuestFacts) -> _Branch:
    """By user the keys of EC2 Instance Connect, each below what EC2 says of it. EC2 signs them; nobody else can."""
    found: dict[str, str] = {}
    for key in facts.connect_keys:
        told = (
            f"#Timestamp={int(key.valid_until.timestamp())}\n#Instance={key.instance_id}\n#Caller={key.caller}\n"
            f"#Request={key.id}\n{key.public_key}\n"
        )
        found[key.os_user] = found.get(key.os_user, "") + told
    return found


def _spot(request: SpotRequest | None) -> _Branch:
    """The notice of an interruption; nothing is there before one is given."""
    if request is None or request.interrupt_at is None or request.interrupted:
        return {}
    at = f"{request.interrupt_at:%Y-%m-%dT%H:%M:%SZ}"
    terminates = request.interruption is Interruption.TERMINATE
    return {
        "instance-action": json.dumps({"action": str(request.interruption), "time": at}),
        "termination-time": at if terminates else None,
    }


def _block_devices(facts: GuestFacts) -> _Branch:
    """The device names as the image and the caller gave them. EC2 shows volumes attached since the last start later."""
    root = facts.instance.root_device_name
    others = [attachment.device for attachment in facts.attachments if attachment.device != root]
    volumes = {f"ebs{number}": device.removeprefix("/dev/") for number, device in enumerate(others, 1)}
    return {"ami": root, **volumes, "root": root}


def _interface(facts: GuestFacts, one: InterfaceFacts) -> _Branch:
    interface = one.interface
    public = {public: private for private, public in one.addresses if public is not None}
    return {
        "device-number": str(interface.device_index),
        "interface-id": interface.id,
        "ipv4-associations": public,
        "local-hostname": private_hostname(interface.private_ip, interface.region),
        "local-ipv4s": "\n".join(private for private, _ in one.addresses),
        "mac": interface.mac,
        "owner-id": interface.account,
        "public-ipv4s": "\n".join(public) or None,
        "security-group-ids": "\n".join(group.id for group in one.groups),
        "security-groups": "\n".join(group.name for group in one.groups),
        "subnet-id": interface.subnet_id,
        "subnet-ipv4-cidr-block": one.subnet.cidr,
        "vpc-id": interface.vpc_id,
        "vpc-ipv4-cidr-block": facts.vpc.cidr,
        "vpc-ipv4-cidr-blocks": "\n".join([facts.vpc.cidr, *facts.further_blocks]),
    }


def _iam(profile: ProfileFacts) -> _Branch:
    """As EC2 has it: `info` about the profile, and credentials below the name of its role."""
    at = f"{profile.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    if not profile.exists:
        gone = {"Code": "InstanceProfileNotFound", "Message": "Instance Profile does not exist.", "LastUpdated": at}
        return {"info": _json(gone)}
    info = {
        "Code": "Success",
        "LastUpdated": at,
        "InstanceProfileArn": profile.association.profile_arn,
        "InstanceProfileId": profile.association.profile_id,
    }
    if profile.role_name is None or (credentials := profile.credentials) is None:
        return {"info": _json(info)}
    shown = {
        "Code": "Success",
        "LastUpdated": at,
        "Type": "AWS-HMAC",
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret,
        "Token": credentials.session_token,
        "Expiration": f"{credentials.expires_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return {"info": _json(info), "security-credentials": {profile.role_name: _json(shown)}}


def _json(document: Mapping[str, str | None]) -> str:
    """A document in EC2's own form: its order of keys, a space before each colon."""
    return json.dumps(document, indent=2, separators=(",", " : "))


def _public_keys(instance: Instance) -> Directory | None:
    """EC2 lists a key as `0=its-name`, and keeps it below `0/`."""
    if instance.public_key is None:
        return None
    key = _directory({"openssh-key": instance.public_key.rstrip("\n") + "\n"})
    return Directory({"0": key}, f"0={instance.key_name}".encode())


def _identity_document(facts: GuestFacts) -> str:
    """The document, null for what there is none of."""
    instance = facts.instance
    document = {
        "accountId": instance.account,
        "architecture": instance.architecture,
        "availabilityZone": instance.zone,
        "billingProducts": None,
        "devpayProductCodes": None,
        "marketplaceProductCodes": None,
        "imageId": instance.image_id,
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "kernelId": None,
        "pendingTime": f"{instance.launch_time:%Y-%m-%dT%H:%M:%SZ}",
        "privateIp": facts.interface.private_ip,
        "ramdiskId": None,
        "region": instance.region,
        "version": "2017-09-30",
    }
    return _json(document)


def _directory(branch: _Branch) -> Directory:
    children: dict[str, Node] = {}
    for name, value in branch.items():
        if isinstance(value, str):
            children[name] = value.encode()
        elif isinstance(value, Directory):
            children[name] = value
        elif value and (directory := _directory(value)).children:
            children[name] = directory
    marked = (f"{name}/" if isinstance(node, Directory) else name for name, node in children.items())
    return Directory(children, _lines(marked))


def _lines(names: Iterable[str]) -> bytes:
    return "\n".join(names).encode()
