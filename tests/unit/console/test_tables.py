"""What pages and the server agree on: tables that are told of, how long nothing may be heard, what has no dry run."""

import re
from pathlib import Path

from botocore.session import get_session

from kumoniwa.api.registry import ACTIONS
from kumoniwa.console.changes import BEAT, UNTOLD
from kumoniwa.store.all_tables import metadata

_LIVE = Path(__file__).parents[3] / "console" / "src" / "api" / "live.ts"
_CALL = _LIVE.with_name("call.ts")


def test_pages_listen_for_tables_that_are_told() -> None:
    listed = re.search(r"export const TABLES = \[(.*?)\]", _LIVE.read_text(), re.DOTALL)
    assert listed is not None
    named = set(re.findall(r'"(\w+)"', listed[1]))
    assert named and named <= metadata.tables.keys() - UNTOLD


def test_pages_know_which_actions_have_no_dry_run() -> None:
    listed = re.search(r"export const WITHOUT_DRY_RUN: readonly Action\[\] = \[(.*?)\]", _CALL.read_text(), re.DOTALL)
    assert listed is not None
    model = get_session().get_service_model("ec2")
    offered = [name for name in ACTIONS["ec2"] if not name.startswith(("Describe", "Get"))]
    without = {name for name in offered if "DryRun" not in model.operation_model(name).input_shape.members}
    assert set(re.findall(r'"(\w+)"', listed[1])) == without


def test_pages_wait_for_a_beat_longer_than_it_takes() -> None:
    silence = re.search(r"export const SILENCE = (\d+);", _LIVE.read_text())
    assert silence is not None and int(silence[1]) >= 2.5 * 1000 * BEAT
