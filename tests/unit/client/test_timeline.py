"""The table of an instance's boots."""

import pytest

from kumoniwa.client import timeline
from kumoniwa.client.boots import read_boots
from kumoniwa.client.terminal import plain, table

TOLD = [
    {
        "number": 1,
        "cause": "action",
        "action": "RunInstances",
        "request_id": "05f6ca61-eba5-d670-71da-83216fe16d3e",
        "started_at": "2026-11-23T06:44:46.882Z",
        "kernel_started_at": "2026-11-23T06:44:47.882Z",
        "reachable_at": "2026-11-23T06:44:58.882Z",
        "end_cause": "action",
        "end_action": "CreateImage",
        "end_requested_at": "2026-11-23T06:50:00.000Z",
        "at_rest_at": "2026-11-23T06:50:04.000Z",
        "end_clean": True,
    },
    {
        "number": 2,
        "cause": "action",
        "action": "CreateImage",
        "request_id": "8ffef595-e1de-2d1f-5f16-5402c6b5a698",
        "started_at": "2026-11-23T06:50:04.100Z",
        "reachable_at": "2026-11-23T06:50:16.100Z",
        "cut_seconds": 0.0234,
        "end_cause": "panic",
        "end_clean": False,
    },
    {"number": 3, "cause": "guest", "started_at": "2026-11-23T07:00:00.000Z"},
]


def test_every_boot_has_a_row_with_its_cause_and_its_end() -> None:
    rows = timeline.rows(read_boots(TOLD))
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("1", "RunInstances", "CreateImage"),
        ("2", "CreateImage", "panic, cut off"),
        ("3", "guest", ""),
    ]


@pytest.mark.parametrize(
    ("arn", "shown"),
    [
        (None, "RebootInstances"),
        ("arn:aws:iam::123456789012:root", "RebootInstances"),
        ("arn:aws:iam::123456789012:user/ops/backup", "RebootInstances by backup"),
        (
            "arn:aws:sts::123456789012:assumed-role/web/i-0123456789abcdef0",
            "RebootInstances by web/i-0123456789abcdef0",
        ),
    ],
)
def test_a_boot_names_the_user_or_role_that_called(arn: str | None, shown: str) -> None:
    boot = {"number": 1, "cause": "action", "action": "RebootInstances", "principal_arn": arn}
    assert timeline.rows(read_boots([boot]))[0][1] == shown


def test_downtimes_show_their_parts() -> None:
    rows = timeline.down_rows(read_boots(TOLD))
    assert rows == [("CreateImage", "4.0 s", "0.1 s", "12.0 s", "16.1 s", "23 ms")]


def test_a_table_in_a_file_is_plain_and_keeps_request_ids_whole() -> None:
    text = plain(table(timeline.COLUMNS, timeline.rows(read_boots(TOLD))))
    assert "05f6ca61-eba5-d670-71da-83216fe16d3e" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_boot_from_memory_has_no_kernel_s_start_and_a_cold_one_says_why() -> None:
    boots = read_boots(
        [
            {"number": 1, "cause": "action", "from_memory": True},
            {"number": 2, "cause": "action", "from_memory": False, "cold_because": "its disk was written to"},
            {"number": 3, "cause": "action"},
        ]
    )
    assert [row[timeline.COLUMNS.index("kernel")] for row in timeline.rows(boots)] == ["from memory", "", ""]
    assert timeline.cold_boots(boots) == ["Boot 2 was not from memory: its disk was written to"]
