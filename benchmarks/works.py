"""What servers are asked for side by side: one turn of each work, on one server.

A turn is several requests one after another; what it gives is what `measured` names.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

from callers import Signed, rate
from measured import ALL_CPU, CPU, CPU_SECONDS, PSS, RATE, RSS, SECONDS, TIME, Turn
from servers import Kind, Running, instance_ids, running

_AT_ONCE = 16  # callers
_TICK = 0.01  # seconds
_PAGE = 100
MANY = 1000
"""Instances, and what is asked for at most where all are: without that, moto answers a hundred reservations."""


class NotDone(Exception):
    """What a server does not do, in words that complete "it …"."""


@dataclass(frozen=True, slots=True)
class Work:
    """A row of the table. `name` is its key in the JSON."""

    name: str
    requests: int
    """Of a turn."""
    quick: int
    """Of a turn in a quick run."""
    turn: Callable[[Running, int], Turn]


def timed(server: Running, requests: Iterable[Signed]) -> Turn:
    """Send them one after another: the median of their times, the mean of the processor time."""
    waiting = list(requests)
    before = server.process.cpu_seconds()
    times = [server.caller.seconds(request) for request in waiting]
    cpu = _cpu_since(server, before)
    return {TIME: 1000 * statistics.median(times), CPU: 1000 * cpu / len(times)}


def timed_with_all(server: Running, requests: Iterable[Signed]) -> Turn:
    """The same, and the processor time until all that they began has ended, beyond what an idle server uses."""
    waiting = list(requests)
    turn = timed(server, waiting)
    turn[ALL_CPU] = turn[CPU] + 1000 * _following(server) / len(waiting)
    return turn


def _following(server: Running) -> float:
    """Waits until nothing goes on any more; gives the processor time until then, in seconds.

    Not counted are the questions whether it is so, and what an idle server uses.
    """
    cpu, begun = server.process.cpu_seconds(), perf_counter()
    asking = server.settle()
    used = server.process.cpu_seconds() - cpu - asking
    return max(0.0, used - server.idle_share * (perf_counter() - begun))


def _cpu_since(server: Running, before: float) -> float:
    """The processor time since then, in seconds.

    A moment later: the kernel counts what a thread uses when it stops to run, or at the next tick.
    """
    sleep(_TICK)
    return server.process.cpu_seconds() - before


def _reads(count: int, **parameters: object) -> Callable[[Running, int], Turn]:
    """A turn of one and the same listing, whose answers must have so many instances."""

    def turn(server: Running, requests: int) -> Turn:
        request = server.signer.sign("DescribeInstances", **parameters)
        check(server, request, count)
        return timed(server, [request] * requests)

    return turn


def check(server: Running, request: Signed, count: int) -> None:
    """Refuse to measure another answer than what was asked for."""
    if (found := len(instance_ids(server.caller.send(request)))) != count:
        raise RuntimeError(f"{server.kind.title} answers {found} instances where it has {count}")


def _one_of_many(server: Running, requests: int) -> Turn:
    return _reads(1, InstanceId_1=server.ids[len(server.ids) // 2])(server, requests)


def page(server: Running, requests: int) -> Turn:
    """A first page of a hundred instances. Raises `NotDone` where a server has no pages."""
    request = server.signer.sign("DescribeInstances", MaxResults=_PAGE)
    if len(instance_ids(server.caller.send(request))) > _PAGE:
        raise NotDone("answers all instances, whatever MaxResults says")
    return timed(server, [request] * requests)


def _listing_after_changes(server: Running, requests: int) -> Turn:
    """Each listing right after a change of one instance; the change is not counted."""
    request = server.signer.sign("DescribeInstances", MaxResults=MANY)
    turns = []
    for number in range(requests):
        server.ask("CreateTags", ResourceId_1=server.ids[number], Tag_1_Key="turn", Tag_1_Value=f"{number}")
        turns.append(timed(server, [request]))
    return {measure: statistics.median(turn[measure] for turn in turns) for measure in (TIME, CPU)}


def _tags(server: Running, requests: int) -> Turn:
    sign = server.signer.sign
    return timed(
        server,
        [
            sign("CreateTags", ResourceId_1=server.ids[0], Tag_1_Key=f"turn{number % 20}", Tag_1_Value=number)
            for number in range(requests)
        ],
    )


def _launches_of(count: int) -> Callable[[Running, int], Turn]:
    def turn(server: Running, requests: int) -> Turn:
        sign = server.signer.sign
        return timed_with_all(server, [sign("RunInstances", **server.launch(count)) for _ in range(requests)])

    return turn


def _launches_at_once(server: Running, requests: int) -> Turn:
    sign = server.signer.sign
    batches = [[sign("RunInstances", **server.launch(1)) for _ in range(requests)] for _ in range(_AT_ONCE)]
    before = server.process.cpu_seconds()
    answered = rate(server.signer.endpoint, batches)
    cpu = 1000 * _cpu_since(server, before) / (_AT_ONCE * requests)
    return {RATE: answered, CPU: cpu, ALL_CPU: cpu + 1000 * _following(server) / (_AT_ONCE * requests)}


def starts(kind: Kind, folder: Path) -> Mapping[str, Turn]:
    """Starts in a new folder and in the same folder again, by the names of their rows; and what it weighs then."""
    found: dict[str, Turn] = {}
    for which in ("new folder", "old folder"):
        with running(kind, folder) as server:
            found[f"start to first answer, {which}"] = _since_start(server, server.answered_after)
            server.ask("DescribeInstances")
            found[f"start to first listing, {which}"] = _since_start(server, perf_counter() - server.process.begun)
    with running(kind, folder) as server:
        server.until_idle()
        found["idle memory"] = weighed(server)
        server.settle()
        found["idle memory, instances listed once"] = weighed(server)
    return found


def _since_start(server: Running, seconds: float) -> Turn:
    return {SECONDS: seconds, CPU_SECONDS: server.process.cpu_seconds()}


def weighed(server: Running) -> Turn:
    """Its memory now."""
    weight = server.process.weight()
    return {RSS: weight.rss * 1e6 / 2**20, PSS: weight.pss * 1e6 / 2**20}


def fill(server: Running) -> None:
    """Launch a thousand instances, one by one, then tag ten of them as few, and every other as half."""
    launch = server.signer.sign("RunInstances", **server.launch(1))
    server.ids = [instance_ids(server.caller.send(launch))[0] for _ in range(MANY)]
    server.settle()
    for value, chosen in (("few", server.ids[::100]), ("half", server.ids[::2])):
        named = {f"ResourceId_{number}": each for number, each in enumerate(chosen, 1)}
        server.ask("CreateTags", Tag_1_Key=value, Tag_1_Value="yes", **named)


def _tagged(key: str, one_in: int) -> Callable[[Running, int], Turn]:
    return _reads(MANY // one_in, Filter_1_Name=f"tag:{key}", Filter_1_Value_1="yes", MaxResults=MANY)


WITH_ONE = (
    Work("DescribeInstances, 1 present", 100, 50, _reads(1)),
    Work("CreateTags", 100, 50, _tags),
)
LAUNCHES = (
    Work("RunInstances(1), c=1", 10, 5, _launches_of(1)),
    Work("RunInstances(1), c=16", 4, 2, _launches_at_once),  # requests of each caller
    Work("RunInstances(100)", 1, 1, _launches_of(100)),
)
WITH_MANY = (
    Work("one id of 1,000", 100, 20, _one_of_many),
    Work("filter by tag, 10 of 1,000", 20, 5, _tagged("few", 100)),
    Work("filter by tag, 500 of 1,000", 5, 2, _tagged("half", 2)),
    Work("first page of 100 of 1,000", 20, 5, page),
    Work("full listing, 1,000", 5, 2, _reads(MANY, MaxResults=MANY)),
    Work("full listing, 1,000, after a change", 3, 1, _listing_after_changes),
)
