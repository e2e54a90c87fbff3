"""EC2's own actions: answers as bytes on the wire, and requests as odd clients really send them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.parsers import create_parser
from service_models import service_model

from kumoniwa.errors import Ec2Error, InvalidAction, MissingParameter, OperationNotPermitted
from kumoniwa.gateway.protocols.codec import Traits
from kumoniwa.gateway.protocols.ec2 import ec2_codec

CODEC = ec2_codec()
GOLDEN = Path(__file__).parent / "golden"
REQUEST = "59dbff89-35bd-4eac-99ed-be587EXAMPLE"
NO_KEY = "Value ( '' ) for parameter Tag key is invalid. Tag key cannot be null or empty."
AT = datetime(2026, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)

ANSWERS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "no-output": ("RebootInstances", None),
    "done": ("DeleteSecurityGroup", None),
    "empty-set": ("DescribeKeyPairs", {"KeyPairs": []}),
    "stop": (
        "StopInstances",
        {
            "StoppingInstances": [
                {
                    "InstanceId": "i-0123456789abcdef0",
                    "CurrentState": {"Code": 64, "Name": "stopping"},
                    "PreviousState": {"Code": 16, "Name": "running"},
                }
            ]
        },
    ),
    "image": ("CreateImage", {"ImageId": "ami-0123456789abcdef0"}),
    "instances": (
        "DescribeInstances",
        {
            "Reservations": [
                {
                    "ReservationId": "r-0123456789abcdef0",
                    "OwnerId": "123456789012",
                    "Groups": [],
                    "Instances": [
                        {
                            "InstanceId": "i-0123456789abcdef0",
                            "ImageId": "ami-0123456789abcdef0",
                            "State": {"Code": 16, "Name": "running"},
                            "StateTransitionReason": "",
                            "ProductCodes": [],
                            "LaunchTime": AT,
                            "Monitoring": {"State": "disabled"},
                            "EbsOptimized": False,
                            "KeyName": None,
                            "BlockDeviceMappings": [
                                {
                                    "DeviceName": "/dev/xvda",
                                    "Ebs": {
                                        "AttachTime": AT,
                                        "DeleteOnTermination": True,
                                        "Status": "attached",
                                        "VolumeId": "vol-0123456789abcdef0",
                                    },
                                }
                            ],
                            "Tags": [{"Key": "Name", "Value": "a & b"}, {"Key": "empty", "Value": ""}],
                        }
                    ],
                }
            ],
        },
    ),
    "attribute": (
        "DescribeInstanceAttribute",
        {"InstanceId": "i-0123456789abcdef0", "DisableApiStop": {"Value": True}},
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_byte_for_byte_as_reviewed(name: str) -> None:
    action, output = ANSWERS[name]
    assert b"".join(CODEC.result(action, output, REQUEST)) == (GOLDEN / f"{name}.xml").read_bytes()


@pytest.mark.parametrize(
    ("action", "output"),
    [
        ("CreateSecurityGroup", {"GroupId": "sg-0123456789abcdef0"}),
        ("AssociateAddress", {"AssociationId": "eipassoc-0123456789abcdef0"}),
    ],
)
def test_perls_client_finds_that_it_is_done_beside_what_was_made(action: str, output: dict[str, str]) -> None:
    (identifier,) = output.values()
    text = b"".join(CODEC.result(action, output, REQUEST)).decode()
    assert "<return>true</return>" in text and f">{identifier}<" in text


def test_a_refusal_is_byte_for_byte_as_reviewed() -> None:
    told = "The instance 'i-1' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
    assert CODEC.error(OperationNotPermitted(told), REQUEST) == (GOLDEN / "refusal.xml").read_bytes()


def test_botocore_reads_a_refusal() -> None:
    body = CODEC.error(Ec2Error("A.Code", "<told> & \x00 told\r"), REQUEST)
    shape = service_model("ec2", "2016-11-15").operation_model("CreateImage").output_shape
    parsed = create_parser("ec2").parse({"body": body, "headers": {}, "status_code": 400}, shape)
    assert parsed["Error"] == {"Code": "A.Code", "Message": "<told> & \ufffd told\r"}
    assert parsed["ResponseMetadata"]["RequestId"] == REQUEST


def test_libclouds_lists_start_at_zero_and_its_booleans_are_capitalised() -> None:
    sent = {"ResourceId.0": "i-1", "Tag.0.Key": "Name", "Tag.0.Value": "x", "Tag.1.Key": "b", "Tag.1.Value": ""}
    tags = [{"Key": "Name", "Value": "x"}, {"Key": "b", "Value": ""}]
    assert CODEC.parse("CreateTags", sent) == {"Resources": ["i-1"], "Tags": tags}
    image = CODEC.parse("CreateImage", {"InstanceId": "i-1", "Name": "n", "NoReboot": "True"})
    assert image == {"InstanceId": "i-1", "Name": "n", "NoReboot": True}
    assert CODEC.parse("DetachVolume", {"VolumeId": "vol-1"}) == {"VolumeId": "vol-1"}


def test_packers_empty_scalars_are_absent() -> None:
    sent = {
        "ImageId": "ami-1",
        "MinCount": "1",
        "MaxCount": "1",
        "SubnetId": "",
        "UserData": "",
        "Placement.AvailabilityZone": "",
        "IamInstanceProfile.Name": "",
    }
    assert CODEC.parse("RunInstances", sent) == {"ImageId": "ami-1", "MinCount": 1, "MaxCount": 1}


def test_a_filter_may_ask_for_an_empty_value() -> None:
    sent = {"Filter.1.Name": "tag:Name", "Filter.1.Value.1": "", "Filter.1.Value.2": "web*"}
    assert CODEC.parse("DescribeInstances", sent) == {"Filters": [{"Name": "tag:Name", "Values": ["", "web*"]}]}


def test_ansibles_network_interfaces_are_read() -> None:
    sent = {
        "MinCount": "1",
        "MaxCount": "1",
        "NetworkInterface.1.DeviceIndex": "0",
        "NetworkInterface.1.SubnetId": "subnet-1",
        "NetworkInterface.1.SecurityGroupId.1": "sg-1",
        "NetworkInterface.1.Ipv6Addresses.1.Ipv6Address": "fd00::1",
    }
    interface = {
        "DeviceIndex": 0,
        "SubnetId": "subnet-1",
        "Groups": ["sg-1"],
        "Ipv6Addresses": [{"Ipv6Address": "fd00::1"}],
    }
    assert CODEC.parse("RunInstances", sent)["NetworkInterfaces"] == [interface]


def test_user_data_stays_as_sent_at_launch_and_is_decoded_when_modified() -> None:
    launched = CODEC.parse("RunInstances", {"MinCount": "1", "MaxCount": "1", "UserData": "aGk="})
    modified = CODEC.parse("ModifyInstanceAttribute", {"InstanceId": "i-1", "UserData.Value": "aGk="})
    assert (launched["UserData"], modified["UserData"]) == ("aGk=", {"Value": b"hi"})


def test_base64_may_be_broken_into_lines() -> None:
    sent = {"KeyName": "mine", "PublicKeyMaterial": "c3No\r\nLWVk"}
    assert CODEC.parse("ImportKeyPair", sent)["PublicKeyMaterial"] == b"ssh-ed"


@pytest.mark.parametrize("wrong", ["aGk=\u00a0", "aGk=\u2003", "aGk=aGk=", "aGk", "aG-_", "a"])
def test_what_is_no_base64_is_refused_wherever_it_stands(wrong: str) -> None:
    for action, sent in (
        ("ImportKeyPair", {"KeyName": "mine", "PublicKeyMaterial": wrong}),
        ("ModifyInstanceAttribute", {"InstanceId": "i-1", "UserData.Value": wrong}),
    ):
        with pytest.raises(Ec2Error):
            CODEC.parse(action, sent)


def test_user_data_can_be_emptied() -> None:
    assert CODEC.parse("ModifyInstanceAttribute", {"InstanceId": "i-1", "UserData.Value": ""})["UserData"] == {
        "Value": b""
    }


def test_what_is_required_is_asked_for_by_its_name_on_the_wire() -> None:
    with pytest.raises(MissingParameter, match="must contain the parameter ImageId"):
        CODEC.parse("DeregisterImage", {})
    with pytest.raises(MissingParameter, match="must contain the parameter InstanceId"):
        CODEC.parse("DescribeInstances", {"InstanceId.1": ""})


@pytest.mark.parametrize(
    ("action", "sent", "code", "message"),
    [
        *(
            (f"{verb}Instances", "", "InvalidParameterCombination", "No instances specified")
            for verb in ("Monitor", "Reboot", "Start", "Stop", "Terminate", "Unmonitor")
        ),
        ("CreateTags", "Tag.1.Key=k", "MissingParameter", "The request must contain the parameter resourceIdSet"),
        ("DeleteTags", "Tag.1.Key=k", "MissingParameter", "The request must contain the parameter resourceIdSet"),
        ("CreateTags", "ResourceId.1=x", "InvalidParameterValue", "You must specify one or more tags to create"),
        ("CreateTags", "ResourceId.1=x&Tag.1.Key=", "InvalidParameterValue", NO_KEY),
        ("DeleteTags", "ResourceId.1=x&Tag.1.Key=", "InvalidParameterValue", NO_KEY),
        *(
            (f"{verb}Instances", "InstanceId.1=", "InvalidInstanceID.Malformed", 'Invalid id: "" (expecting "i-...")')
            for verb in ("Monitor", "Reboot", "Start", "Stop", "Terminate", "Unmonitor")
        ),
        (
            "RunInstances",
            "ImageId=&MinCount=1&MaxCount=1",
            "InvalidAMIID.Malformed",
            'Invalid id: "" (expecting "ami-...")',
        ),
        (
            "RunInstances",
            "ImageId=ami-1&MinCount=1&MaxCount=1&SecurityGroupId.1=",
            "InvalidParameterValue",
            "Value () for parameter groupId is invalid. The value cannot be empty",
        ),
        *(
            (
                f"{verb}SecurityGroup{way}",
                "GroupId=",
                "InvalidGroupId.Malformed",
                "The security-group ID '' is malformed",
            )
            for verb in ("Authorize", "Revoke")
            for way in ("Ingress", "Egress")
        ),
        (
            "RunInstances",
            "ImageId=ami-1&MinCount=1&MaxCount=1&InstanceType=",
            "InvalidParameterValue",
            "Invalid value '' for InstanceType.",
        ),
        ("AllocateAddress", "Domain=VPC", "InvalidParameterValue", "Invalid value 'VPC' for domain."),
        ("DescribeVolumes", "VolumeId.1=", "MissingParameter", "The request must contain the parameter volumes"),
        *(
            (
                f"Describe{kind}Attribute",
                f"{kind}Id=x&Attribute=abc",
                "InvalidParameterValue",
                "Value (abc) for parameter attribute is invalid. Unknown attribute.",
            )
            for kind in ("Instance", "Snapshot", "Volume")
        ),
        ("DescribeImageAttribute", "ImageId=x&Attribute=abc", "InvalidRequest", "The request received was invalid."),
    ],
)
def test_what_ec2_refuses_in_words_of_its_own(action: str, sent: str, code: str, message: str) -> None:
    with pytest.raises(Ec2Error) as refused:
        CODEC.parse(action, dict(parse_qsl(sent, keep_blank_values=True)))
    assert (refused.value.code, refused.value.message) == (code, message)


def test_enumerations_are_checked_but_instance_types_are_left_to_actions() -> None:
    with pytest.raises(Ec2Error, match=r"Value \(sleep\) for parameter InstanceInitiatedShutdownBehavior is invalid"):
        CODEC.parse("RunInstances", {"MinCount": "1", "MaxCount": "1", "InstanceInitiatedShutdownBehavior": "sleep"})
    sent = {"MinCount": "1", "MaxCount": "1", "InstanceType": "k9.tiny", "TagSpecification.1.ResourceType": "tea"}
    parsed = CODEC.parse("RunInstances", sent)
    assert (parsed["InstanceType"], parsed["TagSpecifications"]) == ("k9.tiny", [{"ResourceType": "tea"}])


def test_traits_say_what_an_action_shares_with_others() -> None:
    assert CODEC.traits("RunInstances") == Traits(dry_run=True, client_token=True, paged=False)
    assert CODEC.traits("DescribeInstances") == Traits(dry_run=True, client_token=False, paged=True)
    with pytest.raises(InvalidAction):
        CODEC.traits("MakeTea")


def test_the_whole_model_is_known() -> None:
    assert len(CODEC.actions()) >= 830
    assert CODEC.has("CreateImage") and not CODEC.has("MakeTea")


def test_an_output_for_an_action_without_one_is_our_own_mistake() -> None:
    with pytest.raises(KeyError, match="RebootInstances has no output"):
        CODEC.result("RebootInstances", {"Return": True}, REQUEST)
