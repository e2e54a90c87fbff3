"""What a test waits for its cloud: `mock_aws` of Kumoniwa and of moto, in turns, with the same code.

    .venv/bin/python benchmarks/testing_start.py [--rounds 5] [--page docs/testing.md]

Each round is a process of its own. In it a first test, whose cloud has to be started, and twenty more: from the
decorator to the test, and to the answer of DescribeVpcs in it; what comes before is what the process imports. Shown is
the median of the rounds, and in brackets the fastest and the slowest of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUBJECTS = {
    "Kumoniwa": (ROOT / ".venv" / "bin" / "python", "kumoniwa.testing"),
    "moto": (ROOT / "build" / "peers" / "bin" / "python", "moto"),
}
ROWS = {
    "imports": "imports, boto3's included",
    "first_there": "the first test, until its cloud is there",
    "later_there": "each later test, until its cloud is there",
    "first": "the first test, until boto3 has its first answer",
    "later": "each later test, until boto3 has its first answer",
    "first_all": "all of it, until the first test's first answer",
}
_BEGIN, _END = "<!-- testing_start -->", "<!-- / testing_start -->"
_PROGRAM = """
import json, statistics, time
began = time.perf_counter()
import boto3
from {package} import mock_aws
imported = time.perf_counter()

there = []

@mock_aws
def test():
    there.append(time.perf_counter() - entered)
    vpcs = boto3.client("ec2", region_name="us-east-1").describe_vpcs()["Vpcs"]
    assert [vpc["IsDefault"] for vpc in vpcs] == [True]

def measured():
    global entered
    entered = time.perf_counter()
    test()
    return time.perf_counter() - entered

first = measured()
later = [measured() for _ in range(20)]
print(json.dumps({{
    "imports": imported - began, "first": first, "later": statistics.median(later),
    "first_all": imported - began + first, "first_there": there[0], "later_there": statistics.median(there[1:]),
}}))
"""


def measure(name: str) -> dict[str, float]:
    """One round with one of them, in seconds."""
    python, package = SUBJECTS[name]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    ran = subprocess.run(
        [python, "-c", _PROGRAM.format(package=package)], env=environment, capture_output=True, text=True, check=True
    )
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


def table(rounds: dict[str, list[dict[str, float]]]) -> str:
    """The medians, and in brackets the spread, as Markdown."""
    lines = [f"| seconds, of {len(rounds['moto'])} rounds | Kumoniwa | moto |", "| --- | --- | --- |"]
    for row, title in ROWS.items():
        cells = []
        for name in SUBJECTS:
            values = [measured[row] for measured in rounds[name]]
            cells.append(f"{statistics.median(values):.3f} ({min(values):.3f}–{max(values):.3f})")
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--page", type=Path, help="the page whose table is written anew")
    options = parser.parse_args()
    subprocess.run([ROOT / "scripts" / "peers"], check=True)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in SUBJECTS}
    for _ in range(options.rounds):
        for name in SUBJECTS:
            rounds[name].append(measure(name))
            print(name, rounds[name][-1], file=sys.stderr)
    said = table(rounds)
    print(said)
    if options.page is not None:
        before, _, rest = options.page.read_text().partition(_BEGIN)
        _, _, after = rest.partition(_END)
        options.page.write_text(f"{before}{_BEGIN}\n\n{said}\n\n{_END}{after}")


if __name__ == "__main__":
    main()
