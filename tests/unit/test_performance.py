"""The benchmark beside peers: its ratios, its aims, and the page that is written from its figures."""

import json
from pathlib import Path
from typing import Any

import document
import pytest
import works
from aims import AIMS, Aim, verdicts
from growth_aims import growth, on_guests
from measured import Spread, ratio, spread
from processes import environment_with
from report import text


def _speeds(**measured: list[float]) -> dict[str, list[float]]:
    """Of a disk: the same by time and by processor time."""
    return {name + of: values for name, values in measured.items() for of in ("", ", of processor time")}


_FIGURES: dict[str, Any] = {
    "made": "2026-03-01T12:00:00+00:00",
    "rounds": 3,
    "machine": {"processor": "Example", "cores": 2},
    "versions": {"moto": "5", "ministack": "1"},
    "table": {
        "CreateTags": {
            "kumoniwa": {"ms": [1.0, 2.0, 9.0], "cpu ms": [1.0, 1.0, 1.0]},
            "moto": {"ms": [10.0, 10.0, 10.0], "cpu ms": [2.0, 2.0, 2.0]},
            "ministack": {"ms": [1.0, 1.0, 1.0], "cpu ms": [0.001, 0.001, 0.001]},
        },
        "first page of 100 of 1,000": {"kumoniwa": {"ms": [5.0]}, "moto": {"ms": [100.0]}},
    },
    "not done": {"first page of 100 of 1,000": {"ministack": "answers all instances"}},
    "curves": {
        "idle": {"kumoniwa": {"1": {"MiB RSS": [90.0]}, "10000": {"MiB RSS": [2000.0]}}},
        "CreateTags": {
            "kumoniwa": {"100": {"ms": [9.0], "cpu ms": [9.0]}, "10000": {"ms": [3.0], "cpu ms": [1.1]}},
            "kumoniwa, small": {"10000": {"ms": [2.0], "cpu ms": [1.0]}},
        },
        "DescribeInstances, one id": {"kumoniwa": {"1": {"ms": [1.0], "cpu ms": [1.0]}}},
    },
    "launches": [{"before": before, "s": 7.0, "cpu s": 6.0} for before in range(0, 11_000, 1000)],
    "guests": {
        "storage": {
            "a second": {
                "plain qcow2": _speeds(reads=[100.0, 50.0], writes=[100.0, 100.0]),
                "1 snapshot": _speeds(reads=[91.0, 47.0], writes=[90.0, 92.0]),
                "30 snapshots": _speeds(reads=[60.0, 40.0], writes=[99.0, 99.0]),
            }
        },
        "boot": {"login by SSH": {"kumoniwa": [10.0, 20.2, 30.0], "bare QEMU": [10.0, 20.0, 29.0]}},
        "idle": {"ratio": {"processor": 1.5}},
    },
}


def test_a_spread_is_the_quartiles_or_of_few_values_all_of_them() -> None:
    assert spread([3, 1, 2]) == Spread(2, 1, 3)
    assert spread([1, 2, 3, 4, 100]) == Spread(3, 2, 4)


def test_a_ratio_is_the_median_of_the_rounds_own_so_a_slow_round_is_slow_for_both() -> None:
    assert ratio([1, 2, 90], [10, 10, 100]) == Spread(0.2, 0.1, 0.9)


@pytest.mark.parametrize(
    ("aim", "met", "missed"), [(Aim("", "", "", most=0.4), 0.4, 0.41), (Aim("", "", "", least=6), 6, 5)]
)
def test_an_aim_is_met_at_its_bound_and_missed_beyond(aim: Aim, met: float, missed: float) -> None:
    assert aim.is_met(met)
    assert not aim.is_met(missed)


def test_aims_are_judged_by_the_ratio_to_their_peer_where_the_run_has_both() -> None:
    found = {(verdict.aim.row, verdict.aim.measure): verdict.is_met for verdict in verdicts(_FIGURES["table"])}
    assert found == {
        ("CreateTags", "ms"): True,
        ("CreateTags", "cpu ms"): False,
        ("first page of 100 of 1,000", "ms"): False,
    }


def test_every_aim_names_a_row_that_is_measured() -> None:
    measured = {work.name for work in (*works.WITH_ONE, *works.LAUNCHES, *works.WITH_MANY)}
    others = {aim.row for aim in AIMS} - measured
    assert all(row.startswith(("start to first", "idle memory")) for row in others), others


