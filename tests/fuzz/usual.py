"""What the model does not say of parameters: which are given together, and values that are taken."""

import base64
from collections.abc import Mapping, Sequence

from kumoniwa.model.instance_types import INSTANCE_TYPES

_KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE8sQHT6gmMNPyUI7GVGkpEGSPUbQ6uI+6MONc9kKxkT me"
PUBLIC_KEY = base64.b64encode(_KEY).decode()

# What an action wants beside what its model calls required: one of these sets of members.
USUAL: Mapping[str, Sequence[Sequence[str]]] = {
    "AuthorizeSecurityGroupEgress": [("GroupId", "IpPermissions")],
    "AuthorizeSecurityGroupIngress": [
        ("GroupId", "IpPermissions"),
        ("GroupName", "IpProtocol", "FromPort", "ToPort", "CidrIp"),
        ("GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp"),
    ],
    "CopyImage": [("Name",)],
    "CreateReplaceRootVolumeTask": [(), ("ImageId",), ("SnapshotId",), ("DeleteReplacedRootVolume",)],
    "CreateVolume": [
        ("AvailabilityZone", "Size"),
        ("AvailabilityZone", "SnapshotId"),
        ("AvailabilityZone", "VolumeType"),
    ],
    "DeleteKeyPair": [("KeyName",), ("KeyPairId",)],
    "DeleteSecurityGroup": [("GroupId",), ("GroupName",)],
    "ImportSnapshot": [("DiskContainer",)],
    "ModifyImageAttribute": [
        ("Description",),
        ("LaunchPermission",),
        ("ImdsSupport",),
        ("Attribute", "OperationType", "UserIds"),
    ],
    "ModifyInstanceAttribute": [
        ("InstanceType",),
        ("UserData",),
        ("DisableApiTermination",),
        ("DisableApiStop",),
        ("InstanceInitiatedShutdownBehavior",),
        ("Groups",),
        ("SourceDestCheck",),
        ("EbsOptimized",),
        ("BlockDeviceMappings",),
        ("Attribute", "Value"),
    ],
    "ModifyInstanceCpuOptions": [("CoreCount", "ThreadsPerCore")],
    "ModifyInstanceMaintenanceOptions": [("RebootMigration",)],
    "ModifyInstanceMetadataOptions": [("HttpTokens",), ("HttpEndpoint", "InstanceMetadataTags")],
    "ModifySnapshotAttribute": [("CreateVolumePermission",), ("Attribute", "OperationType", "UserIds")],
    "ModifyVolume": [("Size",), ("VolumeType",), ("VolumeType", "Iops"), ("Iops", "Throughput")],
    "ModifyVolumeAttribute": [("AutoEnableIO",)],
    "RegisterImage": [("BlockDeviceMappings", "RootDeviceName", "VirtualizationType", "Architecture")],
    "RevokeSecurityGroupEgress": [("GroupId", "SecurityGroupRuleIds"), ("GroupId", "IpPermissions")],
    "RevokeSecurityGroupIngress": [("GroupId", "SecurityGroupRuleIds"), ("GroupId", "IpPermissions")],
    "RunInstances": [
        ("ImageId", "InstanceType"),
        ("ImageId",),
        ("ImageId", "BlockDeviceMappings"),
        ("ImageId", "NetworkInterfaces"),
    ],
    "UpdateSecurityGroupRuleDescriptionsEgress": [
        ("GroupId", "SecurityGroupRuleDescriptions"),
        ("GroupId", "IpPermissions"),
    ],
    "UpdateSecurityGroupRuleDescriptionsIngress": [
        ("GroupId", "SecurityGroupRuleDescriptions"),
        ("GroupId", "IpPermissions"),
    ],
    "AttributeBooleanValue": [("Value",)],
    "AttributeValue": [("Value",)],
    "BlobAttributeValue": [("Value",)],
    "BlockDeviceMapping": [("DeviceName", "Ebs")],
    "CreateVolumePermissionModifications": [("Add",), ("Remove",)],
    "LaunchPermissionModifications": [("Add",), ("Remove",)],
    "InstanceBlockDeviceMappingSpecification": [("DeviceName", "Ebs")],
    "EbsInstanceBlockDeviceSpecification": [("DeleteOnTermination",)],
    "IpRange": [("CidrIp",), ("CidrIp", "Description")],
    "Ipv6Range": [("CidrIpv6",)],
    "UserIdGroupPair": [("GroupId",), ("GroupName",)],
    "RegisterImage.EbsBlockDevice": [
        ("SnapshotId",),
        ("SnapshotId", "DeleteOnTermination"),
        ("SnapshotId", "VolumeSize"),
    ],
    "EbsBlockDevice": [
        ("VolumeSize",),
        ("SnapshotId",),
        ("SnapshotId", "VolumeSize"),
        ("DeleteOnTermination", "VolumeSize"),
    ],
    "Filter": [("Name", "Values")],
    "InstanceNetworkInterfaceSpecification": [("DeviceIndex",)],
    "IpPermission": [("IpProtocol", "FromPort", "ToPort", "IpRanges")],
    "LaunchPermission": [("UserId",), ("Group",)],
    "CreateVolumePermission": [("UserId",), ("Group",)],
    "SecurityGroupRuleRequest": [("IpProtocol", "FromPort", "ToPort", "CidrIpv4")],
    "SecurityGroupRuleUpdate": [("SecurityGroupRuleId", "SecurityGroupRule")],
    "SecurityGroupRuleDescription": [("SecurityGroupRuleId", "Description")],
    "InstanceCreditSpecificationRequest": [("InstanceId", "CpuCredits")],
    "SnapshotDiskContainer": [("Format", "Url")],
    "Tag": [("Key", "Value")],
    "TagSpecification": [("ResourceType", "Tags")],
}

