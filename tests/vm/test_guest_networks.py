"""How guests of a cloud are connected: told, kept until they are stopped and started, and gone with them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from one_network import obstacle
from real_cloud import RealCloud, end_guests, real_cloud, until

from kumoniwa.network.vpc.host.errors import NetworkRefused
from kumoniwa.network.vpc.host.host_network import HostNetwork, Texts
from kumoniwa.sockets import why_not

pytestmark = [pytest.mark.anyio, pytest.mark.vm]

SSH = {"IpProtocol": "tcp", "FromPort": 2222, "ToPort": 2222, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


@pytest.fixture(autouse=True)
async def _carried(tmp_path: Path) -> AsyncIterator[None]:
    if (why := obstacle()) is not None:
        pytest.skip(why)
    yield
    end_guests(tmp_path)


async def test_a_guest_keeps_its_network_until_it_is_stopped_and_started(tmp_path: Path) -> None:
    async with real_cloud(tmp_path, network="vpc") as cloud:
        image_id = await cloud.boot_sector_image()
        first = await cloud.launch(image_id)
        assert await _network(cloud, first) == "vpc"
    async with real_cloud(tmp_path, network="user") as cloud:
        assert await _network(cloud, first) == "vpc", "it runs on"
        second = await cloud.launch(image_id)
        assert await _network(cloud, second) == "user"
        await cloud.call("RebootInstances", InstanceIds=[first])
        await cloud.idle()
        assert await _network(cloud, first) == "vpc", "a reboot is no start"
        await cloud.call("StopInstances", InstanceIds=[first], Force=True)
        await cloud.idle()
        assert await _network(cloud, first) is None
        await cloud.call("StartInstances", InstanceIds=[first])
        await cloud.idle()
        assert await _network(cloud, first) == "user"


async def test_a_guest_that_is_alone_stays_so_under_a_server_that_carries_packets(tmp_path: Path) -> None:
    async with real_cloud(tmp_path, network="user") as cloud:
        image_id = await cloud.boot_sector_image()
        first = await cloud.launch(image_id)
        assert await _network(cloud, first) == "user"
        process = cloud.process(first)
    async with real_cloud(tmp_path, network="vpc") as cloud:
        assert (await _network(cloud, first), cloud.process(first)) == ("user", process), "it runs on"
        instance = await cloud.instance(first)
        group = instance["SecurityGroups"][0]["GroupId"]
        rules = [SSH, {**SSH, "IpProtocol": "udp"}]
        await cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=rules)
        tcp, udp = (await cloud.evidence(f"instances/{first}"))["forwards"]
        assert tcp["refused"] is udp["refused"] is None
        await until(partial(_is_silent, tcp))
        assert why_not("udp", IPv4Address(udp["host"]), udp["port"]) == "another program listens there"
        assert await _attached(cloud, instance) == "available", "it has one interface as long as it is alone"
        second = await cloud.launch(image_id)
        assert await _network(cloud, second) == "vpc"

        await cloud.call("StopInstances", InstanceIds=[first], Force=True)
        await cloud.idle()
        await cloud.call("StartInstances", InstanceIds=[first])
        await cloud.idle()
        assert await _network(cloud, first) == "vpc"
        assert await _attached(cloud, instance) == "in-use"
        assert len(await _taps(cloud)) == 3


async def _attached(cloud: RealCloud, instance: dict[str, Any]) -> str:
    """The state of a further interface, once it was attached to this instance, or could not be."""
    made = await cloud.call("CreateNetworkInterface", SubnetId=instance["SubnetId"])
    asked = {"NetworkInterfaceId": made["NetworkInterface"]["NetworkInterfaceId"]}
    await cloud.call("AttachNetworkInterface", **asked, InstanceId=instance["InstanceId"], DeviceIndex=1)
    await cloud.idle()
    told = await cloud.call("DescribeNetworkInterfaces", NetworkInterfaceIds=[asked["NetworkInterfaceId"]])
    return str(told["NetworkInterfaces"][0]["Status"])


async def test_a_guests_tap_and_its_places_in_the_rules_are_gone_with_it(tmp_path: Path) -> None:
    async with real_cloud(tmp_path, network="vpc") as cloud:
        image_id = await cloud.boot_sector_image()
        first, second = await cloud.launch(image_id), await cloud.launch(image_id)
        assert len(await _taps(cloud)) == 2
        await cloud.call("TerminateInstances", InstanceIds=[first])
        await cloud.idle()

        async def one_is_left() -> bool | None:
            return len(await _taps(cloud)) == 1 or None

        await until(one_is_left)
        assert await _network(cloud, second) == "vpc"


async def test_a_port_of_a_guest_that_does_not_answer_is_silent_and_not_told_as_taken(tmp_path: Path) -> None:
    """A boot sector answers nobody."""
    async with real_cloud(tmp_path, network="vpc") as cloud:
        instance_id = await cloud.launch(await cloud.boot_sector_image())
        group = (await cloud.instance(instance_id))["SecurityGroups"][0]["GroupId"]
        await cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[SSH])
        [forward] = (await cloud.evidence(f"instances/{instance_id}"))["forwards"]
        assert (forward["port"], forward["refused"]) == (2222, None)
        await until(partial(_is_silent, forward))


async def _is_silent(forward: Mapping[str, Any]) -> bool | None:
    """Whether nobody answers there, not even to refuse: the guest was never heard. None where somebody does."""
    try:
        async with asyncio.timeout(0.5):
            await asyncio.open_connection(forward["host"], forward["port"])
    except TimeoutError:
        return True
    except ConnectionRefusedError:
        return None
    return None


async def _network(cloud: RealCloud, instance_id: str) -> str | None:
    told: str | None = (await cloud.evidence(f"instances/{instance_id}"))["network"]
    return told


async def _taps(cloud: RealCloud) -> frozenset[str]:
    carried = cloud.running.cloud.world.networks
    [network] = carried._networks._networks.values()  # type: ignore[union-attr]
    return (await network.devices()).taps  # type: ignore[no-any-return]


async def test_a_network_that_is_not_as_planned_is_told_of_until_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with real_cloud(tmp_path, network="vpc") as cloud:
        instance_id = await cloud.launch(await cloud.boot_sector_image())
        group = (await cloud.instance(instance_id))["SecurityGroups"][0]["GroupId"]

        async def refuse(network: HostNetwork, texts: Texts) -> None:
            raise NetworkRefused("nft: No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(HostNetwork, "apply", refuse)
            await cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[SSH])

            async def is_told() -> bool | None:
                known = cloud.running.cloud.world.troubles._known.values()
                return any(one.reason == "nft: No space left on device." for one in known) or None

            await until(is_told)

        async def is_over() -> bool | None:
            return not cloud.running.cloud.world.troubles._known or None

        await until(is_over)


async def test_two_vpcs_have_a_network_each_and_nothing_is_left_of_one_that_is_deleted(tmp_path: Path) -> None:
    async with real_cloud(tmp_path, network="vpc") as cloud:
        image_id = await cloud.boot_sector_image()
        await cloud.launch(image_id)
        vpc_id = (await cloud.call("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
        subnet = await cloud.call("CreateSubnet", VpcId=vpc_id, CidrBlock="10.0.1.0/24")
        subnet_id = subnet["Subnet"]["SubnetId"]
        second = await cloud.launch(image_id, SubnetId=subnet_id)
        assert (await cloud.instance(second))["PrivateIpAddress"].startswith("10.0.1.")
        assert await _network(cloud, second) == "vpc"
        assert len(_keepers(tmp_path)) == 2 * 2

        await cloud.call("TerminateInstances", InstanceIds=[second])
        await cloud.idle()
        await cloud.call("DeleteSubnet", SubnetId=subnet_id)
        await cloud.call("DeleteVpc", VpcId=vpc_id)

        async def one_is_left() -> bool | None:
            return len(_keepers(tmp_path)) == 2 or None

        await until(one_is_left)


def _keepers(folder: Path) -> list[int]:
    """The processes of the keepers of this cloud's networks, two of each."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            is_keeper = b"vpc.host.keeper" in (entry / "cmdline").read_bytes()
            if is_keeper and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


