"""A network namespace of a test: `inside_namespace.py`, from outside."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from kumoniwa.network.vpc import nft, routes
from kumoniwa.network.vpc.nft_objects import Commands
from kumoniwa.network.vpc.plan import METADATA, RESOLVER, WAY_OUT, Plan
from kumoniwa.run import ProgramMissing, find

_WIRE = Path(__file__).parent / "inside_namespace.py"
_FILLED_BY_PACKETS = (
    "flows",
    "outward-flows",
    "outward-datagrams",
    "metadata-flows",
    "resolver-flows",
    "parts",
    "asking",
)
_ENDS_WITHIN = 60.0  # seconds


class Namespace:
    """A namespace that carries a VPC as its plan has it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._linked: set[str] = set()

    @classmethod
    def begun(cls, beside: Self | None = None) -> Self:
        """A new one; it can be linked with the one that it is `beside`. Raises `OSError` where the host refuses."""
        process = subprocess.Popen(
            [sys.executable, str(_WIRE), *([] if beside is None else [str(beside.pid)])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        namespace = cls(process)
        try:
            namespace._answer()
        except AssertionError as failure:
            process.wait(_ENDS_WITHIN)
            raise OSError(str(failure)) from None
        return namespace

    @property
    def pid(self) -> int:
        """Of the process that is in it."""
        return self._process.pid

    def link(self, name: str, other: "Namespace") -> None:
        """Link it with another one that was made beside it: at both ends by a device of this name."""
        argv = ["ip", "link", "add", name, "type", "veth", "peer", "name", name, "netns", str(other.pid)]
        self.ask(("run", {"argv": argv, "text": ""}))
        self._linked.add(name)
        other._linked.add(name)

    def end(self) -> None:
        """Afterwards it is gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(_ENDS_WITHIN)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def ask(self, *requests: tuple[str, dict[str, Any]]) -> list[Any]:
        """What `Wire` answers to each: the name of what it does, and with what."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(requests) + "\n")
        self._process.stdin.flush()
        answers: list[Any] = self._answer()
        return answers

    def carry(self, plan: Plan, rules: Commands | None = None, ip: str | None = None) -> None:
        """Afterwards it carries this plan: made anew, or by these changes."""
        rules = nft.whole(plan) if rules is None else rules
        taps = [interface.tap for interface in plan.interfaces.values() if interface.live]
        links = [peering.link for peering in plan.peerings.values() if peering.active]
        self.ask(
            ("taps", {"names": [*taps, *(link for link in links if link not in self._linked), WAY_OUT]}),
            ("set", {"values": routes.settings(plan)}),
            ("run", {"argv": ["ip", "-batch", "-"], "text": (routes.whole(plan) if ip is None else ip) + _host(plan)}),
            *(("run", {"argv": ["nft", "-f", "-"], "text": batch}) for batch in rules.batches),
        )

    def listed(self) -> dict[str, list[str]]:
        """What it has: rules, sets, routes and neighbours, without what the kernel numbers, and in one order."""
        programs = (
            ["nft", "-j", "list", "ruleset"],
            ["ip", "rule"],
            ["ip", "route", "show", "table", "all"],
            ["ip", "neigh", "show", "nud", "permanent"],
            ["ip", "-o", "addr"],
        )
        text, *others = self.ask(*(("run", {"argv": argv, "text": ""}) for argv in programs))
        found = {" ".join(argv): sorted(text.splitlines()) for argv, text in zip(programs[1:], others, strict=True)}
        found["sets and chains"] = []
        for one in json.loads(text)["nftables"]:
            [(kind, what)] = one.items()
            what.pop("handle", None)
            if kind == "rule":
                found.setdefault(f"{what['family']} {what['chain']}", []).append(json.dumps(what, sort_keys=True))
            elif kind != "metainfo":
                elements = what.pop("elem", ())
                if what["name"] not in _FILLED_BY_PACKETS:
                    what["elem"] = sorted(json.dumps(element, sort_keys=True) for element in elements)
                found["sets and chains"].append(json.dumps({kind: what}, sort_keys=True))
        found["sets and chains"].sort()
        return found

    def _answer(self) -> Any:
        assert self._process.stdout is not None and self._process.stderr is not None
        line = self._process.stdout.readline()
        assert line, f"the namespace is gone: {self._process.stderr.read()[-2000:]}"
        answer = json.loads(line)
        assert "failed" not in answer, answer["failed"]
        return answer["is"]


def _host(plan: Plan) -> str:
    """This host, behind the way out, answers no ARP in a test."""
    return f"neigh replace {plan.host} lladdr 0a:00:00:00:00:09 dev {WAY_OUT} nud permanent\n"


def services(plan: Plan) -> Sequence[tuple[str, str, int]]:
    """Where a VPC's services listen."""
    resolvers = [str(RESOLVER), str(plan.resolver)]
    return [
        ("tcp", str(METADATA), 80),
        *((protocol, address, 53) for address in resolvers for protocol in ("tcp", "udp")),
        ("udp", "0.0.0.0", 67),
    ]


def obstacle() -> str | None:
    """Why this host has no namespaces, or not what they need; None where it has."""
    try:
        for program in ("ip", "nft"):
            find(program)
        namespace = Namespace.begun()
    except (ProgramMissing, OSError) as missing:
        return str(missing)
    try:
        namespace.ask(
            ("taps", {"names": [WAY_OUT]}), ("run", {"argv": ["nft", "-f", "-"], "text": "add table inet vpc"})
        )
    except AssertionError as failure:
        return str(failure)
    finally:
        namespace.end()
    return None


@contextmanager
def made(beside: Namespace | None = None) -> Iterator[Namespace]:
    """A namespace as long as the block lasts."""
    namespace = Namespace.begun(beside)
    try:
        yield namespace
    finally:
        namespace.end()
