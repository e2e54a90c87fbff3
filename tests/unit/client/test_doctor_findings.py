"""What `kumoniwa doctor` says of a host, by what the host shows."""

from pathlib import Path

import pytest

from kumoniwa.client.doctor import Finding, Grade, equal_pages, network_finding, not_admitted_finding
from kumoniwa.refusal import Refusal


def _host(tmp_path: Path, run: str, sharing: str = "0") -> Finding:
    (tmp_path / "run").write_text(f"{run}\n")
    (tmp_path / "pages_sharing").write_text(f"{sharing}\n")
    return equal_pages(tmp_path)


def test_a_host_that_merges_equal_pages_says_how_much_that_saves(tmp_path: Path) -> None:
    found = _host(tmp_path, "1", "25600")
    assert found.grade is Grade.GOOD
    assert "100 MiB saved" in found.seen


@pytest.mark.parametrize("run", ["0", "2"])
def test_one_that_does_not_learns_how(tmp_path: Path, run: str) -> None:
    found = _host(tmp_path, run)
    assert found.grade is Grade.NOTE
    assert "/sys/kernel/mm/ksm/run" in found.hint


def test_a_kernel_that_cannot_is_no_fault(tmp_path: Path) -> None:
    assert equal_pages(tmp_path / "none").grade is Grade.NOTE


def test_a_host_that_carries_packets_says_so() -> None:
    found = network_finding(None)
    assert found.grade is Grade.GOOD
    assert "vpc" in found.seen


def test_one_that_does_not_names_what_stands_in_the_way_and_the_way_out() -> None:
    found = network_finding(Refusal("this user may not open /dev/net/tun", way_out="sudo chmod 0666 /dev/net/tun"))
    assert found.grade is Grade.NOTE
    assert found.seen == "user: each guest is alone, for this user may not open /dev/net/tun"
    assert found.hint == "sudo chmod 0666 /dev/net/tun"


def test_a_host_whose_packet_filter_may_be_changed_says_that_all_ports_are_silent() -> None:
    assert not_admitted_finding(None).grade is Grade.GOOD


def test_one_whose_filter_may_not_be_changed_says_which_ports_are_silent_all_the_same() -> None:
    found = not_admitted_finding(Refusal("this user may not change it", way_out="Run the server as root."))
    assert (found.grade, found.hint) == (Grade.NOTE, "Run the server as root.")
    assert (
        found.seen == "silent where well-known (22, 80, 443 and so on), else refused, for this user may not change it"
    )
