"""EC2 Instance Connect: keys that guests find in their metadata for a minute."""

from typing import Any

import pytest
from asgi import Refused
from stack import Stack

from kumoniwa.api.ec2_instance_connect.send_ssh_public_key import MOST_KEYS
from kumoniwa.imds.facts import gather
from kumoniwa.imds.tree import find, metadata
from kumoniwa.key_pairs.key_material import ED25519, PEM, generate
from kumoniwa.reconcile.time import Housekeeping

pytestmark = pytest.mark.anyio

SERVICE = "ec2-instance-connect"
KEY = generate(ED25519, PEM, "").public.openssh
RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAACAAwy2lbcyu0im9kYQ3uXsLrW31hJwVcUYhJEgBUiutBznvRiNDIrnjz4rsAdw"


async def _send(stack: Stack, instance_id: str, **asked: Any) -> dict[str, Any]:
    given = {"InstanceId": instance_id, "InstanceOSUser": "admin", "SSHPublicKey": KEY, **asked}
    return await stack.ask(SERVICE, "SendSSHPublicKey", **given)


async def _reads(stack: Stack, instance_id: str, path: str) -> str | None:
    """What the guest finds in its metadata."""
    world, credentials = stack.running.cloud.world, stack.running.cloud.credentials
    assert credentials is not None
    tokens, now = credentials.tokens, world.clock.now()
    facts = await world.database.read(lambda connection: gather(connection, instance_id, tokens, now))
    assert facts is not None
    found = find(metadata(facts), f"latest/meta-data/{path}")
    return None if found is None else found.decode()


async def test_a_guest_finds_the_key_of_its_user_for_a_minute(stack: Stack) -> None:
    instance_id, other = await stack.launch(), await stack.launch()
    zone = (await stack.instance(instance_id))["Placement"]["AvailabilityZone"]
    assert await _reads(stack, instance_id, "managed-ssh-keys/active-keys/admin/") is None
    answer = await _send(stack, instance_id, SSHPublicKey=f"{KEY} me@home\n", AvailabilityZone=zone)
    assert answer["Success"] is True
    assert await _reads(stack, instance_id, "managed-ssh-keys/active-keys/") == "admin"
    told = await _reads(stack, instance_id, "managed-ssh-keys/active-keys/admin/") or ""
    assert told.splitlines()[1:] == [
        f"#Instance={instance_id}",
        "#Caller=arn:aws:iam::123456789012:root",
        f"#Request={answer['RequestId']}",
        KEY,
    ]
    assert await _reads(stack, other, "managed-ssh-keys/active-keys/admin/") is None
    await stack.clock.advance(30)
    second = generate(ED25519, PEM, "").public.openssh
    await _send(stack, instance_id, SSHPublicKey=second)
    both = await _reads(stack, instance_id, "managed-ssh-keys/active-keys/admin/") or ""
    assert [line for line in both.splitlines() if not line.startswith("#")] == [KEY, second]
    await stack.clock.advance(30)
    rest = await _reads(stack, instance_id, "managed-ssh-keys/active-keys/admin/") or ""
    assert [line for line in rest.splitlines() if not line.startswith("#")] == [second]
    await stack.clock.advance(31)
    assert await _reads(stack, instance_id, "managed-ssh-keys/active-keys/admin/") is None
    await Housekeeping(stack.running.cloud.world).follow_time()


async def test_the_history_names_who_sent_a_key_to_which_instance(stack: Stack) -> None:
    instance_id = await stack.launch()
    await _send(stack, instance_id)
    asked = [{"AttributeKey": "ResourceName", "AttributeValue": instance_id}]
    await stack.idle()
    events = (await stack.ask("cloudtrail", "LookupEvents", LookupAttributes=asked))["Events"]
    sent = next(event for event in events if event["EventName"] == "SendSSHPublicKey")
    assert sent["EventSource"] == "ec2-instance-connect.amazonaws.com"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ({"InstanceId": "i-0123456789abcdef0"}, "EC2InstanceNotFoundException", "instance was not found"),
        ({"AvailabilityZone": "us-east-1f"}, "EC2InstanceNotFoundException", "instance was not found"),
        (
            {"InstanceId": "mi-048afb7f6460a110d"},
            "InvalidArgsException",
            "1 validation error detected: Value 'mi-048afb7f6460a110d' at 'instanceId' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ^i-[a-f0-9]+$",
        ),
        ({"InstanceOSUser": "a/b"}, "InvalidArgsException", "at 'instanceOSUser' failed to satisfy constraint"),
        ({"AvailabilityZone": "moss garden"}, "InvalidArgsException", "at 'availabilityZone' failed to satisfy"),
        ({"SSHPublicKey": RSA}, "InvalidArgsException", "Illegal argument exception: RSA - SSH Public key is invalid"),
        ({"SSHPublicKey": f'command="id" {KEY}'}, "InvalidArgsException", "SSH Public key is invalid"),
    ],
)
async def test_what_cannot_be_connected_to_is_refused(
    stack: Stack, asked: dict[str, Any], code: str, message: str
) -> None:
    instance_id = await stack.launch()
    with pytest.raises(Refused) as refused:
        await _send(stack, instance_id, **asked)
    assert (refused.value.code, refused.value.status) == (code, 400)
    assert message in refused.value.message


async def test_only_guests_that_run_get_keys_and_not_without_end(stack: Stack) -> None:
    instance_id = await stack.launch()
    for _ in range(MOST_KEYS):
        await _send(stack, instance_id)
    with pytest.raises(Refused) as refused:
        await _send(stack, instance_id)
    assert refused.value.code == "ThrottlingException"
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    for action, asked in (
        ("SendSSHPublicKey", {"InstanceOSUser": "admin"}),
        ("SendSerialConsoleSSHPublicKey", {}),
    ):
        with pytest.raises(Refused) as refused:
            await stack.ask(SERVICE, action, InstanceId=instance_id, SSHPublicKey=KEY, **asked)
        assert refused.value.code == "EC2InstanceStateInvalidException"


async def test_a_key_for_a_serial_console_is_checked(stack: Stack) -> None:
    asked = {"InstanceId": await stack.launch(), "SSHPublicKey": KEY}
    assert (await stack.ask(SERVICE, "SendSerialConsoleSSHPublicKey", **asked, SerialPort=0))["Success"] is True
    xen = {**asked, "InstanceId": await stack.launch(InstanceType="t2.micro")}
    with pytest.raises(Refused) as refused:
        await stack.ask(SERVICE, "SendSerialConsoleSSHPublicKey", **xen)
    assert refused.value.code == "EC2InstanceTypeInvalidException"
    await stack.call("DisableSerialConsoleAccess")
    with pytest.raises(Refused) as refused:
        await stack.ask(SERVICE, "SendSerialConsoleSSHPublicKey", **asked)
    assert refused.value.code == "SerialConsoleAccessDisabledException"
