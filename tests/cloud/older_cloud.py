"""A data folder as the first version left it: every table of schema 0001 has rows, and two workflows are unfinished.

Written as SQL tells it, not with today's values: these rows never change with the code.
"""

import json
from pathlib import Path
from typing import Any

from sqlalchemy import text

from kumoniwa.store import schema
from kumoniwa.store.engines.sqlite import make_engine

AT = 1_790_000_000_000_000  # microseconds since 1970
GIB = 1 << 30
SCOPE = {"account": "123456789012", "region": "us-east-1"}
STOPPED, PENDING = "i-00000000000000001", "i-00000000000000002"
IMAGE, IMAGING = "ami-00000000000000001", "ami-00000000000000002"
SNAPSHOT, CUTTING = "snap-00000000000000001", "snap-00000000000000002"
BASE, HEAD, PLANNED, UNMADE = "layer-base", "layer-head", "layer-planned", "layer-unmade"
VOLUME, NEW_VOLUME = "vol-00000000000000001", "vol-00000000000000002"
VPC, SUBNET, GROUP = "vpc-00000000000000001", "subnet-00000000000000001", "sg-00000000000000001"
CUT = {"volume": VOLUME, "snapshot": CUTTING, "new": PLANNED}


def _instance(id: str, number: int, state: str, workflow: str) -> dict[str, Any]:
    return {
        "id": id, **SCOPE, "reservation_id": f"r-{number:017x}", "requester": "AKIAEXAMPLE", "launch_index": 0,
        "image_id": IMAGE, "instance_type": "t3.micro", "architecture": "x86_64", "state": state,
        "zone": "us-east-1a", "vpc_id": VPC, "subnet_id": SUBNET, "private_ip": f"172.31.0.{number + 4}",
        "public_ip": None, "associate_public_ip": 0, "mac": f"02:00:00:00:00:0{number}",
        "interface_id": f"eni-{number:017x}", "interface_attachment_id": f"eni-attach-{number:017x}",
        "key_name": "key", "public_key": "ssh-ed25519 AAAA key", "root_device_name": "/dev/xvda", "launch_time": AT,
        "first_launch_time": AT, "guest_uuid": f"ec200000-0000-0000-0000-00000000000{number}",
        "user_data": "aGVsbG8=", "client_token": "", "disable_api_stop": 1, "disable_api_termination": 0,
        "shutdown_behavior": "stop", "source_dest_check": 1, "ebs_optimized": 0, "monitoring": 0,
        "metadata_endpoint": 1, "metadata_tokens_required": 1, "metadata_hop_limit": 2, "metadata_tags": 0,
        "options": json.dumps({"EnclaveOptions": {"Enabled": False}}), "state_transition_reason": "",
        "reachability": "initializing", "claimed_by": workflow, "version": 3,
    }  # fmt: skip


def _snapshot(id: str, state: str, layer: str | None) -> dict[str, Any]:
    done = state == "completed"
    return {
        "id": id, **SCOPE, "volume_id": VOLUME, "volume_size_gib": 8, "state": state, "progress": 100 if done else 0,
        "started_at": AT, "description": "old", "layer_id": layer, "completed_at": AT if done else None,
        "consistency": "at-rest" if done else None, "consistency_detail": "it was seen" if done else None,
    }  # fmt: skip


def _image(id: str, name: str, state: str) -> dict[str, Any]:
    return {
        "id": id, **SCOPE, "name": name, "description": "of old", "state": state, "architecture": "x86_64",
        "root_device_name": "/dev/xvda", "created_at": AT, "ena_support": 1, "platform_details": "Linux/UNIX",
        "imds_tokens_required": 1, "source_instance_id": STOPPED,
    }  # fmt: skip


def _workflow(id: str, kind: str, subject: str, number: int, **arguments: Any) -> dict[str, Any]:
    return {
        "id": id, "kind": kind, "subject": subject, "arguments": json.dumps(arguments), "state": "running",
        "created_at": AT, "sequence": number, "action": "Some", "request_id": "request",
    }  # fmt: skip


def _volume(id: str, state: str, head: str) -> dict[str, Any]:
    return {
        "id": id, **SCOPE, "zone": "us-east-1a", "size_gib": 8, "volume_type": "gp3", "iops": 3000,
        "throughput": 125, "snapshot_id": SNAPSHOT, "state": state, "created_at": AT, "head": head, "encrypted": 0,
    }  # fmt: skip


def _attachment(volume: str, instance: str, state: str) -> dict[str, Any]:
    return {
        "volume_id": volume, "instance_id": instance, "device": "/dev/xvda", "state": state, "attached_at": AT,
        "delete_on_termination": 1, "position": 0,
    }  # fmt: skip