def test_growth_is_judged_beside_a_small_cloud_and_launches_by_the_thousand() -> None:
    found = {
        judged.what: (round(judged.value, 3), judged.is_met)
        for judged in growth(_FIGURES["curves"], _FIGURES["launches"])
    }
    assert found == {
        "CreateTags, ms: 10,000 instances to 100": (1.5, False),
        "CreateTags, CPU ms: 10,000 instances to 100": (1.1, True),
        "one id of 1": (1.0, True),
        "memory at 10,000": (2000.0, False),
        "1,000 launched and running, in a cloud of 0": (7.0, True),
        "1,000 launched and running, in a cloud of 10,000": (7.0, True),
        "10,000 launched and running": (70.0, True),
    }


def test_guests_are_judged_beside_a_plain_disk_and_a_bare_boot() -> None:
    found = {judged.what: (judged.figure, judged.verdict) for judged in on_guests(_FIGURES["guests"])}
    for of in ("", " in QEMU's processor time"):
        read, wrote = (f"{what}{of} behind" for what in ("sequential reads", "4k writes"))
        assert found.pop(f"{read} 1 snapshot, to a plain qcow2") == ("0.93 × (0.91–0.94)", "met")
        assert found.pop(f"{read} 30 snapshots, to a plain qcow2") == ("0.70 × (0.60–0.80)", "MISSED")
        assert found.pop(f"{wrote} 1 snapshot, to a plain qcow2") == ("0.91 × (0.90–0.92)", "MISSED")
        assert found.pop(f"{wrote} 30 snapshots, to a plain qcow2") == ("0.99 × (0.99–0.99)", "met")
    assert found == {
        "launch to a login by SSH, to bare QEMU": ("1.01 × (1.00–1.03)", "met"),
        "a guest that does nothing, its processor, to bare QEMU": ("1.50 ×", ""),
    }


def test_the_table_shows_what_a_peer_does_not_do_as_a_dash_and_says_why() -> None:
    shown = text(_FIGURES)
    row = next(line for line in shown.splitlines() if line.startswith("first page"))
    assert row.split()[6:10] == ["ms", "5.00", "100", "–"]
    assert "first page of 100 of 1,000: MiniStack answers all instances." in shown
    assert "1 of 3 aims met." in shown


def test_the_page_has_every_row_and_every_plot() -> None:
    page = document.page(_FIGURES)
    assert "| CreateTags | ms | 2.00 | 10.0 | 1.00 | 0.20 (0.10–0.90) | 2.00 (1.00–9.00) | ≤ 0.4 × moto | met |" in page
    assert "| memory at 10,000 | 2,000 MiB | ≤ 1024 MiB | MISSED |" in page
    assert "| launch to a login by SSH, to bare QEMU | 1.01 × (1.00–1.03) | ≤ 1.03 × | met |" in page
    assert all(f"]({name})" in page for name in document.PLOTS)


def test_a_page_of_a_table_alone_leaves_the_rest_out() -> None:
    page = document.page({key: _FIGURES[key] for key in ("made", "rounds", "machine", "versions", "table", "not done")})
    assert "As the cloud grows" not in page
    assert "Real guests" not in page


def test_the_page_and_the_plots_are_of_the_figures_that_are_kept() -> None:
    assert json.loads(document.FIGURES.read_text())["table"], "docs/performance.json has no table"
    assert document.stale() == [], "run scripts/performance"


def test_curves_of_an_earlier_run_are_said_to_be_of_it(tmp_path: Path) -> None:
    curves = {
        **_FIGURES,
        "made": "2026-02-01T12:00:00+00:00",
        "versions": {"Kumoniwa": "0.1.0, abc"},
        "curves": {},
        "launches": [],
    }
    earlier, later = tmp_path / "curves.json", tmp_path / "table.json"
    earlier.write_text(json.dumps(curves))
    without = {name: value for name, value in _FIGURES.items() if name != "curves"}
    later.write_text(json.dumps({**without, "versions": {"Kumoniwa": "0.1.0, def"}}))
    figures = document._together([earlier, later])
    assert figures["curves of"] == "2026-02-01, Kumoniwa 0.1.0, abc"
    assert document._of(figures) == "2026-03-01, Kumoniwa 0.1.0, def"


def test_a_server_that_is_measured_does_not_get_the_database_of_whoever_measures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUMONIWA_DATABASE", "postgresql://db.example/ours")
    monkeypatch.setenv("LANG", "C")
    assert environment_with({"PORT": "1"}).items() >= {"PORT": "1", "LANG": "C"}.items()
    assert "KUMONIWA_DATABASE" not in environment_with({})
    assert environment_with({"KUMONIWA_DATABASE": "of the benchmark"})["KUMONIWA_DATABASE"] == "of the benchmark"
