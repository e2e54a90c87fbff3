"""What calls cost as a cloud grows: from one instance to 100,000, launched through the API.

Peers are asked for what they do, up to a thousand instances, or as far as they get in some minutes.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from callers import Signed
from growing import Growing
from measured import CPU_SECONDS, IDLE, SECONDS, Turn
from progress import Progress
from servers import KINDS, KUMONIWA, Running, instance_ids, running
from works import NotDone, check, page, timed, timed_with_all, weighed

SMALL = 100
BESIDE = "kumoniwa, small"
"""Another cloud, of 100 instances, that is asked in turns with a larger one: what size costs is told by the two."""
SIZES = (1, 10, 100, 1_000, 10_000, 100_000)
_THOUSAND = 1_000
_PEERS_MOST = 1_000
_PEERS_MINUTES = 3.0
_FEW = 10
_ROUNDS = 7


@dataclass
class Curves:
    """As they go into the JSON: by operation, server and size, of each measure a value for each round."""

    points: dict[str, dict[str, dict[str, dict[str, list[float]]]]] = field(default_factory=dict)
    launches: list[dict[str, float]] = field(default_factory=list)
    """Of each thousand that was launched: how many there were before, and what it took until all were running."""
    ended: str = ""
    """Why they end before the size that was asked for, where they do."""

    def add(self, operation: str, server: str, size: int, turn: Turn) -> None:
        measures = self.points.setdefault(operation, {}).setdefault(server, {}).setdefault(str(size), {})
        for measure, value in turn.items():
            measures.setdefault(measure, []).append(value)


def measure_curves(folder: Path, most: int, minutes: float, progress: Progress) -> Iterator[Curves]:
    """All operations at each size up to `most`, as far as they get in so many minutes.

    Gives what there is until now, after each size.
    """
    curves, deadline = Curves(), time.monotonic() + 60 * minutes
    with running(KUMONIWA, folder / "empty") as server:
        progress.say("curves: a thousand launches in an empty cloud")
        server.find_image()
        server.rest()
        _launch_thousand(curves, Growing(server))
    yield curves
    with ExitStack() as stack:
        clouds = []
        for kind in KINDS:
            clouds.append(Growing(stack.enter_context(running(kind, folder / f"{kind.name}-grows"))))
            clouds[-1].server.find_image()
            clouds[-1].server.rest()
        small = Growing(stack.enter_context(running(KUMONIWA, folder / "small")))
        small.server.find_image()
        _grow(curves, small, SMALL, deadline, progress)
        for size in (size for size in SIZES if size <= most):
            progress.say(f"curves: Kumoniwa grows to {size:,} instances")
            if not _grow(curves, clouds[0], size, deadline, progress):
                curves.ended = f"{clouds[0].count:,} instances after {minutes:g} minutes"
                break
            for peer in clouds[1:]:
                progress.say(f"curves: {peer.server.kind.title} grows to {size:,} instances")
                if size > _PEERS_MOST or not _grow_peer(peer, size):
                    clouds.remove(peer)
            beside = {cloud.server.kind.name: cloud.server for cloud in clouds}
            _measure_size(curves, size, beside | ({BESIDE: small.server} if size > SMALL else {}), progress)
            yield curves
        else:
            if most >= _THOUSAND:
                progress.say("curves: a thousand more")
                _launch_thousand(curves, clouds[0])
    yield curves


def _measure_size(curves: Curves, size: int, servers: Mapping[str, Running], progress: Progress) -> None:
    for name, server in servers.items():
        server.rest()
        curves.add("idle", name, size, {**weighed(server), IDLE: 100 * server.idle_share})
        _tag_few(server)
    for operation, turn in _FOR_ALL.items():
        _measure(curves, operation, size, servers, turn, progress)
    _measure_subjects(curves, size, {name: each for name, each in servers.items() if each.kind is KUMONIWA}, progress)


def _grow(curves: Curves, cloud: Growing, size: int, deadline: float, progress: Progress) -> bool:
    """By the thousand, each of them timed. Gives whether there was time for all of it."""
    while size - cloud.count > 0:
        if time.monotonic() > deadline:
            return False
        if cloud.count == 0 or size - cloud.count < _THOUSAND:
            cloud.launch(size - cloud.count)
            cloud.until_running()
        else:
            _launch_thousand(curves, cloud)
            progress.say(
                f"curves: {cloud.count:,} instances, the last thousand in {curves.launches[-1][SECONDS]:.1f} s"
            )
    return True


def _launch_thousand(curves: Curves, cloud: Growing) -> None:
    before, begun, cpu = cloud.count, time.perf_counter(), cloud.server.process.cpu_seconds()
    cloud.launch(_THOUSAND)
    cloud.until_running()
    took, used = time.perf_counter() - begun, cloud.server.process.cpu_seconds() - cpu
    curves.launches.append({"before": before, SECONDS: took, CPU_SECONDS: used})


def _grow_peer(cloud: Growing, size: int) -> bool:
    deadline = time.monotonic() + 60 * _PEERS_MINUTES
    while cloud.count < size:
        if time.monotonic() > deadline:
            return False
        cloud.launch(1)
    return True


def _tag_few(server: Running) -> None:
    """Tag the first ten: where there are fewer, all."""
    named = {f"ResourceId_{number}": each for number, each in enumerate(server.ids[:_FEW], 1)}
    server.ask("CreateTags", Tag_1_Key="few", Tag_1_Value="yes", **named)


def _one(server: Running) -> Turn:
    request = server.signer.sign("DescribeInstances", InstanceId_1=server.ids[len(server.ids) // 2])
    check(server, request, 1)
    return timed(server, [request] * 30)


def _filter(server: Running) -> Turn:
    request = server.signer.sign("DescribeInstances", Filter_1_Name="tag:few", Filter_1_Value_1="yes")
    check(server, request, min(_FEW, len(server.ids)))
    return timed(server, [request] * 10)


def _tags(server: Running) -> Turn:
    chosen = server.ids[len(server.ids) // 2]
    sign = server.signer.sign
    return timed(
        server,
        [sign("CreateTags", ResourceId_1=chosen, Tag_1_Key="turn", Tag_1_Value=number) for number in range(30)],
    )


_FOR_ALL: dict[str, Callable[[Running], Turn]] = {
    "DescribeInstances, one id": _one,
    "DescribeInstances, first page of 100": lambda server: page(server, 10),
    "DescribeInstances, filter by tag": _filter,
    "CreateTags": _tags,
}


def _measure(
    curves: Curves,
    operation: str,
    size: int,
    servers: Mapping[str, Running],
    turn: Callable[[Running], Turn],
    progress: Progress,
) -> None:
    for _ in range(_ROUNDS):
        for name, server in servers.items():
            progress.say(f"curves: {operation} of {size:,}, {name}")
            try:
                curves.add(operation, name, size, turn(server))
            except NotDone:
                continue


def _measure_subjects(curves: Curves, size: int, servers: Mapping[str, Running], progress: Progress) -> None:
    """Launch some more, and do to each what is done to single instances; they are terminated in the end."""
    tag = f"beside {size}"

    def act(operation: str, requests: Mapping[str, Signed]) -> None:
        for name, request in requests.items():
            progress.say(f"curves: {operation} beside {size:,}, {name}")
            curves.add(operation, name, size, timed_with_all(servers[name], [request]))

    def launch(server: Running) -> Signed:
        return server.signer.sign("RunInstances", **server.launch(1, TagSpecification_1_Tag_1_Value=tag))

    for _ in range(_ROUNDS):
        act("RunInstances(1)", {name: launch(server) for name, server in servers.items()})
    subjects = {name: _named(server, tag) for name, server in servers.items()}
    for number in range(_ROUNDS):
        chosen = {name: (server.signer.sign, subjects[name][number]) for name, server in servers.items()}
        image = {"Name": f"{size} {number}", "NoReboot": "true"}
        images = {name: sign("CreateImage", InstanceId=each, **image) for name, (sign, each) in chosen.items()}
        act("CreateImage, no reboot", images)
        act("StopInstances", {name: sign("StopInstances", InstanceId_1=each) for name, (sign, each) in chosen.items()})
        act(
            "StartInstances", {name: sign("StartInstances", InstanceId_1=each) for name, (sign, each) in chosen.items()}
        )
    for name, server in servers.items():
        server.ask("TerminateInstances", **{f"InstanceId_{at}": each for at, each in enumerate(subjects[name], 1)})
        server.settle()


def _named(server: Running, tag: str) -> list[str]:
    return instance_ids(server.ask("DescribeInstances", Filter_1_Name="tag:Name", Filter_1_Value_1=tag))
