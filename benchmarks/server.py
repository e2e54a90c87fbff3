"""How quick and how heavy a server is, beside moto's in the same run where this machine has one.

    python benchmarks/server.py [--instances 1000] [--moto /path/to/moto_server]

Both are processes of their own, spoken to over loopback HTTP by the same caller, whose requests are signed beforehand
and whose answers are not parsed. Kumoniwa's guests are simulated; it verifies signatures and its writes are durable,
moto does neither. On a busy machine look at the ratios, and at the processor time beside the time.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import botocore.session
from botocore.config import Config
from botocore.parsers import create_parser
from callers import Caller, Signer, rate, until_answered
from processes import Server, free_port, server

_REGION = "us-east-1"
_CLIENTS = 8


@dataclass
class Figures:
    """What was measured of one server, in the order in which it was."""

    name: str
    values: dict[str, tuple[float, str]] = field(default_factory=dict)

    def add(self, what: str, value: float, unit: str) -> None:
        self.values[what] = (value, unit)


@dataclass(frozen=True)
class Kind:
    """A server that can be measured."""

    name: str
    command: Callable[[int, Path], list[str]]
    key: Callable[[Path], tuple[str, str]]  # of a folder in which it has answered


def _kumoniwa_key(folder: Path) -> tuple[str, str]:
    key = json.loads((folder / "credentials.json").read_text())
    return key["access_key_id"], key["secret_access_key"]


KUMONIWA = Kind(
    "kumoniwa",
    lambda port, folder: [
        *(sys.executable, "-m", "kumoniwa", "serve", "--driver", "simulated"),
        *("--port", str(port), "--data-dir", str(folder)),
    ],
    _kumoniwa_key,
)


def moto(program: str) -> Kind:
    return Kind("moto", lambda port, folder: [program, "-H", "127.0.0.1", "-p", str(port)], lambda folder: ("a", "b"))


def start_seconds(kind: Kind, folder: Path) -> tuple[float, float]:
    """From the start of the process to its first answer: time and processor time."""
    port = free_port()
    with server(kind.command(port, folder), folder.with_suffix(".log")) as started:
        _first_answer(started, kind, folder, port)
        return time.perf_counter() - started.begun, started.cpu_seconds()


def _first_answer(started: Server, kind: Kind, folder: Path, port: int) -> Signer:
    """Ask for the regions until it answers. Kumoniwa makes its key in its very first start."""
    endpoint = f"http://127.0.0.1:{port}"

    def ask() -> bytes:
        caller = Caller(endpoint)
        try:
            return caller.send(Signer(endpoint, *kind.key(folder), _REGION).sign("DescribeRegions"))
        finally:
            caller.close()

    until_answered(ask, started.alive, time.sleep)
    return Signer(endpoint, *kind.key(folder), _REGION)


def measure(kind: Kind, folder: Path, count: int) -> Figures:
    """Start, weigh, fill and ask one kind of server."""
    figures = Figures(kind.name)
    folder.mkdir()
    first = start_seconds(kind, folder)
    again = [start_seconds(kind, folder) for _ in range(5)]
    figures.add("start to first answer, new folder", first[0], "s")
    figures.add("start to first answer, again", statistics.median(took for took, _ in again), "s")
    figures.add("… its processor time", statistics.median(cpu for _, cpu in again), "s")
    port = free_port()
    with server(kind.command(port, folder), folder.with_suffix(".log")) as started:
        signer = _first_answer(started, kind, folder, port)
        weight = started.weight()
        figures.add("memory idle, RSS", weight.rss, "MB")
        figures.add("memory idle, PSS", weight.pss, "MB")
        _launch(figures, started, signer, count)
        _describe_all(figures, started, signer, count)
        _describe_one(figures, started, signer)
        _at_once(figures, started, signer)
        figures.add("memory afterwards, RSS", started.weight().rss, "MB")
    return figures


def _launch(figures: Figures, started: Server, signer: Signer, count: int) -> None:
    """Launch one by one, then by the hundred until there are `count`."""
    caller = Caller(signer.endpoint)
    images = create_parser("ec2").parse(
        {"body": caller.send(signer.sign("DescribeImages")), "headers": {}, "status_code": 200},
        _shape("DescribeImages"),
    )
    launch = {"ImageId": images["Images"][0]["ImageId"], "InstanceType": "t3.micro"}
    launch |= {"TagSpecification_1_ResourceType": "instance", "TagSpecification_1_Tag_1_Key": "Name"}
    launch |= {"TagSpecification_1_Tag_1_Value": "web"}
    caller.send(signer.sign("RunInstances", MinCount=1, MaxCount=1, **launch))
    single = [signer.sign("RunInstances", MinCount=1, MaxCount=1, **launch) for _ in range(49)]
    took = sum(caller.seconds(request) for request in single)
    figures.add("RunInstances, one by one", len(single) / took, "/s")
    batches = [50] + [100] * ((count - 100) // 100)
    hundred = [caller.seconds(signer.sign("RunInstances", MinCount=size, MaxCount=size, **launch)) for size in batches]
    figures.add("RunInstances, 100 in a call", 1000 * statistics.median(hundred[1:]), "ms")
    _quiet(started)
    caller.close()


def _quiet(started: Server) -> None:
    """Wait until it has nothing more to do: what was launched boots meanwhile."""
    used = started.cpu_seconds()
    while True:
        time.sleep(1.0)
        before, used = used, started.cpu_seconds()
        if used - before < 0.05:
            return


def _describe_all(figures: Figures, started: Server, signer: Signer, count: int) -> None:
    caller = Caller(signer.endpoint)
    request = signer.sign("DescribeInstances")
    body = caller.send(request)
    assert body.count(b"<instanceId>") >= count, "not every instance is told of"
    cpu, times = started.cpu_seconds(), [caller.seconds(request) for _ in range(10)]
    cpu = started.cpu_seconds() - cpu
    figures.add(f"DescribeInstances of {count}", 1000 * statistics.median(times), "ms")
    figures.add("… processor time of that", 1000 * cpu / len(times), "ms")
    if told := started.told_seconds("DescribeInstances", len(times)):
        figures.add("… by the server's log", 1000 * statistics.median(told), "ms")
    figures.add("… its answer", len(body) / 1e6, "MB")
    changing = []
    instance = _first(body, "instanceId")
    for number in range(10):
        caller.send(signer.sign("CreateTags", ResourceId_1=instance, Tag_1_Key="turn", Tag_1_Value=number))
        changing.append(caller.seconds(request))
    figures.add("… right after a change of one", 1000 * statistics.median(changing), "ms")
    parser, shape = create_parser("ec2"), _shape("DescribeInstances")
    begun = time.perf_counter()
    parser.parse({"body": body, "headers": {}, "status_code": 200}, shape)
    figures.add("… botocore parses it in", 1000 * (time.perf_counter() - begun), "ms")
    client = botocore.session.get_session().create_client(
        "ec2",
        region_name=_REGION,
        endpoint_url=signer.endpoint,
        aws_access_key_id=signer.access_key_id,
        aws_secret_access_key=signer.secret_access_key,
        config=Config(proxies={}),
    )
    begun = time.perf_counter()
    client.describe_instances()
    figures.add("… asked through botocore's client", 1000 * (time.perf_counter() - begun), "ms")
    caller.close()


def _describe_one(figures: Figures, started: Server, signer: Signer) -> None:
    caller = Caller(signer.endpoint)
    instance = _first(caller.send(signer.sign("DescribeInstances")), "instanceId")
    request = signer.sign("DescribeInstances", InstanceId_1=instance)
    caller.send(request)
    cpu, times = started.cpu_seconds(), [1000 * caller.seconds(request) for _ in range(300)]
    cpu = started.cpu_seconds() - cpu
    figures.add("DescribeInstances of one, p50", statistics.median(times), "ms")
    figures.add("DescribeInstances of one, p99", statistics.quantiles(times, n=100)[-1], "ms")
    figures.add("… processor time of one", 1000 * cpu / len(times), "ms")
    caller.close()


def _at_once(figures: Figures, started: Server, signer: Signer) -> None:
    """Eight callers at once: a read, and a write of a resource of each caller's own."""
    body = Caller(signer.endpoint).send(signer.sign("DescribeInstances"))
    instances = [part.partition(b"<")[0].decode() for part in body.split(b"<instanceId>")[1 : _CLIENTS + 1]]
    reads = [[signer.sign("DescribeInstances", InstanceId_1=instance)] * 100 for instance in instances]
    figures.add(f"{_CLIENTS} callers: reads", rate(signer.endpoint, reads), "/s")
    writes = [
        [
            signer.sign("CreateTags", ResourceId_1=instance, Tag_1_Key=f"turn{number % 20}", Tag_1_Value=number)
            for number in range(100)
        ]
        for instance in instances
    ]
    figures.add("one caller: CreateTags", rate(signer.endpoint, writes[:1]), "/s")
    figures.add(f"{_CLIENTS} callers: CreateTags", rate(signer.endpoint, writes), "/s")


