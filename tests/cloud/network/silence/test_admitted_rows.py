"""What is admitted at each public address, as the rows of a cloud have it while its instances come and go."""

from functools import partial
from typing import Any

import pytest
from stack import Stack

from kumoniwa.network.silence.admitted import Admitted, gather

pytestmark = pytest.mark.anyio

_SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_PING = {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "127.0.0.1/32"}]}


async def _admitted(stack: Stack) -> dict[str, Admitted | None]:
    return await stack.running.cloud.read(partial(gather, lowest_port=0))


async def test_an_address_admits_what_its_instances_groups_do_while_that_runs(stack: Stack) -> None:
    instance_id = await stack.launch()
    instance = await stack.instance(instance_id)
    lent, group = instance["PublicIpAddress"], instance["SecurityGroups"][0]["GroupId"]
    assert await _admitted(stack) == {lent: Admitted()}
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[_SSH, _PING])
    ssh = Admitted((("tcp", 22, 22),), echo=True)
    assert await _admitted(stack) == {lent: ssh}
    elastic = await stack.call("AllocateAddress")
    assert await _admitted(stack) == {lent: ssh, elastic["PublicIp"]: None}
    await stack.call("AssociateAddress", InstanceId=instance_id, AllocationId=elastic["AllocationId"])
    assert await _admitted(stack) == {elastic["PublicIp"]: ssh}, "the other one was given back"
    await stack.call("StopInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _admitted(stack) == {elastic["PublicIp"]: None}
    await stack.call("StartInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _admitted(stack) == {elastic["PublicIp"]: ssh}
    await stack.call("TerminateInstances", InstanceIds=[instance_id])
    await stack.idle()
    assert await _admitted(stack) == {elastic["PublicIp"]: None}
    await stack.call("ReleaseAddress", AllocationId=elastic["AllocationId"])
    assert await _admitted(stack) == {}


async def test_each_address_of_an_instance_admits_what_the_groups_of_its_interface_do(stack: Stack) -> None:
    other = (await stack.call("CreateSecurityGroup", GroupName="other", Description="other"))["GroupId"]
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=other, IpPermissions=[_SSH])
    instance_id = await stack.launch()
    instance = await stack.instance(instance_id)
    made = await stack.call("CreateNetworkInterface", SubnetId=instance["SubnetId"], Groups=[other])
    interface = {"NetworkInterfaceId": made["NetworkInterface"]["NetworkInterfaceId"]}
    elastic = await stack.call("AllocateAddress")
    await stack.call("AssociateAddress", AllocationId=elastic["AllocationId"], **interface)
    lent = instance["PublicIpAddress"]
    assert await _admitted(stack) == {lent: Admitted(), elastic["PublicIp"]: None}, "no instance has the interface"
    await stack.call("AttachNetworkInterface", InstanceId=instance_id, DeviceIndex=1, **interface)
    await stack.idle()
    assert await _admitted(stack) == {lent: Admitted(), elastic["PublicIp"]: Admitted((("tcp", 22, 22),))}


async def test_a_prefix_list_admits_its_blocks_as_long_as_it_has_them(stack: Stack) -> None:
    """And opens the port of the host, or closes it, as an entry comes or goes, or an earlier version is restored."""
    instance_id = await stack.launch()
    instance = await stack.instance(instance_id)
    lent, group = instance["PublicIpAddress"], instance["SecurityGroups"][0]["GroupId"]
    asked = {"PrefixListName": "own", "AddressFamily": "IPv4", "MaxEntries": 3}
    made = await stack.call("CreateManagedPrefixList", **asked, Entries=[{"Cidr": "10.0.0.0/8"}])
    named = {"PrefixListId": made["PrefixList"]["PrefixListId"]}
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [named]}
    await stack.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    assert (await _open(stack, instance_id), await _admitted(stack)) == ([], {lent: Admitted()})
    here = [{"Cidr": "127.0.0.0/8"}]
    await stack.call("ModifyManagedPrefixList", **named, CurrentVersion=1, AddEntries=here)
    assert await _open(stack, instance_id) == [22]
    assert await _admitted(stack) == {lent: Admitted((("tcp", 22, 22),))}
    await stack.call("ModifyManagedPrefixList", **named, CurrentVersion=2, RemoveEntries=here)
    assert (await _open(stack, instance_id), await _admitted(stack)) == ([], {lent: Admitted()})
    await stack.call("RestoreManagedPrefixListVersion", **named, CurrentVersion=3, PreviousVersion=2)
    assert await _open(stack, instance_id) == [22]


async def _open(stack: Stack, instance_id: str) -> list[int]:
    """The ports that are open for the guest, as its driver was told."""
    evidence: dict[str, Any] = await stack.get(f"/_kumoniwa/instances/{instance_id}")
    ports = stack.driver.world.ports.of(stack.guest(instance_id).id)
    assert len(ports) == len(evidence["forwards"])
    return sorted(port.guest_port for port in ports)
