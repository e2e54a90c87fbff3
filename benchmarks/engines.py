"""PostgreSQL beside SQLite: the same calls of two servers, in turns, with both databases on the same disk.

    .venv/bin/python benchmarks/engines.py [--rounds 5] [--calls 100]

PostgreSQL is Debian's, in a folder of its own, reached by a unix socket; both wait for the disk before they answer.
Shown is the median of the rounds and, as each round measures both, that of their ratios.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from callers import rate
from servers import KUMONIWA, Running, first, running

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgresql_server import postgresql_server

_CALLERS = 16
_DURABLE = {"shared_buffers": "256MB", "autovacuum": "on"}

Measure = Callable[[Running, int], float]


@contextmanager
def _running(folder: Path, database: str = "") -> Iterator[Running]:
    kind = replace(KUMONIWA, environment=lambda _port, _folder: {"KUMONIWA_DATABASE": database})
    with running(kind, folder) as made:
        made.find_image()
        made.ids.append(first(made.ask("RunInstances", **made.launch(1)), "instanceId"))
        made.settle()
        yield made


def _milliseconds(its: Running, calls: int, action: str, **parameters: object) -> float:
    requests = [
        its.signer.sign(action, **{name: str(value).format(n) for name, value in parameters.items()})
        for n in range(calls)
    ]
    return 1000 * statistics.median(its.caller.seconds(request) for request in requests)


def _launches_at_once(its: Running, calls: int) -> float:
    """Milliseconds for each of the launches that 16 callers ask for."""
    each = max(1, calls // _CALLERS)
    batches = [[its.signer.sign("RunInstances", **its.launch(1))] * each for _ in range(_CALLERS)]
    return 1000 / rate(its.signer.endpoint, batches)


MEASURES: dict[str, Measure] = {
    "DescribeInstances, one id": lambda its, n: _milliseconds(its, n, "DescribeInstances", InstanceId_1=its.ids[0]),
    "CreateTags": lambda its, n: _milliseconds(
        its, n, "CreateTags", ResourceId_1=its.ids[0], Tag_1_Key="Name", Tag_1_Value="web {}"
    ),
    "RunInstances(1), c=1": lambda its, n: _milliseconds(its, n, "RunInstances", **its.launch(1)),
    f"RunInstances(1), c={_CALLERS}, each": _launches_at_once,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100)
    asked = parser.parse_args()
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in MEASURES}
    with ExitStack() as ending:
        folder = Path(ending.enter_context(tempfile.TemporaryDirectory()))
        database = ending.enter_context(postgresql_server(_DURABLE)).make("cloud")
        both = [ending.enter_context(_running(folder / "sqlite"))]
        both.append(ending.enter_context(_running(folder / "postgresql", database)))
        for number in range(asked.rounds):
            for name, measure in MEASURES.items():
                found = []
                for its in both if number % 2 else reversed(both):
                    found.append(measure(its, asked.calls))
                    its.settle()
                one, other = found if number % 2 else reversed(found)
                took[name].append((one, other))
    print(f"{'ms':28}{'SQLite':>10}{'PostgreSQL':>12}{'ratio':>8}")
    for name, pairs in took.items():
        sqlite, postgresql = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(other / one for one, other in pairs)
        print(f"{name:28}{sqlite:10.2f}{postgresql:12.2f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
