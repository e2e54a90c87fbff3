"""The record for reverse DNS of an Elastic IP address."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused
from networks import make_gateway, make_subnet, make_vpc

pytestmark = pytest.mark.anyio


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def _told(cloud: BareCloud, allocation_id: str) -> list[dict[str, Any]]:
    asked: dict[str, Any] = {"AllocationIds": [allocation_id], "Attribute": "domain-name"}
    told: list[dict[str, Any]] = (await cloud.ask("DescribeAddressesAttribute", **asked))["Addresses"]
    return told


async def test_an_address_with_a_record_is_not_released(cloud: BareCloud) -> None:
    address = await cloud.ask("AllocateAddress")
    its = {"AllocationId": address["AllocationId"]}
    known = {**its, "PublicIp": address["PublicIp"]}
    assert await _told(cloud, its["AllocationId"]) == []
    answer = await cloud.ask("ModifyAddressAttribute", **its, DomainName="Moss.example.com")
    update = {"Value": "moss.example.com.", "Status": "PENDING"}
    assert answer["Address"] == {**known, "PtrRecord": "moss.example.com.", "PtrRecordUpdate": update}
    assert await _told(cloud, its["AllocationId"]) == [{**known, "PtrRecord": "moss.example.com."}]
    with refused(
        "InvalidAddress.PtrSet",
        f"The address with allocation id [{its['AllocationId']}] cannot be released because it has a PTR record set.",
    ):
        await cloud.ask("ReleaseAddress", **its)
    assert (await cloud.ask("ResetAddressAttribute", **its, Attribute="domain-name"))["Address"] == known
    assert await _told(cloud, its["AllocationId"]) == []
    await cloud.ask("ReleaseAddress", **its)
    with refused("InvalidAllocationID.NotFound"):
        await _told(cloud, its["AllocationId"])


async def test_the_address_of_a_nat_gateway_has_a_record(cloud: BareCloud) -> None:
    vpc_id = await make_vpc(cloud)
    await make_gateway(cloud, vpc_id)
    address = await cloud.ask("AllocateAddress")
    its = {"AllocationId": address["AllocationId"]}
    await cloud.ask("CreateNatGateway", SubnetId=await make_subnet(cloud, vpc_id), **its)
    await cloud.done()
    with refused("AuthFailure"):
        await cloud.ask("ReleaseAddress", **its)
    await cloud.ask("ModifyAddressAttribute", **its, DomainName="moss.example.com")
    known = {**its, "PublicIp": address["PublicIp"]}
    assert await _told(cloud, its["AllocationId"]) == [{**known, "PtrRecord": "moss.example.com."}]
    assert (await cloud.ask("ResetAddressAttribute", **its, Attribute="domain-name"))["Address"] == known


@pytest.mark.parametrize(
    "name",
    [
        "moss",
        "-a.example.com",
        "a..example.com",
        "m" * 64 + ".com",
        "a." * 127 + "b",
        "\N{LATIN SMALL LETTER LONG S}mtp.example.com",
        "\N{KELVIN SIGN}.example.com",
    ],
)
async def test_what_is_no_name_is_refused(cloud: BareCloud, name: str) -> None:
    allocation_id = (await cloud.ask("AllocateAddress"))["AllocationId"]
    with refused("InvalidParameterValue"):
        await cloud.ask("ModifyAddressAttribute", AllocationId=allocation_id, DomainName=name)


async def test_a_record_needs_a_name(cloud: BareCloud) -> None:
    allocation_id = (await cloud.ask("AllocateAddress"))["AllocationId"]
    with refused("MissingParameter", "The request must contain the parameter domainName"):
        await cloud.ask("ModifyAddressAttribute", AllocationId=allocation_id)
