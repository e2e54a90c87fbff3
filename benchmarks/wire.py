"""How long the wire takes, beside botocore's own serializer and parser in the same run.

    python benchmarks/wire.py

botocore does the caller's half of the same work (it writes what we read, and reads what we write), so the ratios say
what our half costs whatever the machine.
"""

import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from kumoniwa.clock import SystemClock
from kumoniwa.credentials.credential import Credential
from kumoniwa.gateway import form
from kumoniwa.gateway.protocols.botocore_model import whole_model
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.gateway.sigv4 import SignedRequest, claim_of, verify
from kumoniwa.model.principals import account_itself

LAUNCH: dict[str, Any] = {
    "ImageId": "ami-0123456789abcdef0",
    "InstanceType": "t3.micro",
    "MinCount": 1,
    "MaxCount": 1,
    "KeyName": "me",
    "SubnetId": "subnet-0123456789abcdef0",
    "SecurityGroupIds": ["sg-0123456789abcdef0"],
    "DisableApiStop": True,
    "ClientToken": "2b0a0c53-7a4c-4f5f-a5b8-1f0a6f6f2a3e",
    "BlockDeviceMappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "VolumeType": "gp3", "DeleteOnTermination": True}}
    ],
    "TagSpecifications": [
        {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "stage", "Value": "test"}]}
    ],
}


def instance(number: int) -> dict[str, Any]:
    """An instance as DescribeInstances tells of it, with what tools read."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    volumes = [
        {
            "DeviceName": f"/dev/xvd{letter}",
            "Ebs": {
                "AttachTime": at,
                "DeleteOnTermination": True,
                "Status": "attached",
                "VolumeId": "vol-0123456789abcdef0",
            },
        }
        for letter in "ab"
    ]
    return {
        "InstanceId": f"i-{number:017x}",
        "ImageId": "ami-0123456789abcdef0",
        "InstanceType": "t3.micro",
        "State": {"Code": 16, "Name": "running"},
        "PrivateDnsName": "ip-10-0-0-1.ec2.internal",
        "PublicDnsName": "",
        "StateTransitionReason": "",
        "KeyName": "me",
        "AmiLaunchIndex": 0,
        "ProductCodes": [],
        "LaunchTime": at,
        "Placement": {"AvailabilityZone": "us-east-1a", "GroupName": "", "Tenancy": "default"},
        "Monitoring": {"State": "disabled"},
        "SubnetId": "subnet-0123456789abcdef0",
        "VpcId": "vpc-0123456789abcdef0",
        "PrivateIpAddress": "10.0.0.1",
        "PublicIpAddress": "127.10.0.1",
        "Architecture": "x86_64",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": volumes,
        "EbsOptimized": False,
        "EnaSupport": True,
        "Hypervisor": "xen",
        "VirtualizationType": "hvm",
        "SecurityGroups": [{"GroupName": "default", "GroupId": "sg-0123456789abcdef0"}],
        "SourceDestCheck": True,
        "Tags": [{"Key": "Name", "Value": f"web {number}"}, {"Key": "stage", "Value": "test & more"}],
        "MetadataOptions": {"State": "applied", "HttpTokens": "required", "HttpPutResponseHopLimit": 2},
    }


def seconds(work: Callable[[], object]) -> float:
    """The time of one run: the best of several, each long enough to measure."""
    timer = timeit.Timer(work)
    number, _ = timer.autorange()
    return min(timer.repeat(5, number)) / number


def report(what: str, ours: Callable[[], object], peers: Callable[[], object], peer: str) -> None:
    """Measure both and print a line."""
    mine, theirs = seconds(ours), seconds(peers)
    print(f"{what:<40} {mine * 1e6:>9.1f} µs   botocore {peer:<14} {theirs * 1e6:>9.1f} µs   x{mine / theirs:.2f}")


def main() -> None:
    codec, model = ec2_codec(), ServiceModel(whole_model("ec2", "2016-11-15"), "ec2")
    serializer, parser = create_serializer("ec2", include_validation=False), create_parser("ec2")

    launch = model.operation_model("RunInstances")
    body = urlencode(serializer.serialize_to_request(LAUNCH, launch)["body"]).encode()
    sent = [pair for pair in form.texts(form.pairs(body)) if pair[0] not in ("Action", "Version")]
    assert codec.parse("RunInstances", sent) == LAUNCH
    serialize = lambda: serializer.serialize_to_request(LAUNCH, launch)  # noqa: E731 - both halves on one line each
    report(
        f"read RunInstances ({len(sent)} parameters)",
        lambda: codec.parse("RunInstances", sent),
        serialize,
        "serializes in",
    )
    report("decode its form", lambda: form.texts(form.pairs(body)), serialize, "serializes in")

    request = AWSRequest(method="POST", url="http://127.0.0.1:4566/", data=body)
    signer = SigV4Auth(Credentials("KEY", "secret"), "ec2", "us-east-1")
    signer.add_auth(request)
    headers = (("host", "127.0.0.1:4566"), *((name.lower(), value) for name, value in request.headers.items()))
    signed, now = SignedRequest("POST", b"/", b"", headers, body), SystemClock().now()
    sign = lambda: signer.add_auth(AWSRequest(method="POST", url="http://127.0.0.1:4566/", data=body))  # noqa: E731
    known = Credential("secret", account_itself("123456789012"))
    report("verify its signature", lambda: verify(signed, claim_of(signed), known, now), sign, "signs in")

    shape = model.operation_model("DescribeInstances").output_shape
    group = {"ReservationId": "r-0123456789abcdef0", "OwnerId": "123456789012", "Groups": []}
    answer = {"Reservations": [group | {"Instances": [instance(number)]} for number in range(100)]}
    xml = codec.result("DescribeInstances", answer, "request")
    parse = lambda: parser.parse({"body": xml, "headers": {}, "status_code": 200}, shape)  # noqa: E731
    what = f"write 100 instances ({len(xml) // 1000} kB)"
    report(what, lambda: codec.result("DescribeInstances", answer, "request"), parse, "parses in")


if __name__ == "__main__":
    main()