ATTRIBUTES: Mapping[str, Sequence[str]] = {
    "DescribeVpcAttribute": ("enableDnsSupport", "enableDnsHostnames"),
    "ModifyImageAttribute": ("description", "launchPermission", "imdsSupport"),
    "ModifyInstanceAttribute": (
        "instanceType",
        "userData",
        "disableApiTermination",
        "sourceDestCheck",
        "blockDeviceMapping",
    ),
    "ModifySnapshotAttribute": ("createVolumePermission",),
    "ResetImageAttribute": ("launchPermission",),
    "ResetInstanceAttribute": ("sourceDestCheck", "kernel", "ramdisk", "userData"),
    "ResetSnapshotAttribute": ("createVolumePermission",),
}

# Which kind an id is of, by a part of its parameter's name; the first that fits.
KINDS = (
    ("replacerootvolumetask", "replacevol"),
    ("importtask", "import-snap"),
    ("securitygrouprule", "sgr"),
    ("networkinterface", "eni"),
    ("instance", "i"),
    ("volume", "vol"),
    ("snapshot", "snap"),
    ("image", "ami"),
    ("group", "sg"),
    ("keypair", "key"),
    ("vpc", "vpc"),
    ("subnet", "subnet"),
)

# What actions make, so that tags are for that.
TAGGED: Mapping[str, Sequence[str]] = {
    "CopyImage": ("image", "snapshot"),
    "CopySnapshot": ("snapshot",),
    "CreateImage": ("image", "snapshot"),
    "CreateKeyPair": ("key-pair",),
    "CreateReplaceRootVolumeTask": ("replace-root-volume-task",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSnapshot": ("snapshot",),
    "CreateSnapshots": ("snapshot",),
    "CreateVolume": ("volume",),
    "ImportKeyPair": ("key-pair",),
    "ImportSnapshot": ("import-snapshot-task",),
    "RegisterImage": ("image", "snapshot"),
    "RunInstances": ("instance", "volume", "network-interface"),
    "AuthorizeSecurityGroupIngress": ("security-group-rule",),
    "AuthorizeSecurityGroupEgress": ("security-group-rule",),
}

BY_NAME: Mapping[str, Sequence[str]] = {
    "AvailabilityZone": ("us-east-1a",) * 8 + ("us-east-1b", "us-east-1c", "us-west-2a"),
    "CidrIp": ("0.0.0.0/0", "10.0.0.0/8", "127.0.0.1/32", "10.7.0.0/16"),
    "CidrIpv4": ("0.0.0.0/0", "10.0.0.0/8", "127.0.0.1/32", "10.7.0.0/16"),
    "CidrIpv6": ("::/0", "fd00::/8", "2001:db8::1/128"),
    "CoreCount": ("1", "1", "2"),
    "CpuCredits": ("standard", "unlimited"),
    "DestinationRegion": ("us-east-1",),
    "DeviceIndex": ("0",),
    "DryRun": ("true",),
    "ExecutableBy": ("self", "123456789012", "all"),
    "Format": ("RAW", "raw", "QCOW2"),
    "FromPort": ("22", "80", "0", "22", "-1"),
    "InstanceType": ("t3.micro", "t3.nano", "t2.micro", "m1.small", *INSTANCE_TYPES),
    "Iops": ("100", "3000", "4000"),
    "IpProtocol": ("tcp",) * 6 + ("udp", "icmp", "-1", "6", "58", "gre", "icmpv6"),
    "KernelId": ("aki-12345678",),
    "MaxCount": ("1", "1", "1", "2", "3"),
    "MaxResults": ("5", "6", "10", "100", "1000"),
    "MinCount": ("1",),
    "NetworkCardIndex": ("0",),
    "NoDevice": ("",),
    "Owner": ("self", "self", "123456789012", "all", "amazon"),
    "PublicKeyMaterial": (PUBLIC_KEY,),
    "RegionName": ("us-east-1",),
    "RestorableBy": ("self", "123456789012", "all"),
    "Size": ("1", "8", "8", "10", "20", "125", "500"),
    "SourceRegion": ("us-east-1",),
    "ThreadsPerCore": ("1", "1", "2"),
    "Throughput": ("125", "250"),
    "ToPort": ("443", "80", "65535", "443", "-1"),
    "UserId": ("123456789012", "210987654321", "000000000000"),
    "VolumeSize": ("1", "8", "8", "10", "20", "125", "500"),
    "VolumeType": ("gp3", "gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"),
}
"""Values of parameters by their names alone."""
