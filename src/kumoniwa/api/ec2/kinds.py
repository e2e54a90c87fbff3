"""The kinds of resources: what their ids look like, how tags call them, and how EC2 says that there is no such one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, select

from kumoniwa.api.call import Call
from kumoniwa.errors import Ec2Error
from kumoniwa.ids import is_well_formed
from kumoniwa.store import tables


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """One kind of resource. The texts of its errors hold `{}` where the id stands."""

    prefix: str
    resource_type: str
    column: "Column[Any]"
    """Where the ids of those that exist are kept."""
    missing_code: str
    missing: str
    several_missing: str
    malformed_code: str
    parameter: str = ""
    """How EC2's refusal of a malformed id calls the parameter, where it names one; it has no code of its own then."""

    def not_found(self, ids: Sequence[str]) -> Ec2Error:
        """EC2's refusal for ids that no resource has."""
        text = self.missing if len(ids) == 1 else self.several_missing
        return Ec2Error(self.missing_code, text.format(", ".join(ids)))

    def check_form(self, ids: Collection[str], parameter: str | None = None) -> None:
        """Raises EC2's refusal of the first id that cannot be one of this kind."""
        for identifier in ids:
            if not is_well_formed(identifier, self.prefix):
                raise self.malformed(identifier, parameter)

    def malformed(self, identifier: str, parameter: str | None = None) -> Ec2Error:
        """EC2's refusal for a text that is no id of this kind."""
        if self.parameter:
            return Ec2Error(
                self.malformed_code,
                f"Value ({identifier[:200]}) for parameter {parameter or self.parameter} is invalid. "
                f"Expected: '{self.prefix}-...'.",
            )
        return Ec2Error(self.malformed_code, f'Invalid id: "{identifier}" (expecting "{self.prefix}-...")')

    def check_all_found(self, asked: Collection[str] | None, found: Collection[str]) -> None:
        """Raises EC2's refusal where an id was asked for and not found; asked None is asking for all there are."""
        if asked is not None and (missing := [identifier for identifier in asked if identifier not in found]):
            raise self.not_found(missing)


INSTANCE = Kind(
    "i",
    "instance",
    tables.instances.c.id,
    "InvalidInstanceID.NotFound",
    "The instance ID '{}' does not exist",
    "The instance IDs '{}' do not exist",
    "InvalidInstanceID.Malformed",
)
VOLUME = Kind(
    "vol",
    "volume",
    tables.volumes.c.id,
    "InvalidVolume.NotFound",
    "The volume '{}' does not exist.",
    "The volumes '{}' do not exist.",
    "InvalidParameterValue",
    "volumeId",
)
SNAPSHOT = Kind(
    "snap",
    "snapshot",
    tables.snapshots.c.id,
    "InvalidSnapshot.NotFound",
    "The snapshot '{}' does not exist.",
    "The snapshots '{}' do not exist.",
    "InvalidParameterValue",
    "snapshotId",
)
IMAGE = Kind(
    "ami",
    "image",
    tables.images.c.id,
    "InvalidAMIID.NotFound",
    "The image id '[{}]' does not exist",
    "The image ids '[{}]' do not exist",
    "InvalidAMIID.Malformed",
)
SECURITY_GROUP = Kind(
    "sg",
    "security-group",
    tables.security_groups.c.id,
    "InvalidGroup.NotFound",
    "The security group '{}' does not exist",
    "The security groups '{}' do not exist",
    "InvalidGroupId.Malformed",
)
SECURITY_GROUP_RULE = Kind(
    "sgr",
    "security-group-rule",
    tables.security_group_rules.c.id,
    "InvalidSecurityGroupRuleId.NotFound",
    "The security group rule ID '{}' does not exist",
    "The security group rule IDs '{}' do not exist",
    "InvalidSecurityGroupRuleId.Malformed",
)
KEY_PAIR = Kind(
    "key",
    "key-pair",
    tables.key_pairs.c.id,
    "InvalidKeyPair.NotFound",
    "The key pair '{}' does not exist",
    "The key pairs '{}' do not exist",
    "InvalidParameterValue",
)
VPC = Kind(
    "vpc",
    "vpc",
    tables.vpcs.c.id,
    "InvalidVpcID.NotFound",
    "The vpc ID '{}' does not exist",
    "The vpc IDs '{}' do not exist",
    "InvalidVpcID.Malformed",
)
SUBNET = Kind(
    "subnet",
    "subnet",
    tables.subnets.c.id,
    "InvalidSubnetID.NotFound",
    "The subnet ID '{}' does not exist",
    "The subnet IDs '{}' do not exist",
    "InvalidSubnetID.Malformed",
)
DHCP_OPTIONS = Kind(
    "dopt",
    "dhcp-options",
    tables.vpcs.c.dhcp_options_id,
    "InvalidDhcpOptionID.NotFound",
    "The dhcpOption ID '{}' does not exist",
    "The dhcpOption IDs '{}' do not exist",
    "InvalidDhcpOptionsId.Malformed",
)
NETWORK_INTERFACE = Kind(
    "eni",
    "network-interface",
    tables.network_interfaces.c.id,
    "InvalidNetworkInterfaceID.NotFound",
    "The networkInterface ID '{}' does not exist",
    "The networkInterface IDs '{}' do not exist",
    "InvalidNetworkInterfaceId.Malformed",
)
IMPORT_SNAPSHOT_TASK = Kind(
    "import-snap",
    "import-snapshot-task",
    tables.import_tasks.c.id,
    "InvalidConversionTaskId",
    "The import task ID '{}' does not exist",
    "The import task IDs '{}' do not exist",
    "InvalidConversionTaskId.Malformed",
)
REPLACE_ROOT_TASK = Kind(
    "replacevol",
    "replace-root-volume-task",
    tables.replace_root_tasks.c.id,
    "InvalidReplaceRootVolumeTaskId.NotFound",
    "The replace root volume task ID '{}' does not exist",
    "The replace root volume task IDs '{}' do not exist",
    "InvalidReplaceRootVolumeTaskId.Malformed",
)

KINDS: dict[str, Kind] = {
    kind.prefix: kind
    for kind in (
        INSTANCE,
        VOLUME,
        SNAPSHOT,
        IMAGE,
        SECURITY_GROUP,
        SECURITY_GROUP_RULE,
        KEY_PAIR,
        VPC,
        SUBNET,
        DHCP_OPTIONS,
        NETWORK_INTERFACE,
        IMPORT_SNAPSHOT_TASK,
        REPLACE_ROOT_TASK,
    )
}
"""By the prefix of their ids."""


def kind_of(identifier: str) -> Kind:
    """The kind that an id belongs to. Raises EC2's refusal where there is none."""
    kind = KINDS.get(identifier.rpartition("-")[0])
    if kind is None or not is_well_formed(identifier, kind.prefix):
        raise Ec2Error("InvalidID", f"The ID '{identifier[:200]}' is not valid")
    return kind


def check_exist(connection: Connection, call: Call, ids: Sequence[str]) -> dict[str, Kind]:
    """The kinds of these resources by id. Raises the refusal of each kind for what the caller does not have."""
    asked: dict[Kind, list[str]] = {}
    kinds = {identifier: kind_of(identifier) for identifier in ids}
    for identifier, kind in kinds.items():
        asked.setdefault(kind, []).append(identifier)
    for kind, those in asked.items():
        scope = kind.column.table.c
        query = select(kind.column).where(
            scope.account == call.account, scope.region == call.region, kind.column.in_(those)
        )
        kind.check_all_found(those, set(connection.execute(query).scalars()))
    return kinds
