"""What a client hears at a public address of a cloud: nothing where no group admits it, else what the guest has to say.

The guests are boot sectors, which are never heard: nobody would be answered where a group admits it either, and nothing
could be told apart. So in mode `vpc` the server takes them here for guests that are there, and refuse.
"""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from one_network import obstacle
from real_cloud import end_guests, real_cloud, until
from sampling import Sampling

from kumoniwa.network.doors import Doors
from kumoniwa.network.silence.host_filter import obstacle as filter_obstacle

pytestmark = [pytest.mark.anyio, pytest.mark.vm]

_KNOWN, _UNKNOWN = 8080, 2222
_SILENT_AFTER = 0.3  # seconds: what is refused is so at once


def _admitting(port: int) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


async def _heard(address: str, port: int) -> str:
    """What a client hears."""
    with socket.socket() as client:
        client.setblocking(False)
        try:
            async with asyncio.timeout(_SILENT_AFTER):
                await asyncio.get_running_loop().sock_connect(client, (address, port))
        except TimeoutError:
            return "silent"
        except ConnectionRefusedError:
            return "refused"
    return "open"


async def test_a_public_address_is_silent_where_nobody_is_admitted_whatever_becomes_of_its_guest(
    tmp_path: Path, sampling: Sampling
) -> None:
    """In one way of four in each run, in all with `--exhaustive`."""
    lacks = {"filter": filter_obstacle(), "vpc": obstacle()}
    ways = [(network, by) for network in ("vpc", "user") for by in ("filter", "sockets")]
    for network, by in sampling.of([way for way in ways if all(lacks.get(each) is None for each in way)], 1):
        (folder := tmp_path / f"{network}-{by}").mkdir()
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Doors, "is_silent", lambda *_: False)  # in mode `user`, another process judges
                await _a_life(folder, network, by)
        finally:
            end_guests(folder)


async def _a_life(folder: Path, network: str, by: str) -> None:
    """From allocated to released, with whatever a client hears meanwhile."""
    options = {"network": network, "host_filter": by == "filter"}
    elsewhere = "silent" if by == "filter" else "refused"
    admitted = "refused" if network == "vpc" else "silent"
    async with real_cloud(folder, **options) as cloud:
        elastic = await cloud.call("AllocateAddress")
        await _until(elastic["PublicIp"], _KNOWN, "silent")
        image_id = await cloud.boot_sector_image()
        first = await cloud.launch(image_id)
        told, evidence = await cloud.instance(first), await cloud.evidence(f"instances/{first}")
        assert (evidence["network"], evidence["not_admitted"]["by"]) == (network, by)
        lent, group = told["PublicIpAddress"], told["SecurityGroups"][0]["GroupId"]
        assert await _heard(lent, _KNOWN) == "silent"
        assert await _heard(lent, _UNKNOWN) == elsewhere

        await cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=_admitting(_KNOWN))
        await _until(lent, _KNOWN, admitted)  # the filter lets clients in before the port keeps silent
        await cloud.call("RevokeSecurityGroupIngress", GroupId=group, IpPermissions=_admitting(_KNOWN))
        assert await _heard(lent, _KNOWN) == "silent"
        await cloud.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=_admitting(_KNOWN))
        allocation = {"AllocationId": elastic["AllocationId"]}
        await cloud.call("AssociateAddress", InstanceId=first, **allocation)
        await _until(elastic["PublicIp"], _KNOWN, admitted)
        assert await _heard(lent, _KNOWN) == elsewhere, "it was given back"

        other = (await cloud.call("CreateSecurityGroup", GroupName="other", Description="other"))["GroupId"]
        second = await cloud.launch(image_id, SecurityGroupIds=[other])
        await cloud.call("AssociateAddress", InstanceId=second, **allocation, AllowReassociation=True)
        assert await _heard(elastic["PublicIp"], _KNOWN) == "silent", "it leads to one that does not"
        await cloud.call("AssociateAddress", InstanceId=first, **allocation, AllowReassociation=True)
        await _until(elastic["PublicIp"], _KNOWN, admitted)
        await cloud.call("StopInstances", InstanceIds=[first], Force=True)
        await cloud.idle()
        await _until(elastic["PublicIp"], _KNOWN, "silent")
    assert await _heard(elastic["PublicIp"], _KNOWN) == "refused", "the cloud's server has ended"
    async with real_cloud(folder, **options) as cloud:
        assert await _heard(elastic["PublicIp"], _KNOWN) == "silent"
        await cloud.call("StartInstances", InstanceIds=[first])
        await cloud.idle()
        await _until(elastic["PublicIp"], _KNOWN, admitted)
        (address,) = (await cloud.call("DescribeAddresses", PublicIps=[elastic["PublicIp"]]))["Addresses"]
        await cloud.call("DisassociateAddress", AssociationId=address["AssociationId"])
        await _until(elastic["PublicIp"], _KNOWN, "silent")
        await cloud.call("ReleaseAddress", **allocation)
        await _until(elastic["PublicIp"], _KNOWN, elsewhere)


async def _until(address: str, port: int, wanted: str) -> None:
    """The rows have it so already, and are followed."""

    async def look() -> bool | None:
        return await _heard(address, port) == wanted or None

    await until(look)
