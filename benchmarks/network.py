"""What a VPC costs its packets: throughput and round trips with its rules, and on the same taps without any.

    python benchmarks/network.py [--rounds 3] [--json FILE]

Two Debian guests of one VPC, in mode `vpc`. In turns: with the rules that the VPC has (groups, network ACLs, source
checks, connections that are followed), and with none of them (`nft flush ruleset` in the VPC's namespace: what is left
are taps and routes, under the same QEMU). Guest to guest; and between the host and a guest: by its public address,
as a person reaches it, beside a program in the namespace that speaks to the bare tap.
"""

import argparse
import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import guest_stream
from bare import banner
from boot import OPTIONS
from guest_login import Guest, launched_guest
from measured import ratio, shown, times

from kumoniwa.client.ssh import ssh_command
from kumoniwa.folder import processes_of
from kumoniwa.lab.cloud import OwnCloud, own_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.logs import log_warnings

_PORT = 5201
_SECONDS = 3.0
_TIMES = 300
_WITHIN = 60.0  # seconds
_PROGRAM = Path(guest_stream.__file__)
_INTO_NETWORK = _PROGRAM.with_name("in_network.py")
_IN_GUEST = "/tmp/guest_stream.py"
Figures = dict[str, dict[str, dict[str, list[float]]]]
"""By way, measure and kind ("vpc", "bare tap"): a value of each round, the two of a round one after the other."""
_RATE, _TRIP = "throughput, Mbit/s", "round trip, ms"


@dataclass(frozen=True)
class Bench:
    """A sender, a guest that takes what is sent, and a process of their VPC's namespace."""

    sender: tuple[str, ...]
    """What runs a command in the guest that sends, from inside the namespace: no rule is needed for it."""
    taker: str
    """The private address of the guest that takes."""
    public: tuple[str, int]
    """Where the host reaches it."""
    inside: int

    def run(self, *command: str, given: str = "") -> str:
        """What a command prints in the VPC's namespace."""
        argv = [sys.executable, str(_INTO_NETWORK), str(self.inside), *command]
        return subprocess.run(argv, input=given, check=True, stdout=subprocess.PIPE, text=True).stdout

    @contextmanager
    def without_rules(self) -> Iterator[None]:
        """The kernel judges no packet in the namespace as long as the block."""
        rules = self.run("nft", "list", "ruleset")
        self.run("nft", "flush", "ruleset")
        try:
            yield
        finally:
            self.run("nft", "-f", "-", given=rules)


def in_namespace(bench: Bench) -> dict[str, float]:
    """From a program in the namespace to the guest: nothing but its tap is between them."""

    def told(*words: str) -> float:
        return float(bench.run(sys.executable, str(_PROGRAM), *words))

    return _both(told, bench.taker, _PORT)


def from_host(bench: Bench) -> dict[str, float]:
    """From the host to the guest's public address."""

    def told(what: str, host: str, port: str, most: str) -> float:
        if what == "send":
            return guest_stream.send(host, int(port), float(most))
        return guest_stream.ask(host, int(port), int(most))

    return _both(told, *bench.public)


def from_guest(bench: Bench) -> dict[str, float]:
    """From one guest to the other at its private address."""
    return _both(lambda *words: float(bench.run(*bench.sender, "python3", _IN_GUEST, *words)), bench.taker, _PORT)


def _both(told: Callable[..., float], host: str, port: int) -> dict[str, float]:
    return {
        _RATE: 8e-6 * told("send", host, str(port), f"{_SECONDS:g}"),
        _TRIP: 1000 * told("ask", host, str(port), str(_TIMES)),
    }


def measure_all(bench: Bench, rounds: int) -> Figures:
    found: Figures = {}
    ways: Sequence[tuple[str, Callable[[Bench], dict[str, float]], Callable[[Bench], dict[str, float]]]] = (
        ("guest to guest", from_guest, from_guest),
        ("host to guest", from_host, in_namespace),
    )
    for _ in range(rounds):
        for way, ours, bare in ways:
            with_rules = ours(bench)
            with bench.without_rules():
                without = bare(bench)
            for measure in (_RATE, _TRIP):
                kinds = found.setdefault(way, {}).setdefault(measure, {"vpc": [], "bare tap": []})
                kinds["vpc"].append(with_rules[measure])
                kinds["bare tap"].append(without[measure])
    return found


async def measure(rounds: int) -> dict[str, Any]:
    async with own_cloud(Narrator()) as cloud:
        launcher, sender = await launched_guest(cloud)
        call = cloud.client.call
        admitted = {"IpProtocol": "tcp", "FromPort": _PORT, "ToPort": _PORT, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
        call("AuthorizeSecurityGroupIngress", GroupId=launcher.group_id, IpPermissions=[admitted])
        taker_id = await asyncio.to_thread(launcher.launch)
        endpoint = await launcher.endpoint(taker_id)
        await banner(*endpoint, 300.0)
        await launcher.until_reachable(taker_id)
        taker = Guest(taker_id, 0, endpoint, launcher.key)
        program = await asyncio.to_thread(_PROGRAM.read_bytes)
        for guest in (sender, taker):
            await asyncio.to_thread(guest.run, f"cat > {_IN_GUEST}", program)
        serve = f"nohup python3 {_IN_GUEST} serve {_PORT} > /dev/null 2>&1 &"
        await asyncio.to_thread(taker.run, serve)
        told = cloud.client.instance(taker_id)
        inside = cloud.client.instance(sender.instance_id)["PrivateIpAddress"], 22
        by_ssh = ssh_command(inside, user="admin", key=launcher.key, options=OPTIONS)
        public = told["PublicIpAddress"], _PORT
        bench = Bench(tuple(by_ssh), told["PrivateIpAddress"], public, _inside(cloud))
        await _until_open(*bench.public)
        found = await asyncio.to_thread(measure_all, bench, rounds)
    _print(found)
    return found


def _inside(cloud: OwnCloud) -> int:
    """A process in the namespace of the cloud's only VPC that has guests: its DHCP server."""
    for pid in processes_of(cloud.folder):
        if Path(f"/proc/{pid}/comm").read_text().strip() == "dnsmasq":
            return pid
    raise RuntimeError("no network carries packets here: this benchmark needs mode vpc (kumoniwa doctor says why not)")


async def _until_open(host: str, port: int) -> None:
    async with asyncio.timeout(_WITHIN):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except ConnectionError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


def _print(found: Figures) -> None:
    print()
    for way, measures in found.items():
        for name, kinds in measures.items():
            to_bare = ratio(kinds["vpc"], kinds["bare tap"])
            values = "   ".join(f"{kind} {shown(sorted(each)[len(each) // 2])}" for kind, each in kinds.items())
            spread = f"{times(to_bare.median)} ({times(to_bare.low)} to {times(to_bare.high)})"
            print(f"{way:<15} {name:<20} {values}   ratio {spread}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", type=Path, help="write the figures there")
    told = arguments.parse_args()
    log_warnings()
    figures = asyncio.run(measure(told.rounds))
    if told.json:
        told.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
