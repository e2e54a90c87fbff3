"""One instance with everything that its metadata can tell, for the tests of the metadata service."""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from kumoniwa.imds.tree import GuestFacts
from kumoniwa.model.instances import Instance, InstanceState, ShutdownBehavior
from kumoniwa.model.key_pairs import KeyPair
from kumoniwa.model.layers import GIB, Layer
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.tags import Tag
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume, VolumeState
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.store import instances, network_interfaces
from kumoniwa.store.rows import insert
from kumoniwa.store.tables.layers import layers
from kumoniwa.store.tables.security_groups import security_groups
from kumoniwa.store.tables.tags import tags
from kumoniwa.store.tables.volumes import attachments, volumes
from kumoniwa.store.tables.vpcs import subnets, vpcs

ACCOUNT = "123456789012"
REGION = "us-east-1"
LAUNCHED = datetime(2026, 1, 1, tzinfo=UTC)
USER_DATA = b"#!/bin/sh\necho \xff\n"

VPC = Vpc("vpc-01", ACCOUNT, REGION, "172.31.0.0/16", True, "dopt-01", "vpc-cidr-assoc-01")
SUBNET = Subnet(
    "subnet-01", ACCOUNT, REGION, VPC.id, "us-east-1a", "use1-az1", "172.31.0.0/20", True, True, "acl-01", "aclassoc-01"
)
GROUPS = (
    SecurityGroup("sg-01", ACCOUNT, REGION, VPC.id, "default", "default VPC security group"),
    SecurityGroup("sg-02", ACCOUNT, REGION, VPC.id, "web", "the web"),
)
KEY_PAIR = KeyPair("key-01", ACCOUNT, REGION, "my-key", "ed25519", "aa:bb", "ssh-ed25519 AAAA my-key", LAUNCHED)
TAGS = {"Name": "example", "a key with spaces": "not a path", "stage": "test"}
INSTANCE = Instance(
    id="i-0123456789abcdef0",
    account=ACCOUNT,
    region=REGION,
    reservation_id="r-01",
    requester=ACCOUNT,
    launch_index=0,
    image_id="ami-01",
    instance_type="t3.micro",
    architecture="x86_64",
    state=InstanceState.RUNNING,
    zone=SUBNET.zone,
    public_ip="127.10.0.5",
    associate_public_ip=True,
    key_name=KEY_PAIR.name,
    public_key=KEY_PAIR.public_key,
    root_device_name="/dev/xvda",
    launch_time=LAUNCHED,
    first_launch_time=LAUNCHED,
    guest_uuid="ec2e1916-9099-7caf-fd21-012345abcdef",
    user_data=b64encode(USER_DATA).decode(),
    client_token="",
    disable_api_stop=False,
    disable_api_termination=False,
    shutdown_behavior=ShutdownBehavior.STOP,
    ebs_optimized=False,
    monitoring=False,
    metadata_endpoint=True,
    metadata_tokens_required=False,
    metadata_hop_limit=1,
    metadata_tags=True,
    options={},
)

INTERFACE = NetworkInterface(
    id="eni-01",
    account=ACCOUNT,
    region=REGION,
    vpc_id=VPC.id,
    subnet_id=SUBNET.id,
    mac="02:00:00:00:00:01",
    private_ip="172.31.12.19",
    description="",
    source_dest_check=True,
    instance_id=INSTANCE.id,
    attachment_id="eni-attach-01",
    device_index=0,
    attached_at=LAUNCHED,
    delete_on_termination=True,
)


def attachment(position: int, device: str, state: AttachmentState = AttachmentState.ATTACHED) -> Attachment:
    return Attachment(f"vol-0{position}", INSTANCE.id, device, state, LAUNCHED, True, position, 0)


ATTACHMENTS = (attachment(0, "/dev/xvda"), attachment(1, "/dev/sdf"), attachment(2, "/dev/sdg"))
FURTHER_BLOCKS = ("10.2.0.0/16",)
FACTS = GuestFacts(INSTANCE, INTERFACE, VPC, FURTHER_BLOCKS, SUBNET, GROUPS, ATTACHMENTS, TAGS)


def facts(**changes: Any) -> GuestFacts:
    """The facts of the example, with these columns of its instance changed."""
    return replace(FACTS, instance=replace(INSTANCE, **changes))


def write_example(connection: Connection) -> None:
    """The example in the database."""
    insert(connection, vpcs, VPC)
    insert(connection, subnets, SUBNET)
    insert(connection, security_groups, *GROUPS)
    insert(connection, layers, Layer("layer-01", None, GIB, LAUNCHED))
    instances.add(connection, INSTANCE)
    network_interfaces.add(connection, [INTERFACE], [group.id for group in GROUPS])
    for each in ATTACHMENTS:
        volume = Volume(
            each.volume_id,
            ACCOUNT,
            REGION,
            SUBNET.zone,
            1,
            "gp3",
            None,
            None,
            "",
            VolumeState.IN_USE,
            LAUNCHED,
            "layer-01",
        )
        insert(connection, volumes, volume)
    insert(connection, attachments, *reversed(ATTACHMENTS))
    insert(
        connection, tags, *(Tag(ACCOUNT, REGION, INSTANCE.id, "instance", key, value) for key, value in TAGS.items())
    )


def write_neighbour(connection: Connection, instance_id: str) -> None:
    """A second instance beside the example, with nothing of its own but its id and address."""
    neighbour = replace(INSTANCE, id=instance_id, public_ip=None, key_name=None, public_key=None)
    instances.add(connection, neighbour)
    own = replace(INTERFACE, id="eni-02", instance_id=instance_id, private_ip="172.31.12.20")
    network_interfaces.add(connection, [own], [])