async def test_peered_vpcs_are_linked_while_both_have_guests_and_the_peering_lasts(tmp_path: Path) -> None:
    async with real_cloud(tmp_path, network="vpc") as cloud:
        image_id = await cloud.boot_sector_image()
        first = await cloud.launch(image_id)
        own = str((await cloud.instance(first))["VpcId"])
        peer = (await cloud.call("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
        subnet = await cloud.call("CreateSubnet", VpcId=peer, CidrBlock="10.0.1.0/24")
        asked = await cloud.call("CreateVpcPeeringConnection", VpcId=own, PeerVpcId=peer)
        peering = asked["VpcPeeringConnection"]["VpcPeeringConnectionId"]
        await cloud.call("AcceptVpcPeeringConnection", VpcPeeringConnectionId=peering)
        await cloud.launch(image_id, SubnetId=subnet["Subnet"]["SubnetId"])

        async def linked() -> bool | None:
            return [len(links) for links in await _links(cloud)] == [1, 1] or None

        await until(linked)
        await cloud.call("DeleteVpcPeeringConnection", VpcPeeringConnectionId=peering)

        async def parted() -> bool | None:
            return [len(links) for links in await _links(cloud)] == [0, 0] or None

        await until(parted)


async def _links(cloud: RealCloud) -> list[frozenset[str]]:
    carried = cloud.running.cloud.world.networks
    networks = carried._networks._networks.values()  # type: ignore[union-attr]
    return [(await network.devices()).links for network in networks]
