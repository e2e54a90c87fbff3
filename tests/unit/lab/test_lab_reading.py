"""What the lab reads from programs and guests, and what it makes of it."""

from datetime import UTC, datetime, timedelta

import pytest

from kumoniwa.client.boots import downtimes, read_boots
from kumoniwa.lab.evidence import Evidence, moment_of, read_evidence, written_between
from kumoniwa.lab.narration import shortened, typed
from kumoniwa.lab.shell import Answer, LabFailed, read_refusal

BOOT_ID = "6f9f1a9e-4a0b-4b0e-8f57-0a1b2c3d4e5f"
LINE = "Nov 23 02:57:37 ip-172-31-12-19 systemd-shutdown[1]: Syncing filesystems and block devices."


def test_a_refusal_is_read_from_the_aws_clis_words() -> None:
    text = "\nAn error occurred (IncorrectInstanceState) when calling the StopInstances operation: Not 'running'.\n"
    refusal = read_refusal(text)
    assert refusal is not None
    assert (refusal.code, refusal.message) == ("IncorrectInstanceState", "Not 'running'.")


def test_a_refusal_after_retries_is_read_too() -> None:
    text = "An error occurred (InternalError) when calling the X operation (reached max retries: 2): It broke"
    refusal = read_refusal(text)
    assert refusal is not None
    assert refusal.message == "It broke"


def test_other_failures_of_the_aws_cli_are_no_refusals() -> None:
    assert read_refusal("Could not connect to the endpoint URL") is None
    assert Answer(0, "An error occurred (X) when calling the Y operation: z", "").refusal is None


def test_evidence_is_a_boot_id_and_the_lines_of_shutdowns() -> None:
    assert read_evidence(f"{BOOT_ID}\n{LINE}\n") == Evidence(BOOT_ID, (LINE,))
    assert read_evidence(BOOT_ID) == Evidence(BOOT_ID, ())


@pytest.mark.parametrize("text", ["", "bash: cat: not found"])
def test_no_boot_id_is_no_evidence(text: str) -> None:
    with pytest.raises(LabFailed):
        read_evidence(text)


def test_new_lines_are_those_after_the_earlier_look() -> None:
    before = Evidence(BOOT_ID, (LINE,))
    assert Evidence(BOOT_ID, (LINE, LINE)).new_lines(before) == (LINE,)
    assert before.new_lines(before) == ()


def test_a_line_without_a_year_is_of_the_nearest_one() -> None:
    new_year = datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)
    assert moment_of("Dec 31 23:59:58 host x: y", new_year) == datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC)
    assert moment_of("Jan  1 00:00:01 host x: y", new_year) == datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC)


def test_a_line_without_a_time_is_told() -> None:
    with pytest.raises(LabFailed):
        moment_of("no time here", datetime(2026, 1, 1, tzinfo=UTC))


def test_lines_lie_between_two_moments_give_or_take_the_clocks() -> None:
    start = datetime(2026, 11, 23, 2, 57, 38, tzinfo=UTC)
    end = start + timedelta(seconds=10)
    assert written_between((LINE,), start, end, timedelta(seconds=3))
    assert not written_between((LINE,), start, end, timedelta(0))
    assert not written_between(
        (LINE,), start - timedelta(minutes=5), start - timedelta(minutes=1), timedelta(seconds=3)
    )


def test_long_answers_lose_their_middle_and_say_so() -> None:
    text = "\n".join(str(number) for number in range(100))
    lines = shortened(text, limit=10)
    assert len(lines) == 10
    assert lines[0] == "0"
    assert lines[-1] == "99"
    assert "… (91 more lines)" in lines
    assert shortened("a\nb") == ["a", "b"]


def test_downtime_is_split_into_shutdown_rest_and_boot() -> None:
    told = [
        {
            "number": 2,
            "cause": "action",
            "action": "CreateImage",
            "request_id": "r",
            "started_at": "2026-11-23T02:57:40.500Z",
            "reachable_at": "2026-11-23T02:58:00.000Z",
            "cut_seconds": 0.02,
        },
        {
            "number": 1,
            "cause": "action",
            "action": "RunInstances",
            "started_at": "2026-11-23T02:50:00.000Z",
            "end_requested_at": "2026-11-23T02:57:36.000Z",
            "at_rest_at": "2026-11-23T02:57:40.000Z",
            "end_clean": True,
        },
    ]
    (down,) = downtimes(read_boots(told))
    assert (down.why, down.shutdown, down.at_rest, down.boot, down.cut) == ("CreateImage", 4.0, 0.5, 19.5, 0.02)
    assert down.whole == pytest.approx(24.0)


def test_a_downtime_whose_moments_were_not_all_seen_is_not_told() -> None:
    told = [
        {"number": 1, "cause": "action", "started_at": "2026-11-23T02:50:00.000Z"},
        {"number": 2, "cause": "guest", "started_at": "2026-11-23T02:57:40.500Z"},
    ]
    assert downtimes(read_boots(told)) == []


def test_commands_are_shown_as_a_person_would_type_them() -> None:
    assert typed(["ssh", "host", "grep 'a[' b || true"]) == """ssh host "grep 'a[' b || true\""""
    assert typed(["echo", "it's $HOME"]) == """echo 'it'"'"'s $HOME'"""
    assert typed(["aws", "ec2", "describe-images"]) == "aws ec2 describe-images"
