"""Verdicts: a world that behaves as EC2 passes, and each way of behaving otherwise fails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kumoniwa.client.boots import Boot, Downtime
from kumoniwa.lab import claims
from kumoniwa.lab.claims import ImageMade, Looks
from kumoniwa.lab.evidence import Evidence
from kumoniwa.lab.shell import Answer, Refusal
from kumoniwa.lab.verdict import Verdict, all_hold
from kumoniwa.lab.watch import Sight

NOW = datetime(2026, 11, 23, 2, 57, 30, tzinfo=UTC)
LINE = "Nov 23 02:57:37 ip-172-31-12-19 systemd-shutdown[1]: Syncing filesystems and block devices."
FIRST = Evidence("11111111-0000-4000-8000-000000000000", ())
AFTER = Evidence("22222222-0000-4000-8000-000000000000", (LINE,))
REBOOTED = Looks(FIRST, AFTER)
UNDISTURBED = Looks(FIRST, FIRST)
RUNNING = Sight(NOW, "running", "2026-11-23T02:00:00+00:00", "172.31.12.19", "127.10.0.5")
IMAGE = ImageMade("ami-1", NOW, "pending", NOW + timedelta(seconds=40), "available")
TEXT = "The instance 'i-1' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
REFUSED = Answer(
    254, "", f"\nAn error occurred (OperationNotPermitted) when calling the StopInstances operation: {TEXT}\n"
)
EXPECTED = Refusal("OperationNotPermitted", TEXT)
OK = Answer(0, "", "")
CLEAN = "EXT4-fs (nvme0n1p1): mounted filesystem with ordered data mode.\nEXT4-fs (nvme1n1): mounted filesystem"


def boot(number: int, action: str | None, cut: float | None = None, clean: bool | None = None) -> Boot:
    return Boot(
        number=number,
        cause="action",
        action=action,
        request_id=None,
        started_at=NOW,
        kernel_started_at=None,
        reachable_at=NOW,
        end_cause=None,
        end_action=None,
        end_request_id=None,
        end_requested_at=None,
        at_rest_at=None,
        end_clean=clean,
        ended_at=None,
        cut_seconds=cut,
        from_memory=False,
        cold_because=None,
    )


def test_a_refusal_in_ec2s_words_with_an_undisturbed_guest_holds() -> None:
    assert claims.refused("2", "c", REFUSED, EXPECTED, UNDISTURBED).holds


@pytest.mark.parametrize(
    ("answer", "looks"),
    [
        (OK, UNDISTURBED),
        (REFUSED, REBOOTED),
        (replace(REFUSED, error=REFUSED.error.replace("try again", "retry")), UNDISTURBED),
        (replace(REFUSED, error=REFUSED.error.replace("OperationNotPermitted", "UnauthorizedOperation")), UNDISTURBED),
        (replace(REFUSED, error="Could not connect to the endpoint URL"), UNDISTURBED),
    ],
    ids=["allowed", "guest went down", "other words", "other code", "no answer"],
)
def test_another_refusal_fails(answer: Answer, looks: Looks) -> None:
    assert not claims.refused("2", "c", answer, EXPECTED, looks).holds


def test_a_reboot_that_the_api_does_not_show_holds() -> None:
    assert claims.rebooted(OK, [RUNNING, RUNNING], REBOOTED).holds
    assert claims.image_rebooted([RUNNING, RUNNING], REBOOTED).holds


WRONG_SIGHTS = {
    "no polls": [],
    "stopping": [RUNNING, replace(RUNNING, state="stopping")],
    "other launch time": [RUNNING, replace(RUNNING, launch_time="2026-11-23T02:57:31+00:00")],
    "other public address": [RUNNING, replace(RUNNING, public_address="127.10.0.6")],
    "other private address": [RUNNING, replace(RUNNING, private_address="172.31.12.20")],
    "an unanswered poll": [RUNNING, Sight(NOW, trouble="No cloud is running")],
}


@pytest.mark.parametrize("sights", WRONG_SIGHTS.values(), ids=WRONG_SIGHTS)
def test_a_reboot_that_the_api_shows_fails(sights: list[Sight]) -> None:
    assert not claims.rebooted(OK, sights, REBOOTED).holds
    assert not claims.image_rebooted(sights, REBOOTED).holds
    assert not claims.image_without_reboot(IMAGE, sights, UNDISTURBED).holds


def test_a_reboot_without_an_ordered_shutdown_fails() -> None:
    cut_off = Looks(FIRST, replace(AFTER, shutdown_lines=()))
    assert not claims.rebooted(OK, [RUNNING], cut_off).holds
    assert not claims.image_rebooted([RUNNING], cut_off).holds


def test_a_guest_that_did_not_reboot_fails_the_reboot_and_holds_without() -> None:
    assert not claims.image_rebooted([RUNNING], UNDISTURBED).holds
    assert claims.image_without_reboot(IMAGE, [RUNNING], UNDISTURBED).holds
    assert not claims.image_without_reboot(IMAGE, [RUNNING], REBOOTED).holds


def test_a_shutdown_between_request_and_availability_holds() -> None:
    assert claims.image_after_shutdown(IMAGE, REBOOTED).holds


WRONG_IMAGES = {
    "never pending": replace(IMAGE, first_state="available"),
    "failed": replace(IMAGE, state="failed"),
    "asked after the shutdown": replace(IMAGE, asked_at=NOW + timedelta(seconds=20)),
    "available before the shutdown": replace(IMAGE, settled_at=NOW + timedelta(seconds=1)),
}


@pytest.mark.parametrize("image", WRONG_IMAGES.values(), ids=WRONG_IMAGES)
def test_a_shutdown_elsewhere_fails(image: ImageMade) -> None:
    assert not claims.image_after_shutdown(image, REBOOTED).holds


def test_an_image_without_a_shutdown_line_fails() -> None:
    assert not claims.image_after_shutdown(IMAGE, UNDISTURBED).holds


def test_volumes_cut_together_at_rest_hold() -> None:
    boots = [boot(1, "RunInstances", clean=True), boot(2, "CreateImage", cut=0.015)]
    assert claims.cut_at_rest("at-rest", 2, boots).holds


@pytest.mark.parametrize(
    ("consistency", "snapshots", "boots"),
    [
        ("crash-consistent", 2, [boot(1, "RunInstances", clean=True), boot(2, "CreateImage", cut=0.015)]),
        ("at-rest", 1, [boot(1, "RunInstances", clean=True), boot(2, "CreateImage", cut=0.015)]),
        ("at-rest", 2, [boot(1, "RunInstances", clean=False), boot(2, "CreateImage", cut=0.015)]),
        ("at-rest", 2, [boot(1, "RunInstances", clean=True), boot(2, "CreateImage")]),
        ("at-rest", 2, [boot(1, "RunInstances", clean=True), boot(2, "RebootInstances", cut=0.015)]),
        ("at-rest", 2, []),
    ],
    ids=["not at rest", "one volume", "cut off", "no cut", "no boot for it", "no boots"],
)
def test_volumes_cut_otherwise_fail(consistency: str, snapshots: int, boots: list[Boot]) -> None:
    assert not claims.cut_at_rest(consistency, snapshots, boots).holds


def test_a_guest_that_stops_itself_needs_ec2s_reason() -> None:
    stopped = replace(RUNNING, state="stopped", reason="Client.InstanceInitiatedShutdown")
    assert claims.stopped_itself(stopped, REBOOTED).holds
    assert not claims.stopped_itself(stopped, UNDISTURBED).holds
    assert not claims.stopped_itself(replace(stopped, reason="Client.UserInitiatedShutdown"), REBOOTED).holds
    assert not claims.stopped_itself(replace(stopped, state="stopping"), REBOOTED).holds


def test_data_must_be_there_on_every_volume() -> None:
    written = {"/var/lib/marker": "abc", "/data/marker": "abc"}
    assert claims.has_its_data("8", "c", RUNNING, written, "abc").holds
    assert not claims.has_its_data("8", "c", RUNNING, {**written, "/data/marker": ""}, "abc").holds
    assert not claims.has_its_data("8", "c", RUNNING, {}, "abc").holds
    assert not claims.has_its_data("8", "c", replace(RUNNING, state="pending"), written, "abc").holds


def test_termination_takes_the_volumes_along() -> None:
    gone = replace(RUNNING, state="terminated")
    silent = Answer(255, "", "Connection refused")
    assert claims.terminated(gone, [], silent).holds
    assert not claims.terminated(gone, ["vol-1"], silent).holds
    assert not claims.terminated(replace(gone, state="shutting-down"), [], silent).holds
    assert not claims.terminated(gone, [], OK).holds


def test_a_replayed_journal_is_no_clean_file_system() -> None:
    assert claims.clean_before_boot(CLEAN, ["/", "/data"]).holds
    assert not claims.clean_before_boot(f"{CLEAN}\nEXT4-fs (nvme1n1): recovery complete", ["/", "/data"]).holds
    assert not claims.clean_before_boot(f"{CLEAN}\ndata: recovering journal", ["/", "/data"]).holds
    assert not claims.clean_before_boot(CLEAN, ["/"]).holds
    assert not claims.clean_before_boot("", ["/", "/data"]).holds


def test_a_launch_is_reached_at_the_address_that_the_api_tells() -> None:
    assert claims.launched(RUNNING, "127.10.0.5", "host 6.1", FIRST).holds
    assert not claims.launched(RUNNING, "127.0.0.1", "host 6.1", FIRST).holds
    assert not claims.launched(replace(RUNNING, state="pending"), "127.10.0.5", "host 6.1", FIRST).holds


def test_the_second_volume_must_be_mounted() -> None:
    assert claims.data_volume_mounted(["vol-1", "vol-2"], "/data /dev/nvme1n1 ext4").holds
    assert not claims.data_volume_mounted(["vol-1", "vol-2"], "").holds
    assert not claims.data_volume_mounted(["vol-1"], "/data /dev/nvme1n1 ext4").holds


def test_an_experiment_without_verdicts_has_shown_nothing() -> None:
    verdict = Verdict("1", "c", True, "", "")
    assert not all_hold([])
    assert all_hold([verdict])
    assert not all_hold([verdict, replace(verdict, holds=False)])


def test_the_ratio_compares_whole_downtimes() -> None:
    plain = Downtime("RebootInstances", None, shutdown=4.0, at_rest=0.0, boot=16.0, cut=None)
    made = replace(plain, at_rest=1.0, cut=0.02)
    assert claims.ratio(made, plain) == pytest.approx(21 / 20)
    assert claims.ratio(made, None) is None