ROWS: dict[str, list[dict[str, Any]]] = {
    "facts": [
        {"name": "driver", "value": json.dumps("simulated")},
        {"name": "loopback octet", "value": json.dumps(77)},
    ],
    "layers": [
        {"id": id, "parent_id": parent, "size_bytes": 8 * GIB, "created_at": AT}
        for id, parent in ((BASE, None), (HEAD, BASE), (PLANNED, HEAD), (UNMADE, BASE))
    ],
    "vpcs": [
        {"id": VPC, **SCOPE, "cidr": "172.31.0.0/16", "is_default": 1, "dhcp_options_id": "dopt-1",
         "cidr_association_id": "vpc-cidr-assoc-1"}
    ],
    "subnets": [
        {"id": SUBNET, **SCOPE, "vpc_id": VPC, "zone": "us-east-1a", "zone_id": "use1-az1", "cidr": "172.31.0.0/20",
         "default_for_az": 1, "map_public_ip_on_launch": 1}
    ],
    "security_groups": [{"id": GROUP, **SCOPE, "vpc_id": VPC, "name": "default", "description": "the default"}],
    "security_group_rules": [
        {"id": "sgr-1", "group_id": GROUP, **SCOPE, "egress": 0, "protocol": "tcp", "from_port": 22, "to_port": 22,
         "cidr_ipv4": "0.0.0.0/0", "description": "SSH"}
    ],
    "key_pairs": [
        {"id": "key-00000000000000001", **SCOPE, "name": "key", "key_type": "ed25519", "fingerprint": "SHA256:x",
         "public_key": "ssh-ed25519 AAAA key", "created_at": AT}
    ],
    "snapshots": [_snapshot(SNAPSHOT, "completed", BASE), _snapshot(CUTTING, "pending", None)],
    "images": [_image(IMAGE, "old", "available"), _image(IMAGING, "being made", "pending")],
    "image_devices": [
        {"image_id": image, "position": 0, "device": "/dev/xvda", "snapshot_id": snapshot, "size_gib": 8,
         "volume_type": "gp3", "iops": 3000, "throughput": 125, "delete_on_termination": 1}
        for image, snapshot in ((IMAGE, SNAPSHOT), (IMAGING, CUTTING))
    ],
    "instances": [_instance(STOPPED, 1, "stopped", "wf-image"), _instance(PENDING, 2, "pending", "wf-launch")],
    "instance_groups": [{"instance_id": one, "position": 0, "group_id": GROUP} for one in (STOPPED, PENDING)],
    "volumes": [_volume(VOLUME, "in-use", HEAD), _volume(NEW_VOLUME, "creating", UNMADE)],
    "attachments": [_attachment(VOLUME, STOPPED, "attached"), _attachment(NEW_VOLUME, PENDING, "attaching")],
    "import_tasks": [
        {"id": "import-snap-00000000000000001", **SCOPE, "snapshot_id": SNAPSHOT, "source": "/tmp/disk.raw",
         "format": "raw", "description": "", "state": "completed", "progress": 100, "created_at": AT,
         "status_message": ""}
    ],
    "tags": [{**SCOPE, "resource_id": STOPPED, "key": "Name", "resource_type": "instance", "value": "old one"}],
    "client_tokens": [
        {**SCOPE, "action": "RunInstances", "value": "token", "fingerprint": "f", "output": json.dumps({"a": 1}),
         "created_at": AT}
    ],
    "boots": [
        {"id": "boot-1", "instance_id": STOPPED, "number": 1, "cause": "action", "started_at": AT,
         "end_cause": "action", "end_clean": 1, "ended_at": AT + 1_000_000, "at_rest_at": AT + 900_000,
         "cut_seconds": 0.5}
    ],
    "workflows": [
        _workflow("wf-image", "create_image", STOPPED, 1, image_id=IMAGING, instance_id=STOPPED, no_reboot=False,
                  cuts=[CUT]),
        _workflow("wf-launch", "run_instance", PENDING, 2, instance_id=PENDING),
    ],
    "steps": [
        {"workflow_id": "wf-image", "name": "note what the guest is", "number": 1, "result": json.dumps("absent"),
         "finished_at": AT},
        {"workflow_id": "wf-image", "name": "plan the cuts", "number": 2,
         "result": json.dumps([{**CUT, "old": HEAD, "size_gib": 8}]), "finished_at": AT},
    ],
}  # fmt: skip
"""The rows, by table; parents first."""


def make_older(folder: Path) -> None:
    """Write `cloud.db` of schema 0001 into this folder, with these rows."""
    engine = make_engine(folder / "cloud.db")
    with engine.connect() as connection:
        schema._migrate(connection, "0001")
    with engine.connect().execution_options(writer=True) as connection, connection.begin():
        for table, rows in ROWS.items():
            for row in rows:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
    engine.dispose()
