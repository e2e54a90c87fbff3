"""The table: what is asked of three servers in turns, from their start to the listing of a thousand instances."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import works
from measured import Turn
from progress import Progress
from servers import KINDS, Running, instance_ids, running
from works import NotDone, Work


class Table:
    """The rows that are measured, as they go into the JSON: by row, server and measure, a value of each round."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, dict[str, list[float]]]] = {}
        self.not_done: dict[str, dict[str, str]] = {}

    def add(self, row: str, server: str, turn: Turn) -> None:
        measures = self.rows.setdefault(row, {}).setdefault(server, {})
        for measure, value in turn.items():
            measures.setdefault(measure, []).append(value)


def _in_turns(rounds: int, servers: Sequence[Running]) -> Sequence[Sequence[Running]]:
    """The servers of each round: another one begins each time."""
    return [[*servers[number % len(servers) :], *servers[: number % len(servers)]] for number in range(rounds)]


def _measure(
    table: Table, work: Work, servers: Sequence[Running], rounds: int, quick: bool, progress: Progress
) -> None:
    for number, turns in enumerate(_in_turns(rounds, servers), 1):
        for server in turns:
            if server.kind.name in table.not_done.get(work.name, {}):
                continue
            progress.say(f"{work.name}: round {number} of {rounds}, {server.kind.title}")
            try:
                table.add(work.name, server.kind.name, work.turn(server, work.quick if quick else work.requests))
            except NotDone as refused:
                table.not_done.setdefault(work.name, {})[server.kind.name] = str(refused)


def measure_table(folder: Path, rounds: int, progress: Progress, *, quick: bool) -> Table:
    """All rows, from the start of the servers to the listing of a thousand instances."""
    table = Table()
    for number in range(rounds):
        for kind in (*KINDS[number % 3 :], *KINDS[: number % 3]):
            progress.say(f"start: round {number + 1} of {rounds}, {kind.title}")
            for row, turn in works.starts(kind, folder / f"{kind.name}-{number}").items():
                table.add(row, kind.name, turn)
    with ExitStack() as stack:
        servers = _started(stack, folder, "one")
        for server in servers:
            server.ids = instance_ids(server.ask("RunInstances", **server.launch(1)))
            server.settle()
            server.rest()
        for work in (*works.WITH_ONE, *works.LAUNCHES):
            _measure(table, work, servers, rounds, quick, progress)
    with ExitStack() as stack:
        servers = _started(stack, folder, "many")
        for server in servers:
            progress.say(f"{works.MANY} instances: {server.kind.title}")
            works.fill(server)
        for work in works.WITH_MANY:
            _measure(table, work, servers, rounds, quick, progress)
    return table


def _started(stack: ExitStack, folder: Path, name: str) -> list[Running]:
    servers = [stack.enter_context(running(kind, folder / f"{kind.name}-{name}")) for kind in KINDS]
    for server in servers:
        server.find_image()
    return servers
