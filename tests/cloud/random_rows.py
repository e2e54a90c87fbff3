"""A database full of resources with random, odd and often equal values: what filters are to tell apart."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from kumoniwa.model.images import Image, ImageDevice, ImageState
from kumoniwa.model.instances import Instance, InstanceState, Reachability, ShutdownBehavior
from kumoniwa.model.launch_templates import LaunchTemplate
from kumoniwa.model.layers import Layer
from kumoniwa.model.network_interfaces import NetworkInterface
from kumoniwa.model.security_groups import SecurityGroup
from kumoniwa.model.sharing import Permission
from kumoniwa.model.snapshots import Snapshot, SnapshotState
from kumoniwa.model.tags import Tag
from kumoniwa.model.volumes import Attachment, AttachmentState, Volume, VolumeState
from kumoniwa.model.vpcs import Subnet, Vpc
from kumoniwa.store import all_tables as tables
from kumoniwa.store.rows import insert

AT = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "us-east-1"
SCOPES = ((ACCOUNT, REGION), (ACCOUNT, REGION), (ACCOUNT, REGION), (ACCOUNT, "eu-west-1"), ("210987654321", REGION))
KEYS = ("Name", "name", "k*y", "k?y", "[k]", "ké", "\\", "a:b", " ", "🌱")
VALUES = ("", "web", "Web", "WEB", "web*", "we?", "[w]eb", "w]b", "wéb", "w\\b", "%", "_", "*", "?", "🌱", "a b", "\n")
INSTANCES = 40


class RandomRows:
    """What writes them."""

    def __init__(self, connection: Connection, choose: random.Random) -> None:
        self._connection = connection
        self._choose = choose

    def fill(self) -> None:
        """Write resources of every kind that listings select, in several accounts and regions."""
        for number, (account, region) in enumerate(sorted(set(SCOPES))):
            vpc = f"vpc-{number:017x}"
            insert(self._connection, tables.vpcs, Vpc(vpc, account, region, "10.0.0.0/8", True, "dopt-1", "a"))
            for part in range(2):
                subnet = Subnet(
                    f"subnet-{2 * number + part:017x}",
                    account,
                    region,
                    vpc,
                    f"{region}a",
                    "z",
                    "c",
                    True,
                    True,
                    "acl-1",
                    "a",
                )
                insert(self._connection, tables.subnets, subnet)
            for part, name in enumerate(("default", "Default", "w*b")):
                insert(
                    self._connection,
                    tables.security_groups,
                    SecurityGroup(f"sg-{3 * number + part:017x}", account, region, vpc, name, "d"),
                )
        for number in range(INSTANCES):
            self._resources(number, *self._choose.choice(SCOPES))

    def _resources(self, number: int, account: str, region: str) -> None:
        self._image(number, account, region)
        instance = self._instance(number, account, region)
        insert(self._connection, tables.instances, instance)
        self._tag(instance.id, "instance", account, region)
        if instance.state is not InstanceState.TERMINATED:
            self._interface(number, instance)
        self._volume(number, instance)
        self._snapshot(number, account, region)
        self._template(number, account, region)

    def _one(self, *values: Any) -> Any:
        return self._choose.choice(values)

    def _moment(self) -> datetime:
        return AT + timedelta(seconds=self._choose.randrange(5))

    def _tag(self, resource_id: str, resource_type: str, account: str, region: str) -> None:
        for key in self._choose.sample(KEYS, self._choose.randrange(4)):
            tag = Tag(account, region, resource_id, resource_type, key, self._one(*VALUES))
            insert(self._connection, tables.tags, tag)

    def _instance(self, number: int, account: str, region: str) -> Instance:
        state = self._one(*InstanceState)
        return Instance(
            id=f"i-{number:017x}",
            account=account,
            region=region,
            reservation_id=f"r-{self._choose.randrange(INSTANCES // 2):017x}",
            requester=account,
            launch_index=self._choose.randrange(12),
            image_id=f"ami-{self._choose.randrange(INSTANCES):017x}",
            instance_type=self._one("t3.micro", "m5.large"),
            architecture="x86_64",
            state=state,
            zone=self._one(f"{region}a", f"{region}b"),
            public_ip=self._one(None, f"127.0.0.{number}"),
            associate_public_ip=True,
            key_name=self._one(None, *VALUES),
            public_key=None,
            root_device_name=self._one("/dev/xvda", "/dev/sda1"),
            launch_time=self._moment(),
            first_launch_time=self._moment(),
            guest_uuid="u",
            user_data=self._one(None, "dXNlcg=="),
            client_token=self._one("", "token"),
            disable_api_stop=False,
            disable_api_termination=False,
            shutdown_behavior=ShutdownBehavior.STOP,
            ebs_optimized=self._one(True, False),
            monitoring=self._one(True, False),
            metadata_endpoint=self._one(True, False),
            metadata_tokens_required=self._one(True, False),
            metadata_hop_limit=self._one(1, 2, 64),
            metadata_tags=self._one(True, False),
            options=self._one({}, {"BootMode": "uefi"}),
            boot_mode=self._one(None, "uefi"),
            state_transition_reason=self._one("", "User initiated"),
            state_reason_code=self._one(None, "Server.InternalError"),
            state_reason_message=self._one(None, *VALUES),
            reachability=self._one(*Reachability),
        )

    def _groups(self, instance: Instance) -> Sequence[str]:
        number = sorted(set(SCOPES)).index((instance.account, instance.region))
        return self._choose.sample([f"sg-{3 * number + part:017x}" for part in range(3)], self._choose.randint(1, 3))

    def _interface(self, number: int, instance: Instance) -> None:
        scope = sorted(set(SCOPES)).index((instance.account, instance.region))
        interface = NetworkInterface(
            id=f"eni-{number:017x}",
            account=instance.account,
            region=instance.region,
            vpc_id=f"vpc-{scope:017x}",
            subnet_id=f"subnet-{2 * scope + self._choose.randrange(2):017x}",
            mac=f"02:00:00:00:00:{number:02x}",
            private_ip=f"10.0.0.{number}",
            description=self._one(*VALUES),
            source_dest_check=self._one(True, False),
            instance_id=instance.id,
            attachment_id=f"eni-attach-{number:017x}",
            device_index=0,
            attached_at=AT,
        )
        insert(self._connection, tables.network_interfaces, interface)
        self._tag(interface.id, "network-interface", interface.account, interface.region)
        self._connection.execute(
            tables.interface_groups.insert(),
            [
                {"interface_id": interface.id, "position": position, "group_id": group_id}
                for position, group_id in enumerate(self._groups(instance))
            ],
        )

    def _volume(self, number: int, instance: Instance) -> None:
        layer = Layer(f"layer-{number:017x}", None, 1 << 30, AT)
        insert(self._connection, tables.layers, layer)
        volume = Volume(
            id=f"vol-{number:017x}",
            account=instance.account,
            region=instance.region,
            zone=instance.zone,
            size_gib=self._one(1, 8, 80),
            volume_type=self._one("gp3", "gp2"),
            iops=None,
            throughput=None,
            snapshot_id=self._one("", f"snap-{number:017x}"),
            state=self._one(*VolumeState),
            created_at=self._moment(),
            head=layer.id,
            encrypted=self._one(True, False),
        )
        insert(self._connection, tables.volumes, volume)
        self._tag(volume.id, "volume", volume.account, volume.region)
        if self._one(True, False):
            attachment = Attachment(
                volume.id,
                instance.id,
                self._one("/dev/xvda", "/dev/sdf"),
                self._one(*AttachmentState),
                self._moment(),
                self._one(True, False),
                0,
                0,
            )
            insert(self._connection, tables.attachments, attachment)

    def _snapshot(self, number: int, account: str, region: str) -> None:
        snapshot = Snapshot(
            f"snap-{number:017x}",
            account,
            region,
            f"vol-{self._choose.randrange(INSTANCES):017x}",
            self._one(1, 8, 80),
            self._one(*SnapshotState),
            self._one(0, 99, 100),
            self._moment(),
            self._one(*VALUES),
        )
        insert(self._connection, tables.snapshots, snapshot)
        self._tag(snapshot.id, "snapshot", account, region)
        self._share(snapshot.id)

    def _image(self, number: int, account: str, region: str) -> None:
        image = Image(
            id=f"ami-{number:017x}",
            account=account,
            region=region,
            name=self._one(*VALUES),
            description=self._one(None, *VALUES),
            state=self._one(*ImageState),
            architecture="x86_64",
            root_device_name=self._one("/dev/xvda", "/dev/sda1"),
            created_at=self._moment(),
            boot_mode=self._one(None, "uefi"),
            ena_support=self._one(True, False),
            source_instance_id=self._one(None, f"i-{number:017x}"),
            source_image_id=self._one(None, f"ami-{self._choose.randrange(INSTANCES):017x}"),
            state_reason_code=self._one(None, "Server.InternalError"),
        )
        insert(self._connection, tables.images, image)
        self._tag(image.id, "image", account, region)
        self._share(image.id)
        devices = (ImageDevice(image.id, place, "/dev/xvda", self._one(None, "snap-1"), 8) for place in range(2))
        insert(self._connection, tables.image_devices, *devices)

    def _template(self, number: int, account: str, region: str) -> None:
        name = f"{self._one(*VALUES)}{number}"
        template = LaunchTemplate(f"lt-{number:017x}", account, region, name, self._moment(), account, 1, 1, 1)
        insert(self._connection, tables.launch_templates, template)
        self._tag(template.id, "launch-template", account, region)

    def _share(self, resource_id: str) -> None:
        if self._one(True, False):
            insert(self._connection, tables.permissions, Permission(resource_id, self._one("all", "210987654321")))
