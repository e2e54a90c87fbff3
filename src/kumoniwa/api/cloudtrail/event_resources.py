"""Which resources an event is about: those whose ids or names stand in what was asked and answered."""

import json
import re
from collections.abc import Mapping

from kumoniwa.model.trail_events import TrailEvent

_TYPES: Mapping[str, str] = {
    "acl": "AWS::EC2::NetworkAcl",
    "ami": "AWS::EC2::Ami",
    "dopt": "AWS::EC2::DHCPOptions",
    "eigw": "AWS::EC2::EgressOnlyInternetGateway",
    "eipalloc": "AWS::EC2::EIP",
    "eni": "AWS::EC2::NetworkInterface",
    "fl": "AWS::EC2::FlowLog",
    "i": "AWS::EC2::Instance",
    "igw": "AWS::EC2::InternetGateway",
    "key": "AWS::EC2::KeyPair",
    "lt": "AWS::EC2::LaunchTemplate",
    "nat": "AWS::EC2::NatGateway",
    "pcx": "AWS::EC2::VPCPeeringConnection",
    "pl": "AWS::EC2::PrefixList",
    "rtb": "AWS::EC2::RouteTable",
    "sg": "AWS::EC2::SecurityGroup",
    "snap": "AWS::EC2::Snapshot",
    "subnet": "AWS::EC2::Subnet",
    "vol": "AWS::EC2::Volume",
    "vpc": "AWS::EC2::VPC",
}
_ID = re.compile(rf'"(({"|".join(_TYPES)})-[0-9a-f]{{8,17}})"')
_KMS = re.compile(r'"(arn:aws:kms:[a-z0-9-]+:[0-9]+:(key|alias)/[^"]+)"')
_NAMED: Mapping[tuple[str, str], str] = {
    ("ec2", "KeyName"): "AWS::EC2::KeyPair",
    ("iam", "UserName"): "AWS::IAM::User",
    ("iam", "AccessKeyId"): "AWS::IAM::AccessKey",
    ("iam", "RoleName"): "AWS::IAM::Role",
    ("iam", "InstanceProfileName"): "AWS::IAM::InstanceProfile",
    ("kms", "KeyId"): "AWS::KMS::Key",
    ("kms", "TargetKeyId"): "AWS::KMS::Key",
    ("kms", "AliasName"): "AWS::KMS::Alias",
    ("ssm", "Name"): "AWS::SSM::Parameter",
}
"""Resources that a request names by another member than an id."""


def resources_of(event: TrailEvent) -> dict[str, str]:
    """By their names the types of an event's resources, in the order in which they are named."""
    found: dict[str, str] = {}
    for text in filter(None, (event.parameters, event.answer)):
        for match in _ID.finditer(text):
            found.setdefault(match[1], _TYPES[match[2]])
        for match in _KMS.finditer(text):
            found.setdefault(match[1], f"AWS::KMS::{match[2].capitalize()}")
    if event.parameters is not None:
        asked = json.loads(event.parameters)
        for (service, member), kind in _NAMED.items():
            if service == event.service and isinstance(name := asked.get(member), str):
                found.setdefault(name, kind)
    return found
