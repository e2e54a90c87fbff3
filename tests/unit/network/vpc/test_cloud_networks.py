"""The networks of a cloud are followed, whatever becomes of who plugs a guest in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError
from two_tiers import WEB, two_tiers
from waiting import turns_until

from kumoniwa.network.vpc import cloud_networks
from kumoniwa.network.vpc.cloud_networks import CloudNetworks
from kumoniwa.network.vpc.gather import NoSuchVpc
from kumoniwa.network.vpc.host.errors import NetworkRefused
from kumoniwa.network.vpc.host.host_network import Devices, TapFiles, Texts
from kumoniwa.network.vpc.plan import Plan

pytestmark = pytest.mark.anyio

_VPC = two_tiers().vpc_id


class _Host:
    """Stands for a network of the host, which does all that it is told."""

    applied = 0
    is_there = True
    taps: frozenset[str] = frozenset()

    def __init__(self, *_: object) -> None:
        pass

    async def apply(self, texts: Texts) -> None:
        _Host.applied += 1

    async def devices(self) -> Devices:
        return Devices(self.taps, frozenset())

    async def tap(self, name: str) -> TapFiles:
        return TapFiles(-1, -1)

    async def ensure_kept(self) -> None: ...

    async def ensure_way_out(self, transit: object) -> None: ...

    async def listen(self, *_: object) -> None: ...

    async def stand_for(self, stand_ins: object, lets_in: object) -> None: ...

    def let_go(self) -> None: ...

    async def ensure_gone(self) -> None:
        raise NetworkRefused("it has no open file left")


class _Database:
    """Stands for a cloud's database, which holds one plan."""

    def __init__(self) -> None:
        self.changes = self
        self.failure: Exception | None = None
        self.readable = asyncio.Event()
        self.readable.set()
        self.waits = False
        self.gone = ""
        self.dns_support = True
        self.heard: Callable[[Any], None] = lambda changed: None

    def plan(self, vpc_id: str) -> Plan:
        if vpc_id == self.gone:
            raise NoSuchVpc(vpc_id)
        return replace(two_tiers(), vpc_id=vpc_id, dns_support=self.dns_support)

    async def read(self, work: Callable[[Any], Any]) -> Any:
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self.waits = not self.readable.is_set()
        await self.readable.wait()
        return work(None)

    def follow(self, heard: Callable[[Any], None]) -> None:
        self.heard = heard

    def forget(self, heard: object) -> None: ...


class _Metadata:
    def __init__(self) -> None:
        self.closed: list[str] = []

    async def open_network(self, vpc_id: str, listening: object) -> None: ...

    async def close_network(self, vpc_id: str) -> None:
        self.closed.append(vpc_id)


@pytest.fixture
def database() -> _Database:
    return _Database()


@pytest.fixture
def metadata() -> _Metadata:
    return _Metadata()


@pytest.fixture
async def networks(
    tmp_path: Path, database: _Database, metadata: _Metadata, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CloudNetworks]:
    monkeypatch.setattr(cloud_networks, "HostNetwork", _Host)
    monkeypatch.setattr(cloud_networks, "gather", lambda _, vpc_id: database.plan(vpc_id))
    made = CloudNetworks(tmp_path, database, metadata)  # type: ignore[arg-type]
    made.follow()
    await made.plug(_VPC, WEB)
    yield made
    await made.close()


async def test_a_plug_that_fails_leaves_the_network_followed(networks: CloudNetworks, database: _Database) -> None:
    before, database.failure = _Host.applied, SQLAlchemyError("the disk does not answer")
    with pytest.raises(SQLAlchemyError):
        await networks.plug(_VPC, WEB)
    await turns_until(lambda: _Host.applied > before)


async def test_a_plug_that_is_cancelled_leaves_the_network_followed(
    networks: CloudNetworks, database: _Database
) -> None:
    before = _Host.applied
    database.readable.clear()
    plugging = asyncio.create_task(networks.plug(_VPC, WEB))
    await turns_until(lambda: database.waits)
    plugging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await plugging
    database.readable.set()
    await turns_until(lambda: _Host.applied > before)


async def test_a_network_that_cannot_be_ended_keeps_no_other_from_being_followed(
    networks: CloudNetworks, database: _Database, metadata: _Metadata
) -> None:
    await networks.plug("vpc-0f", WEB)
    database.gone = _VPC
    database.heard({"vpcs": None})
    await turns_until(lambda: metadata.closed == [_VPC])
    before, database.dns_support = _Host.applied, False
    database.heard({"vpcs": None})
    await turns_until(lambda: _Host.applied > before)


async def test_a_network_whose_keeper_ends_at_the_last_moment_is_ensured_again(
    networks: CloudNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Host, "is_there", False)
    await networks.ensure_soon(_VPC)
    before = _Host.applied
    monkeypatch.setattr(_Host, "is_there", True)
    await turns_until(lambda: _Host.applied > before)


async def test_a_network_ends_a_while_after_its_last_guest(
    networks: CloudNetworks, metadata: _Metadata, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not while it has one, or when one has come meanwhile. The next guest has a network again."""
    tap = two_tiers().interfaces[WEB].tap
    monkeypatch.setattr(cloud_networks, "_EMPTY_FOR", 0.0)
    monkeypatch.setattr(_Host, "taps", frozenset({tap}))
    await networks.ensure(_VPC)
    assert not networks._empty
    monkeypatch.setattr(_Host, "taps", frozenset())
    await networks.ensure(_VPC)
    assert networks._empty == {_VPC}
    monkeypatch.setattr(_Host, "taps", frozenset({tap}))
    await turns_until(lambda: not networks._empty)
    await networks.ensure(_VPC)
    assert metadata.closed == []
    monkeypatch.setattr(_Host, "taps", frozenset())
    await networks.ensure(_VPC)
    await turns_until(lambda: metadata.closed == [_VPC])
    before = _Host.applied
    await networks.ensure(_VPC)
    assert _Host.applied == before, "there is none to ensure"
    await networks.plug(_VPC, WEB)
    assert _Host.applied > before


async def test_a_network_that_its_first_guest_did_not_get_into_ends(
    networks: CloudNetworks, metadata: _Metadata, database: _Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_networks, "_EMPTY_FOR", 0.0)
    database.failure = SQLAlchemyError("the disk does not answer")
    with pytest.raises(SQLAlchemyError):
        await networks.plug("vpc-0f", WEB)
    await turns_until(lambda: metadata.closed == ["vpc-0f"])
