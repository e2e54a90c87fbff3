"""What a cloud has before it is asked at random: some of everything.

`{i}` is the first id of its kind that is known, `{i2}` the second.
"""

from plausible import Pairs
from usual import PUBLIC_KEY

_IMAGE = ("ImageId", "{ami}")
BEGINNING: list[tuple[str, Pairs]] = [
    ("DescribeImages", []),
    ("CreateKeyPair", [("KeyName", "moss")]),
    ("ImportKeyPair", [("KeyName", "stone"), ("PublicKeyMaterial", PUBLIC_KEY)]),
    ("CreateSecurityGroup", [("GroupName", "web"), ("GroupDescription", "web")]),
    (
        "AuthorizeSecurityGroupIngress",
        [
            ("GroupName", "web"),
            ("IpPermissions.1.IpProtocol", "tcp"),
            ("IpPermissions.1.FromPort", "22"),
            ("IpPermissions.1.ToPort", "22"),
            ("IpPermissions.1.IpRanges.1.CidrIp", "0.0.0.0/0"),
        ],
    ),
    ("RunInstances", [_IMAGE, ("InstanceType", "t3.micro"), ("MinCount", "1"), ("MaxCount", "3"), ("KeyName", "moss")]),
    (
        "RunInstances",
        [_IMAGE, ("InstanceType", "t2.micro"), ("MinCount", "1"), ("MaxCount", "1"), ("SecurityGroup.1", "web")],
    ),
    ("CreateVpc", [("CidrBlock", "10.1.0.0/16"), ("AmazonProvidedIpv6CidrBlock", "true")]),
    ("CreateVpc", [("CidrBlock", "10.2.0.0/16")]),
    ("CreateInternetGateway", []),
    ("CreateDhcpOptions", [("DhcpConfiguration.1.Key", "domain-name"), ("DhcpConfiguration.1.Value.1", "moss")]),
    ("CreateVolume", [("AvailabilityZone", "us-east-1a"), ("Size", "8")]),
    ("CreateVolume", [("AvailabilityZone", "us-east-1a"), ("Size", "10"), ("VolumeType", "gp3")]),
    ("DescribeVolumes", [("Filter.1.Name", "status"), ("Filter.1.Value.1", "available")]),
    ("DescribeVolumes", [("Filter.1.Name", "status"), ("Filter.1.Value.1", "in-use")]),
    ("CreateSnapshot", [("VolumeId", "{vol}")]),
    ("CreateImage", [("InstanceId", "{i}"), ("Name", "moss")]),
    ("CreateTags", [("ResourceId.1", "{i}"), ("Tag.1.Key", "Name"), ("Tag.1.Value", "web")]),
    ("StopInstances", [("InstanceId.1", "{i2}")]),
    ("TerminateInstances", [("InstanceId.1", "{i3}")]),
    ("CreateReplaceRootVolumeTask", [("InstanceId", "{i}")]),
]
