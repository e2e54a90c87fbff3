"""For every action a call that succeeds, on a scene that has all it needs. An action without one fails the walks."""

import json
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Network
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from asgi import Answer
from botocore.serialize import create_serializer
from model_parameters import ec2_model
from stack import Stack

from kumoniwa.api import ec2
from kumoniwa.api.registry import ACTIONS
from kumoniwa.modules import import_all

import_all(ec2)

MODEL = ec2_model()
ACTIONS_OF_EC2 = sorted(ACTIONS["ec2"])
_SERIALIZER = create_serializer("ec2")

Scene = Mapping[str, Any]
Example = Callable[[Scene], dict[str, Any]]

_ED25519 = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMwkwUW4TwqcERtsGUw3iCA38AjbAXGz+e4KiRyETC1g"
_NEW_RULE = [{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
_OLD_RULE = [{"IpProtocol": "tcp", "FromPort": 3, "ToPort": 4, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
_TOLD_RULE = [{**_OLD_RULE[0], "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "told"}]}]
_ENTRY = {"Protocol": "-1", "RuleAction": "allow", "Egress": False, "CidrBlock": "10.0.0.0/8"}
_NUMBERED = count()
_OTHERS = [{"UserId": "210987654321"}]

READS: dict[str, Example] = {
    "DescribeAddressesAttribute": lambda _: {"Attribute": "domain-name"},
    "DescribeNetworkInterfaceAttribute": lambda its: {"NetworkInterfaceId": its["interface"], "Attribute": "groupSet"},
    "DescribeImageAttribute": lambda its: {"ImageId": its["image"], "Attribute": "description"},
    "DescribeInstanceAttribute": lambda its: {"InstanceId": its["instance"], "Attribute": "blockDeviceMapping"},
    "DescribeSnapshotAttribute": lambda its: {"SnapshotId": its["snapshot"], "Attribute": "createVolumePermission"},
    "DescribeVolumeAttribute": lambda its: {"VolumeId": its["free"], "Attribute": "autoEnableIO"},
    "DescribeVpcAttribute": lambda its: {"VpcId": its["vpc"], "Attribute": "enableDnsSupport"},
    "GetConsoleOutput": lambda its: {"InstanceId": its["instance"]},
    "GetConsoleScreenshot": lambda its: {"InstanceId": its["instance"]},
    "GetImageAncestry": lambda its: {"ImageId": its["image"]},
    "GetInstanceUefiData": lambda its: {"InstanceId": its["instance"]},
    "GetManagedPrefixListAssociations": lambda its: {"PrefixListId": its["prefix list"]},
    "GetManagedPrefixListEntries": lambda its: {"PrefixListId": its["prefix list"], "TargetVersion": 1},
    **dict.fromkeys(
        (
            "GetEbsDefaultKmsKeyId",
            "GetEbsEncryptionByDefault",
            "GetImageBlockPublicAccessState",
            "GetInstanceMetadataDefaults",
            "GetSerialConsoleAccessStatus",
            "GetSnapshotBlockPublicAccessState",
        ),
        lambda _: {},
    ),
    "GetPasswordData": lambda its: {"InstanceId": its["instance"]},
    **{name: lambda _: {} for name in ACTIONS_OF_EC2 if name.startswith("Describe") and not name.endswith("Attribute")},
    "DescribeFleetInstances": lambda its: {"FleetId": its["fleet"]},
    "DescribeLaunchTemplateVersions": lambda its: {"LaunchTemplateId": its["template"]},
    "GetInstanceTypesFromInstanceRequirements": lambda _: {
        "ArchitectureTypes": ["x86_64"],
        "VirtualizationTypes": ["hvm"],
        "InstanceRequirements": {"VCpuCount": {"Min": 1}, "MemoryMiB": {"Min": 1}},
    },
    "GetLaunchTemplateData": lambda its: {"InstanceId": its["instance"]},
    "DescribeSecurityGroupReferences": lambda its: {"GroupId": [its["group"]]},
    "DescribeStaleSecurityGroups": lambda its: {"VpcId": its["vpc"]},
    "GetSecurityGroupsForVpc": lambda its: {"VpcId": its["vpc"]},
    "GetSubnetCidrReservations": lambda its: {"SubnetId": its["dual subnet"]},
    "ListImagesInRecycleBin": lambda _: {},
    "ListSnapshotsInRecycleBin": lambda _: {},
}

CHANGES: dict[str, Example] = {
    "CreateFleet": lambda its: {
        "Type": "instant",
        "LaunchTemplateConfigs": [
            {"LaunchTemplateSpecification": {"LaunchTemplateId": its["template"], "Version": "$Latest"}}
        ],
        "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"},
    },
    "CreateLaunchTemplate": lambda its: {
        "LaunchTemplateName": f"new-{next(_NUMBERED)}",  # each call succeeds, also those that others came before
        "LaunchTemplateData": {"ImageId": its["image"], "InstanceType": "t3.micro"},
    },
    "CreateLaunchTemplateVersion": lambda its: {
        "LaunchTemplateId": its["template"],
        "SourceVersion": "1",
        "LaunchTemplateData": {"InstanceType": "t3.micro"},
    },
    "DeleteFleets": lambda its: {"FleetIds": [its["fleet"]], "TerminateInstances": True},
    "DeleteLaunchTemplate": lambda its: {"LaunchTemplateId": its["unused template"]},
    "DeleteLaunchTemplateVersions": lambda its: {"LaunchTemplateId": its["template"], "Versions": ["2"]},
    "ModifyLaunchTemplate": lambda its: {"LaunchTemplateName": "old", "DefaultVersion": "3"},
    "AcceptVpcPeeringConnection": lambda its: {"VpcPeeringConnectionId": its["peering requests"][0]},
    "AllocateAddress": lambda _: {},
    "AssociateIamInstanceProfile": lambda its: {
        "InstanceId": its["other"],
        "IamInstanceProfile": {"Name": its["profile"]},
    },
    "DisassociateIamInstanceProfile": lambda its: {"AssociationId": its["profile associations"][0]},
    "ReplaceIamInstanceProfileAssociation": lambda its: {
        "AssociationId": its["profile associations"][1],
        "IamInstanceProfile": {"Name": its["profile"]},
    },
    "AssociateAddress": lambda its: {"AllocationId": its["address"], "InstanceId": its["other"]},
    "AssignIpv6Addresses": lambda its: {"NetworkInterfaceId": its["dual interface"], "Ipv6AddressCount": 1},
    "AssignPrivateNatGatewayAddress": lambda its: {"NatGatewayId": its["private nat"], "PrivateIpAddressCount": 1},
    "AssociateNatGatewayAddress": lambda its: {
        "NatGatewayId": its["public nat"],
        "AllocationIds": [its["nat address"]],
    },
    "AssociateSecurityGroupVpc": lambda its: {"GroupId": its["own group"], "VpcId": its["dedicated vpc"]},
    "DisassociateSecurityGroupVpc": lambda its: {"GroupId": its["shared group"], "VpcId": its["dedicated vpc"]},
    "DisassociateNatGatewayAddress": lambda its: {
        "NatGatewayId": its["public nat"],
        "AssociationIds": [its["nat association"]],
    },
    "UnassignIpv6Addresses": lambda its: {
        "NetworkInterfaceId": its["dual interface"],
        "Ipv6Addresses": [its["ipv6 address"]],
    },
    "UnassignPrivateNatGatewayAddress": lambda its: {
        "NatGatewayId": its["private nat"],
        "PrivateIpAddresses": ["172.31.0.50"],
    },
    "CreateSubnetCidrReservation": lambda its: {
        "SubnetId": its["dual subnet"],
        "Cidr": "10.1.4.64/28",
        "ReservationType": "explicit",
    },
    "DeleteSubnetCidrReservation": lambda its: {"SubnetCidrReservationId": its["reservation"]},
    "AssignPrivateIpAddresses": lambda its: {
        "NetworkInterfaceId": its["interface"],
        "SecondaryPrivateIpAddressCount": 1,
    },
    "CreateManagedPrefixList": lambda _: {"PrefixListName": "l", "AddressFamily": "IPv4", "MaxEntries": 2},
    "CreateNatGateway": lambda its: {"SubnetId": its["default subnet"], "ConnectivityType": "private"},
    "DeleteManagedPrefixList": lambda its: {"PrefixListId": its["unused prefix list"]},
    "DeleteNatGateway": lambda its: {"NatGatewayId": its["nat gateway"]},
    "CreateFlowLogs": lambda its: {
        "ResourceType": "VPC",
        "ResourceIds": [its["vpc"]],
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::new",
    },
    "DeleteFlowLogs": lambda its: {"FlowLogIds": [its["flow log"]]},
    "CreateNetworkInsightsPath": lambda its: {
        "Source": its["instance"],
        "Destination": its["other"],
        "Protocol": "tcp",
        "ClientToken": "new path",
    },
    "DeleteNetworkInsightsAnalysis": lambda its: {"NetworkInsightsAnalysisId": its["analysis"]},
    "DeleteNetworkInsightsPath": lambda its: {"NetworkInsightsPathId": its["unused path"]},
    "StartNetworkInsightsAnalysis": lambda its: {"NetworkInsightsPathId": its["path"], "ClientToken": "new analysis"},
    "CreateNetworkInterface": lambda its: {"SubnetId": its["default subnet"]},
    "DeleteNetworkInterface": lambda its: {"NetworkInterfaceId": its["unused interface"]},
    "ModifyNetworkInterfaceAttribute": lambda its: {
        "NetworkInterfaceId": its["interface"],
        "Description": {"Value": "d"},
    },
    "ResetNetworkInterfaceAttribute": lambda its: {"NetworkInterfaceId": its["interface"], "SourceDestCheck": "true"},
    "UnassignPrivateIpAddresses": lambda its: {
        "NetworkInterfaceId": its["interface"],
        "PrivateIpAddresses": ["172.31.0.11"],
    },
    "AssociateDhcpOptions": lambda its: {"DhcpOptionsId": "default", "VpcId": its["own vpc"]},
    "AssociateRouteTable": lambda its: {"RouteTableId": its["route table"], "SubnetId": its["subnet"]},
    "AssociateSubnetCidrBlock": lambda its: {"SubnetId": its["unused subnet"], "Ipv6CidrBlock": its["ipv6"][1]},
    "AssociateVpcCidrBlock": lambda its: {"VpcId": its["own vpc"], "CidrBlock": "10.2.0.0/16"},
    "AttachInternetGateway": lambda its: {"InternetGatewayId": its["gateway"], "VpcId": its["own vpc"]},
    "AttachNetworkInterface": lambda its: {
        "NetworkInterfaceId": its["spare interface"],
        "InstanceId": its["large"],
        "DeviceIndex": 2,
    },
    "DetachNetworkInterface": lambda its: {"AttachmentId": its["interface attachment"]},
    "AttachVolume": lambda its: {"VolumeId": its["free"], "InstanceId": its["instance"], "Device": "/dev/sdf"},
    "AuthorizeSecurityGroupEgress": lambda its: {"GroupId": its["group"], "IpPermissions": _NEW_RULE},
    "AuthorizeSecurityGroupIngress": lambda its: {"GroupId": its["group"], "IpPermissions": _NEW_RULE},
    "CopyImage": lambda its: {"Name": "copy", "SourceImageId": its["image"], "SourceRegion": "us-east-1"},
    "CopySnapshot": lambda its: {"SourceSnapshotId": its["snapshot"], "SourceRegion": "us-east-1"},
    "CreateDefaultSubnet": lambda _: {"AvailabilityZone": "us-east-1c"},
    "CreateDefaultVpc": lambda _: {},
    "CreateDhcpOptions": lambda _: {"DhcpConfigurations": [{"Key": "domain-name", "Values": ["example.com"]}]},
    "CreateEgressOnlyInternetGateway": lambda its: {"VpcId": its["own vpc"]},
    "CreateImage": lambda its: {"InstanceId": its["instance"], "Name": "new"},
    "CreateInternetGateway": lambda _: {},
    "CreateKeyPair": lambda its: {"KeyName": "new"},
    "CreateNetworkAcl": lambda its: {"VpcId": its["own vpc"]},
    "CreateNetworkAclEntry": lambda its: {"NetworkAclId": its["acl"], "RuleNumber": 1, **_ENTRY},
    "CreateReplaceRootVolumeTask": lambda its: {"InstanceId": its["other"]},
    "CreateRoute": lambda its: {
        "RouteTableId": its["main table"],
        "DestinationCidrBlock": "192.0.2.0/24",
        "InstanceId": its["instance"],
    },
    "CreatePlacementGroup": lambda _: {"GroupName": f"group-{next(_NUMBERED)}"},
    "RequestSpotInstances": lambda its: {
        "LaunchSpecification": {"ImageId": its["image"], "InstanceType": "t3.micro"},
    },
    "CancelSpotInstanceRequests": lambda its: {"SpotInstanceRequestIds": [its["spot request"]]},
    "DeletePlacementGroup": lambda its: {"GroupName": its["placement group"]},
    "CreateRouteTable": lambda its: {"VpcId": its["own vpc"]},
    "CreateSecurityGroup": lambda its: {"GroupName": "new", "Description": "d"},
    "CreateSnapshot": lambda its: {"VolumeId": its["root"]},
    "CreateSnapshots": lambda its: {"InstanceSpecification": {"InstanceId": its["instance"]}},
    "CreateSubnet": lambda its: {"VpcId": its["own vpc"], "CidrBlock": "10.1.9.0/24"},
    "CreateTags": lambda its: {"Resources": [its["free"]], "Tags": [{"Key": "k", "Value": "v"}]},
    "CreateVolume": lambda its: {"AvailabilityZone": "us-east-1a", "Size": 1},
    "CreateVpc": lambda _: {"CidrBlock": "10.3.0.0/16"},
    "CreateVpcPeeringConnection": lambda its: {"VpcId": its["own vpc"], "PeerVpcId": its["vpc"]},
    "DeleteDhcpOptions": lambda its: {"DhcpOptionsId": its["unused options"]},
    "DeleteEgressOnlyInternetGateway": lambda its: {"EgressOnlyInternetGatewayId": its["egress gateway"]},
    "DeleteInternetGateway": lambda its: {"InternetGatewayId": its["unused gateway"]},
    "DeleteKeyPair": lambda its: {"KeyName": "old"},
    "DeleteNetworkAcl": lambda its: {"NetworkAclId": its["unused acl"]},
    "DeleteNetworkAclEntry": lambda its: {"NetworkAclId": its["acl"], "RuleNumber": 2, "Egress": False},
    "DeleteRoute": lambda its: {"RouteTableId": its["main table"], "DestinationCidrBlock": "198.51.100.0/24"},
    "DeleteRouteTable": lambda its: {"RouteTableId": its["unused table"]},
    "DeleteSecurityGroup": lambda its: {"GroupId": its["unused group"]},
    "DeleteSnapshot": lambda its: {"SnapshotId": its["unused snapshot"]},
    "DeleteSubnet": lambda its: {"SubnetId": its["unused subnet"]},
    "DeleteTags": lambda its: {"Resources": [its["root"]]},
    "DeleteVolume": lambda its: {"VolumeId": its["unused"]},
    "DeleteVpc": lambda its: {"VpcId": its["unused vpc"]},
    "DeleteVpcPeeringConnection": lambda its: {"VpcPeeringConnectionId": its["peering requests"][1]},
    "DeregisterImage": lambda its: {"ImageId": its["images"][0]},
    "DetachInternetGateway": lambda its: {"InternetGatewayId": its["gateway"], "VpcId": its["own vpc"]},
    "DetachVolume": lambda its: {"VolumeId": its["attached"]},
    "DisassociateAddress": lambda its: {"AssociationId": its["address association"]},
    "ModifyAddressAttribute": lambda its: {"AllocationId": its["address"], "DomainName": "moss.example.com"},
    "ResetAddressAttribute": lambda its: {"AllocationId": its["named address"], "Attribute": "domain-name"},
    "ReleaseAddress": lambda its: {"AllocationId": its["free address"]},
    "DisableEbsEncryptionByDefault": lambda _: {},
    "DisableImageBlockPublicAccess": lambda _: {},
    "DisableSerialConsoleAccess": lambda _: {},
    "DisableSnapshotBlockPublicAccess": lambda _: {},
    "AllocateHosts": lambda _: {"AvailabilityZone": "us-east-1a", "InstanceType": "m5.large", "Quantity": 1},
    "CancelCapacityReservation": lambda _: {"CapacityReservationId": "cr-0123456789abcdef0"},
    "CreateCapacityReservation": lambda _: {
        "InstanceType": "m5.large",
        "InstancePlatform": "Linux/UNIX",
        "InstanceCount": 1,
    },
    "PurchaseReservedInstancesOffering": lambda _: {"InstanceCount": 1, "ReservedInstancesOfferingId": "none"},
    "ReleaseHosts": lambda _: {"HostIds": ["h-0123456789abcdef0"]},
    "EnableEbsEncryptionByDefault": lambda _: {},
    "EnableImageBlockPublicAccess": lambda _: {"ImageBlockPublicAccessState": "block-new-sharing"},
    "EnableSerialConsoleAccess": lambda _: {},
    "EnableSnapshotBlockPublicAccess": lambda _: {"State": "block-new-sharing"},
    "ModifyEbsDefaultKmsKeyId": lambda _: {"KmsKeyId": "alias/aws/ebs"},
    "ModifyInstanceMetadataDefaults": lambda _: {"HttpTokens": "required"},
    "ResetEbsDefaultKmsKeyId": lambda _: {},
    "DisableFastLaunch": lambda its: {"ImageId": its["images"][3]},
    "DisableImage": lambda its: {"ImageId": its["images"][1]},
    "DisableImageDeprecation": lambda its: {"ImageId": its["images"][2]},
    "DisableImageDeregistrationProtection": lambda its: {"ImageId": its["images"][3]},
    "DisassociateRouteTable": lambda its: {"AssociationId": its["other association"]},
    "DisassociateSubnetCidrBlock": lambda its: {"AssociationId": its["ipv6 association"]},
    "DisassociateVpcCidrBlock": lambda its: {"AssociationId": its["block association"]},
    "EnableFastLaunch": lambda its: {"ImageId": its["images"][2]},
    "EnableImage": lambda its: {"ImageId": its["images"][4]},
    "EnableImageDeprecation": lambda its: {"ImageId": its["images"][2], "DeprecateAt": "2030-01-01T00:00:00Z"},
    "EnableImageDeregistrationProtection": lambda its: {"ImageId": its["images"][2]},
    "EnableVolumeIO": lambda its: {"VolumeId": its["root"]},
    "ImportKeyPair": lambda its: {"KeyName": "imported", "PublicKeyMaterial": _ED25519},
    "ImportSnapshot": lambda its: {"DiskContainer": {"Format": "RAW", "Url": its["disk"]}},
    "LockSnapshot": lambda its: {"SnapshotId": its["snapshot"], "LockMode": "governance", "LockDuration": 1},
    "ModifyImageAttribute": lambda its: {"ImageId": its["image"], "LaunchPermission": {"Add": _OTHERS}},
    "ModifyInstanceAttribute": lambda its: {"InstanceId": its["instance"], "SourceDestCheck": {"Value": False}},
    "ModifyInstanceCpuOptions": lambda its: {"InstanceId": its["large"], "CoreCount": 2, "ThreadsPerCore": 1},
    "ModifyInstanceCreditSpecification": lambda its: {
        "InstanceCreditSpecifications": [{"InstanceId": its["instance"], "CpuCredits": "standard"}]
    },
    "ModifyInstanceMaintenanceOptions": lambda its: {"InstanceId": its["instance"], "RebootMigration": "disabled"},
    "ModifyInstanceMetadataOptions": lambda its: {"InstanceId": its["instance"], "HttpTokens": "required"},
    "ModifyInstancePlacement": lambda its: {"InstanceId": its["large"], "GroupName": "near"},
    "ModifyManagedPrefixList": lambda its: {
        "PrefixListId": its["prefix list"],
        "CurrentVersion": 1,
        "AddEntries": [{"Cidr": "10.7.0.0/16"}],
    },
    "ModifySecurityGroupRules": lambda its: {
        "GroupId": its["group"],
        "SecurityGroupRules": [
            {"SecurityGroupRuleId": its["rule"], "SecurityGroupRule": {"IpProtocol": "-1", "CidrIpv4": "10.0.0.0/9"}}
        ],
    },
    "ModifySnapshotAttribute": lambda its: {
        "SnapshotId": its["snapshot"],
        "CreateVolumePermission": {"Add": _OTHERS},
    },
    "ModifySnapshotTier": lambda its: {"SnapshotId": its["locked snapshot"], "StorageTier": "archive"},
    "ModifySubnetAttribute": lambda its: {"SubnetId": its["subnet"], "MapPublicIpOnLaunch": {"Value": True}},
    "ModifyVolume": lambda its: {"VolumeId": its["root"], "Size": 9},
    "ModifyVolumeAttribute": lambda its: {"VolumeId": its["free"], "AutoEnableIO": {"Value": True}},
    "ModifyVpcAttribute": lambda its: {"VpcId": its["own vpc"], "EnableDnsHostnames": {"Value": True}},
    "ModifyVpcPeeringConnectionOptions": lambda its: {
        "VpcPeeringConnectionId": its["peering"],
        "RequesterPeeringConnectionOptions": {"AllowDnsResolutionFromRemoteVpc": True},
    },
    "ModifyVpcTenancy": lambda its: {"VpcId": its["dedicated vpc"], "InstanceTenancy": "default"},
    "MonitorInstances": lambda its: {"InstanceIds": [its["instance"]]},
    "RebootInstances": lambda its: {"InstanceIds": [its["instance"]]},
    "RegisterImage": lambda its: _image("registered", its["snapshot"]),
    "RejectVpcPeeringConnection": lambda its: {"VpcPeeringConnectionId": its["peering requests"][2]},
    "ReplaceNetworkAclAssociation": lambda its: {"AssociationId": its["acl association"], "NetworkAclId": its["acl"]},
    "ReplaceNetworkAclEntry": lambda its: {"NetworkAclId": its["acl"], "RuleNumber": 3, **_ENTRY},
    "ReplaceRoute": lambda its: {
        "RouteTableId": its["main table"],
        "DestinationCidrBlock": "203.0.113.0/24",
        "InstanceId": its["instance"],
    },
    "ReplaceRouteTableAssociation": lambda its: {
        "AssociationId": its["association"],
        "RouteTableId": its["route table"],
    },
    "ResetImageAttribute": lambda its: {"ImageId": its["image"], "Attribute": "launchPermission"},
    "ResetInstanceAttribute": lambda its: {"InstanceId": its["instance"], "Attribute": "sourceDestCheck"},
    "ResetSnapshotAttribute": lambda its: {"SnapshotId": its["snapshot"], "Attribute": "createVolumePermission"},
    "RestoreManagedPrefixListVersion": lambda its: {
        "PrefixListId": its["prefix list"],
        "CurrentVersion": 2,
        "PreviousVersion": 1,
    },
    "RestoreSnapshotTier": lambda its: {"SnapshotId": its["archived snapshot"], "PermanentRestore": True},
    "RevokeSecurityGroupEgress": lambda its: {"GroupId": its["group"], "IpPermissions": _OLD_RULE},
    "RevokeSecurityGroupIngress": lambda its: {"GroupId": its["group"], "IpPermissions": _OLD_RULE},
    "RequestSpotFleet": lambda _: {
        "SpotFleetRequestConfig": {"IamFleetRole": "arn:aws:iam::123456789012:role/fleet", "TargetCapacity": 1}
    },
    "RunInstances": lambda its: {"ImageId": its["image"], "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro"},
    "StartInstances": lambda its: {"InstanceIds": [its["large"]]},
    "StopInstances": lambda its: {"InstanceIds": [its["other"]]},
    "TerminateInstances": lambda its: {"InstanceIds": [its["instance"]]},
    "UnlockSnapshot": lambda its: {"SnapshotId": its["locked snapshot"]},
    "UnmonitorInstances": lambda its: {"InstanceIds": [its["instance"]]},
    "UpdateSecurityGroupRuleDescriptionsEgress": lambda its: {"GroupId": its["group"], "IpPermissions": _TOLD_RULE},
    "UpdateSecurityGroupRuleDescriptionsIngress": lambda its: {"GroupId": its["group"], "IpPermissions": _TOLD_RULE},
}

EXAMPLES = READS | CHANGES
REFUSED = {
    "CreateDefaultVpc": "DefaultVpcAlreadyExists",
    "DescribeFleetInstances": "Unsupported",
    "DescribeVpcClassicLink": "UnsupportedOperation",
    "DescribeVpcClassicLinkDnsSupport": "UnsupportedOperation",
    "AllocateHosts": "Unsupported",
    "CancelCapacityReservation": "InvalidCapacityReservationId.NotFound",
    "CreateCapacityReservation": "Unsupported",
    "PurchaseReservedInstancesOffering": "Unsupported",
    "RequestSpotFleet": "Unsupported",
    "GetInstanceUefiData": "UnsupportedOperation",
}
"""Actions that refuse their example: every call, or because the scene has a default VPC."""
WITHOUT_DRY_RUNS = {
    "AllocateHosts",
    "DescribeHosts",
    "ReleaseHosts",
    "AssignIpv6Addresses",
    "AssignPrivateIpAddresses",
    "AssociateIamInstanceProfile",
    "AssociateSubnetCidrBlock",
    "AssociateVpcCidrBlock",
    "DescribeIamInstanceProfileAssociations",
    "DescribeVpcClassicLinkDnsSupport",
    "DisassociateIamInstanceProfile",
    "DisassociateSubnetCidrBlock",
    "DisassociateVpcCidrBlock",
    "ModifyInstancePlacement",
    "ModifySubnetAttribute",
    "ModifyVpcAttribute",
    "ReplaceIamInstanceProfileAssociation",
    "UnassignIpv6Addresses",
    "UnassignPrivateIpAddresses",
}
"""Actions whose requests have no `DryRun` in EC2's model."""
_LAST = {"RevokeSecurityGroupEgress": 1, "RevokeSecurityGroupIngress": 1, "StopInstances": 1, "TerminateInstances": 2}
IN_ORDER = sorted(EXAMPLES, key=lambda name: (_LAST.get(name, 0), name))
"""The examples in an order in which all succeed, one after another: those last that take something away."""


async def scene(stack: Stack, folder: Path) -> Scene:
    """All that the examples name."""
    instance, other = await stack.launch(), await stack.launch()
    large = await stack.launch(InstanceType="m5.2xlarge")
    await stack.call("StopInstances", InstanceIds=[large])
    root = (await stack.instance(instance))["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    made = [await stack.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1) for _ in range(3)]
    free, unused, attached = (volume["VolumeId"] for volume in made)
    await stack.idle()
    await stack.call("AttachVolume", VolumeId=attached, InstanceId=instance, Device="/dev/sdg")
    snapshot = (await stack.call("CreateSnapshot", VolumeId=root))["SnapshotId"]
    of_free = [(await stack.call("CreateSnapshot", VolumeId=free))["SnapshotId"] for _ in range(3)]
    unused_snapshot, locked, archived = of_free
    await stack.call("LockSnapshot", SnapshotId=locked, LockMode="governance", LockDuration=1)
    await stack.call("CreatePlacementGroup", GroupName="near")
    group = (await stack.call("CreateSecurityGroup", GroupName="g", Description="d"))["GroupId"]
    unused_group = (await stack.call("CreateSecurityGroup", GroupName="unused", Description="d"))["GroupId"]
    await stack.call("AuthorizeSecurityGroupEgress", GroupId=group, IpPermissions=_OLD_RULE)
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=_OLD_RULE)
    await stack.call("CreateTags", Resources=[root], Tags=[{"Key": "k", "Value": "v"}])
    filters = [{"Name": "group-id", "Values": [group]}]
    rules = (await stack.call("DescribeSecurityGroupRules", Filters=filters))["SecurityGroupRules"]
    await stack.call("CreateKeyPair", KeyName="old")
    await stack.idle()
    await stack.call("ModifySnapshotTier", SnapshotId=archived, StorageTier="archive")
    images = [(await stack.call("RegisterImage", **_image(f"image {n}", snapshot)))["ImageId"] for n in range(5)]
    await stack.call("EnableImageDeregistrationProtection", ImageId=images[3])
    await stack.call("DisableImage", ImageId=images[4])
    await stack.call("EnableFastLaunch", ImageId=images[3])
    await stack.call("EnableImageDeprecation", ImageId=images[2], DeprecateAt="2031-01-01T00:00:00Z")
    address, led, free_address, named_address, *nat_addresses = [
        (await stack.call("AllocateAddress"))["AllocationId"] for _ in range(7)
    ]
    await stack.call("ModifyAddressAttribute", AllocationId=named_address, DomainName="fern.example.com")
    association = await stack.call("AssociateAddress", AllocationId=led, InstanceId=instance)
    subnet = (await stack.call("DescribeSubnets"))["Subnets"][0]["SubnetId"]
    interface, unused_interface, spare_interface, attached_interface = [
        (await stack.call("CreateNetworkInterface", SubnetId=subnet, PrivateIpAddresses=[
            {"PrivateIpAddress": f"172.31.0.{number}", "Primary": True},
            {"PrivateIpAddress": f"172.31.0.{number + 1}"},
        ]))["NetworkInterface"]["NetworkInterfaceId"]
        for number in (10, 20, 30, 40)
    ]  # fmt: skip
    nat_gateway = await stack.call("CreateNatGateway", SubnetId=subnet, ConnectivityType="private")
    private_nat = await stack.call(
        "CreateNatGateway", SubnetId=subnet, ConnectivityType="private", SecondaryPrivateIpAddresses=["172.31.0.50"]
    )
    public_nat = (
        await stack.call(
            "CreateNatGateway",
            SubnetId=subnet,
            AllocationId=nat_addresses[0],
            SecondaryAllocationIds=[nat_addresses[1]],
        )
    )["NatGateway"]["NatGatewayId"]
    await stack.idle()
    [shown_nat] = (await stack.call("DescribeNatGateways", NatGatewayIds=[public_nat]))["NatGateways"]
    interface_attachment = await stack.call(
        "AttachNetworkInterface", NetworkInterfaceId=attached_interface, InstanceId=large, DeviceIndex=1
    )
    await stack.idle()
    unchecked = {"NetworkInterfaceId": interface, "SourceDestCheck": {"Value": False}}
    await stack.call("ModifyNetworkInterfaceAttribute", **unchecked)
    network = await _network(stack, instance)
    to = {"TrafficType": "ALL", "LogDestinationType": "s3", "LogDestination": "arn:aws:s3:::old"}
    flow_log = await stack.call("CreateFlowLogs", ResourceType="Subnet", ResourceIds=[subnet], **to)
    ends = {"Source": instance, "Destination": other, "Protocol": "tcp"}
    path, unused_path = [
        (await stack.call("CreateNetworkInsightsPath", **ends, ClientToken=token))["NetworkInsightsPath"][
            "NetworkInsightsPathId"
        ]
        for token in ("a path", "an unused path")
    ]
    analysis = await stack.call("StartNetworkInsightsAnalysis", NetworkInsightsPathId=path, ClientToken="an analysis")
    await stack.idle()
    image = (await stack.instance(instance))["ImageId"]
    template, unused_template = [
        (await stack.call("CreateLaunchTemplate", LaunchTemplateName=name, LaunchTemplateData=data))["LaunchTemplate"][
            "LaunchTemplateId"
        ]
        for data in ({"ImageId": image, "InstanceType": "t3.micro"},)
        for name in ("old", "unused")
    ]
    for version in ("1", "2"):
        await stack.call(
            "CreateLaunchTemplateVersion",
            LaunchTemplateId=template,
            SourceVersion=version,
            LaunchTemplateData={"InstanceType": "t3.micro"},
        )
    fleet = await stack.call("CreateFleet", **CHANGES["CreateFleet"]({"template": template}))
    await stack.idle()
    disk = folder / "disk.raw"
    disk.write_bytes(bytes(512))
    return {
        "template": template, "unused template": unused_template, "fleet": fleet["FleetId"],
        "flow log": flow_log["FlowLogIds"][0], "path": path, "unused path": unused_path,
        "analysis": analysis["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"],
        "nat gateway": nat_gateway["NatGateway"]["NatGatewayId"],
        "private nat": private_nat["NatGateway"]["NatGatewayId"], "public nat": public_nat,
        "nat association": shown_nat["NatGatewayAddresses"][1]["AssociationId"], "nat address": nat_addresses[2],
        "spare interface": spare_interface, "interface attachment": interface_attachment["AttachmentId"],
        "interface": interface, "unused interface": unused_interface, "default subnet": subnet,
        "address": address, "address association": association["AssociationId"], "free address": free_address,
        "named address": named_address,
        "instance": instance, "other": other, "large": large, "root": root, "free": free, "unused": unused,
        "attached": attached, "snapshot": snapshot, "unused snapshot": unused_snapshot, "locked snapshot": locked,
        "archived snapshot": archived,
        "group": group, "unused group": unused_group, "images": images, "disk": disk.as_uri(),
        "rule": next(rule["SecurityGroupRuleId"] for rule in rules if rule["IpProtocol"] == "-1"),
        "image": image,
        **network,
        **await _profiles(stack, large, instance),
    }  # fmt: skip


async def _profiles(stack: Stack, *instances: str) -> Scene:
    """An instance profile, which these instances have."""
    iam, name = stack.caller.iam, "profile"
    statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    await iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": statement}))
    await iam("CreateInstanceProfile", InstanceProfileName=name)
    await iam("AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=name)
    asked = {"IamInstanceProfile": {"Name": name}}
    made = [await stack.call("AssociateIamInstanceProfile", InstanceId=one, **asked) for one in instances]
    associations = [one["IamInstanceProfileAssociation"]["AssociationId"] for one in made]
    return {"profile": name, "profile associations": associations}


async def _network(stack: Stack, instance: str) -> Scene:
    """What the examples name of VPCs and their parts."""

    async def made(action: str, *members: str | int, **parameters: Any) -> Any:
        found: Any = await stack.call(action, **parameters)
        for member in members:
            found = found[member]
        return found

    shown = await stack.instance(instance)
    own = {"VpcId": await made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.1.0.0/16")}
    filters = [{"Name": "availability-zone", "Values": ["us-east-1c"]}]
    for subnet in await made("DescribeSubnets", "Subnets", Filters=filters):
        await stack.call("DeleteSubnet", SubnetId=subnet["SubnetId"])
    of_ipv6 = await made("AssociateVpcCidrBlock", "Ipv6CidrBlockAssociation", **own, AmazonProvidedIpv6CidrBlock=True)
    ipv6 = [str(block) for block in islice(IPv6Network(of_ipv6["Ipv6CidrBlock"]).subnets(new_prefix=64), 3)]
    subnets = [
        await made("CreateSubnet", "Subnet", "SubnetId", **own, CidrBlock=f"10.1.{number}.0/24") for number in range(5)
    ]
    dual = await _dual(made, subnets[4], ipv6[2])
    tables = [await made("CreateRouteTable", "RouteTable", "RouteTableId", **own) for _ in range(2)]
    associations = [
        await made("AssociateRouteTable", "AssociationId", RouteTableId=tables[0], SubnetId=subnet)
        for subnet in subnets[1:3]
    ]
    of_subnet = [{"Name": "association.subnet-id", "Values": [subnets[0]]}]
    acl_associations = await made("DescribeNetworkAcls", "NetworkAcls", 0, "Associations", Filters=of_subnet)
    acls = [await made("CreateNetworkAcl", "NetworkAcl", "NetworkAclId", **own) for _ in range(2)]
    for number in (2, 3):
        await stack.call("CreateNetworkAclEntry", NetworkAclId=acls[0], RuleNumber=number, **_ENTRY)
    gateways = [await made("CreateInternetGateway", "InternetGateway", "InternetGatewayId") for _ in range(2)]
    main = [{"Name": "vpc-id", "Values": [shown["VpcId"]]}]
    main_table = await made("DescribeRouteTables", "RouteTables", 0, "RouteTableId", Filters=main)
    for block in ("198.51.100.0/24", "203.0.113.0/24"):
        await stack.call("CreateRoute", RouteTableId=main_table, DestinationCidrBlock=block, InstanceId=instance)
    options = [{"Key": "domain-name", "Values": ["example.org"]}]
    asked = {"PrefixListName": "l", "AddressFamily": "IPv4", "MaxEntries": 5, "Entries": [{"Cidr": "10.6.0.0/16"}]}
    lists = [await made("CreateManagedPrefixList", "PrefixList", "PrefixListId", **asked) for _ in range(2)]
    dedicated = await made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.7.0.0/16", InstanceTenancy="dedicated")
    own_group, shared_group = [
        await made("CreateSecurityGroup", "GroupId", GroupName=name, Description="d", **own)
        for name in ("own", "shared")
    ]
    await stack.call("AssociateSecurityGroupVpc", GroupId=shared_group, VpcId=dedicated)
    await stack.call("CreateRoute", RouteTableId=main_table, DestinationPrefixListId=lists[0], InstanceId=instance)
    await stack.call("CreatePlacementGroup", GroupName="unused")
    spot = await stack.launch(InstanceMarketOptions={"MarketType": "spot"})
    return {
        "spot request": (await stack.instance(spot))["SpotInstanceRequestId"],
        "placement group": "unused",
        "prefix list": lists[0], "unused prefix list": lists[1],
        "vpc": shown["VpcId"], "own vpc": own["VpcId"], "ipv6": ipv6, "subnet": subnets[0],
        "unused vpc": await made("CreateVpc", "Vpc", "VpcId", CidrBlock="10.9.0.0/16"),
        "dedicated vpc": dedicated, "own group": own_group, "shared group": shared_group,
        "unused subnet": subnets[3], "route table": tables[1], "main table": main_table,
        "unused table": await made("CreateRouteTable", "RouteTable", "RouteTableId", **own),
        "association": associations[0], "other association": associations[1],
        "acl association": next(
            one["NetworkAclAssociationId"] for one in acl_associations if one["SubnetId"] == subnets[0]
        ),
        "acl": acls[0], "unused acl": acls[1], "gateway": gateways[0], "unused gateway": gateways[1],
        "egress gateway": await made(
            "CreateEgressOnlyInternetGateway", "EgressOnlyInternetGateway", "EgressOnlyInternetGatewayId", **own
        ),
        "ipv6 association": await made(
            "AssociateSubnetCidrBlock", "Ipv6CidrBlockAssociation", "AssociationId",
            SubnetId=subnets[2], Ipv6CidrBlock=ipv6[0],
        ),
        "block association": await made(
            "AssociateVpcCidrBlock", "CidrBlockAssociation", "AssociationId", **own, CidrBlock="10.8.0.0/16"
        ),
        **await _peerings(made),
        **dual,
        "unused options": await made("CreateDhcpOptions", "DhcpOptions", "DhcpOptionsId", DhcpConfigurations=options),
    }  # fmt: skip


async def _dual(made: Callable[..., Awaitable[Any]], subnet: str, block: str) -> Scene:
    """A subnet with an IPv6 block, a reservation in it, and an interface with an IPv6 address."""
    await made("AssociateSubnetCidrBlock", SubnetId=subnet, Ipv6CidrBlock=block)
    asked = {"SubnetId": subnet, "Cidr": "10.1.4.32/28", "ReservationType": "prefix"}
    interface = await made("CreateNetworkInterface", "NetworkInterface", SubnetId=subnet, Ipv6AddressCount=1)
    return {
        "dual subnet": subnet,
        "dual interface": interface["NetworkInterfaceId"],
        "ipv6 address": interface["Ipv6Addresses"][0]["Ipv6Address"],
        "reservation": await made(
            "CreateSubnetCidrReservation", "SubnetCidrReservation", "SubnetCidrReservationId", **asked
        ),
    }


async def _peerings(made: Callable[..., Awaitable[Any]]) -> Scene:
    """Peering connections between VPCs that no other example names: requests, and one that is active."""
    vpcs = [await made("CreateVpc", "Vpc", "VpcId", CidrBlock=f"10.{number}.0.0/16") for number in range(100, 105)]
    asked = ("CreateVpcPeeringConnection", "VpcPeeringConnection", "VpcPeeringConnectionId")
    peerings = [await made(*asked, VpcId=vpcs[0], PeerVpcId=peer) for peer in vpcs[1:]]
    await made("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peerings[3])
    return {"peering requests": peerings[:3], "peering": peerings[3]}


def serialized(action: str, parameters: Mapping[str, Any]) -> str:
    """A call's form, as botocore writes it."""
    body = _SERIALIZER.serialize_to_request(dict(parameters), MODEL.operation_model(action))["body"]
    return urlencode(body)


async def answered(stack: Stack, action: str, parameters: Mapping[str, Any]) -> Answer:
    """What came back for a call, as it stood on the wire."""
    return await stack.caller.post(serialized(action, parameters))


def _image(name: str, snapshot: str) -> dict[str, Any]:
    return {
        "Name": name,
        "Architecture": "x86_64",
        "RootDeviceName": "/dev/xvda",
        "VirtualizationType": "hvm",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
    }
