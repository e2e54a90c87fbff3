"""GetInstanceTypesFromInstanceRequirements: the facts of the types, chosen by requirements."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bare_cloud import BareCloud, bare_cloud, refused

pytestmark = pytest.mark.anyio

SMALL = {"VCpuCount": {"Min": 2, "Max": 2}, "MemoryMiB": {"Min": 8192, "Max": 8192}}


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[BareCloud]:
    async with bare_cloud(tmp_path) as made:
        yield made


async def _types(cloud: BareCloud, architecture: str = "x86_64", **requirements: Any) -> set[str]:
    answer = await cloud.ask(
        "GetInstanceTypesFromInstanceRequirements",
        ArchitectureTypes=[architecture],
        VirtualizationTypes=["hvm"],
        InstanceRequirements={**SMALL, **requirements},
    )
    return {one["InstanceType"] for one in answer["InstanceTypes"]}


async def test_types_are_chosen_by_what_they_have(cloud: BareCloud) -> None:
    usual = await _types(cloud)
    assert {"m5.large", "m6i.large", "m5d.large"} <= usual
    assert not usual & {"t3.large", "m5.xlarge", "c5.large", "m6g.large"}
    assert "t3.large" in await _types(cloud, BurstablePerformance="included")
    assert await _types(cloud, BurstablePerformance="required") <= {"t2.large", "t3.large", "t3a.large", "t8i.large"}
    assert "m6g.large" in await _types(cloud, "arm64")
    assert "m5d.large" not in await _types(cloud, LocalStorage="excluded")
    assert {"m5d.large"} <= await _types(cloud, LocalStorage="required", TotalLocalStorageGB={"Min": 75, "Max": 75})
    assert await _types(cloud, CpuManufacturers=["amd"]) >= {"m5a.large", "m6a.large"}
    assert "m5.large" not in await _types(cloud, ExcludedInstanceTypes=["m5*"])
    assert await _types(cloud, AllowedInstanceTypes=["m5.*", "m6i.*"]) == {"m5.large", "m6i.large"}
    assert "m5.large" not in await _types(cloud, InstanceGenerations=["current"])


async def test_accelerators_are_asked_for_by_number_and_maker(cloud: BareCloud) -> None:
    large: dict[str, Any] = {"VCpuCount": {"Min": 4}, "MemoryMiB": {"Min": 0}}
    one = await _types(cloud, **large, AcceleratorCount={"Min": 1, "Max": 1}, AcceleratorManufacturers=["nvidia"])
    assert "g5.xlarge" in one and "p5.48xlarge" not in one and "m5.xlarge" not in one
    assert await _types(cloud, **large, AcceleratorNames=["h100"]) == {"p5.4xlarge", "p5.48xlarge"}


async def test_pages_follow_each_other_and_what_is_missing_is_said(cloud: BareCloud) -> None:
    asked: dict[str, Any] = {
        "ArchitectureTypes": ["x86_64"],
        "VirtualizationTypes": ["hvm"],
        "InstanceRequirements": SMALL,
    }
    seen, token = list[str](), ""
    while token or not seen:
        more: dict[str, Any] = {"NextToken": token} if token else {}
        page = await cloud.ask("GetInstanceTypesFromInstanceRequirements", MaxResults=5, **asked, **more)
        seen += [one["InstanceType"] for one in page["InstanceTypes"]]
        token = page.get("NextToken", "")
    assert set(seen) == await _types(cloud) and len(seen) == len(set(seen))
    with refused("MissingParameter", "The request must contain the parameter InstanceRequirements.MemoryMiB.Min"):
        await cloud.ask(
            "GetInstanceTypesFromInstanceRequirements",
            **{**asked, "InstanceRequirements": {"VCpuCount": {"Min": 1}, "MemoryMiB": {"Max": 3}}},
        )