def _first(answer: bytes, tag: str) -> str:
    """What the first element of that name holds."""
    return answer.partition(f"<{tag}>".encode())[2].partition(b"<")[0].decode()


def _shape(action: str) -> object:
    loader = botocore.session.get_session()
    return loader.get_service_model("ec2").operation_model(action).output_shape


def _print(ours: Figures, peer: Figures | None) -> None:
    print(f"{'':<42} {ours.name:>12}" + (f" {peer.name:>12} {'ratio':>7}" if peer else ""))
    for what, (value, unit) in ours.values.items():
        line = f"{what:<42} {_shown(value):>8} {unit:<3}"
        if peer and what in peer.values:
            theirs = peer.values[what][0]
            line += f" {_shown(theirs):>8} {unit:<3} {value / theirs if theirs else 0:>7.2g}"
        print(line)


def _shown(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 1000 else f"{value:.0f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--instances", type=int, default=1000, help="how many are launched, a multiple of 100")
    arguments.add_argument("--moto", default=_moto(), help="moto's server program; none: '' (%(default)s)")
    arguments.add_argument("--json", type=Path, help="write the figures there")
    told = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="kumoniwa-benchmark-") as folder:
        ours = measure(KUMONIWA, Path(folder) / "kumoniwa", told.instances)
        peer = measure(moto(told.moto), Path(folder) / "moto", told.instances) if told.moto else None
    _print(ours, peer)
    if peer is None:
        print("moto's server is not on this machine: nothing to compare with.")
    if told.json:
        told.json.write_text(
            json.dumps({figures.name: figures.values for figures in (ours, peer) if figures}, indent=2)
        )


def _moto() -> str:
    """moto's server in PATH or in one of pyenv's Pythons."""
    kept = sorted(Path.home().glob(".pyenv/versions/*/bin/moto_server"))
    return shutil.which("moto_server") or (str(kept[-1]) if kept else "")


if __name__ == "__main__":
    main()
