"""`kumoniwa serve --ephemeral`: what programs in any language are given, and that nothing is left of it."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from cloud_process import KUMONIWA, CloudProcess, environment
from inner_suites import ephemeral_folders
from waiting import eventually

from kumoniwa.client.access import find_cloud

pytestmark = pytest.mark.clients

Ready = dict[str, Any]


@contextmanager
def ephemeral(temporary: Path, *options: str) -> Iterator[tuple["subprocess.Popen[str]", Ready]]:
    """Such a server, and what it says first."""
    with (temporary / "log").open("a") as log:
        process = subprocess.Popen(
            [KUMONIWA, "serve", "--ephemeral", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**environment(), "TMPDIR": str(temporary)},
        )
    with process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def _ask(ready: Ready, path: str, method: str = "POST", token: str | None = None) -> tuple[int, Ready]:
    request = urllib.request.Request(f"{ready['endpoint']}/_kumoniwa/{path}", method=method)
    request.add_header("Authorization", f"Bearer {token or ready['control_token']}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def _ec2(ready: Ready) -> Any:
    return boto3.client(
        "ec2",
        endpoint_url=ready["endpoint"],
        region_name=ready["region"],
        aws_access_key_id=ready["access_key_id"],
        aws_secret_access_key=ready["secret_access_key"],
    )


def test_the_first_line_is_all_that_a_program_needs_and_reset_begins_anew(tmp_path: Path) -> None:
    with ephemeral(tmp_path) as (process, ready):
        ec2 = _ec2(ready)
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
        assert (ready["driver"], ready["account"]) == ("simulated", "123456789012")
        access = find_cloud(Path(ready["data_dir"]))  # other commands find it by its folder
        assert (access.endpoint, access.access_key_id) == (ready["endpoint"], ready["access_key_id"])
        assert _ask(ready, "reset")[0] == 200
        assert ec2.describe_volumes()["Volumes"] == []
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert ephemeral_folders(tmp_path) == []


def test_its_own_routes_want_its_token_and_post(tmp_path: Path) -> None:
    with ephemeral(tmp_path) as (_, ready):
        _ec2(ready).create_volume(AvailabilityZone="us-east-1a", Size=1)
        assert _ask(ready, "reset", token="another")[0] == 401
        assert _ask(ready, "reset", method="GET")[0] == 405
        assert _ask(ready, "time?advance=soon")[0] == 400
        assert _ask(ready, "settled?within=long")[0] == 400
        assert _ask(ready, "settled")[1]["settled"] is True
        assert len(_ec2(ready).describe_volumes()["Volumes"]) == 1


def test_no_other_server_has_them(tmp_path: Path) -> None:
    with CloudProcess(tmp_path) as cloud:
        ready = {"endpoint": cloud.endpoint, "control_token": "any"}
        assert _ask(ready, "reset")[0] in (400, 401, 403, 404)
        with pytest.raises(AssertionError, match="nothing at /_kumoniwa/reset"):
            cloud.evidence("reset")


def test_a_killed_one_is_swept_by_the_next_and_one_that_runs_is_left(tmp_path: Path) -> None:
    with ephemeral(tmp_path) as (_, kept):
        with ephemeral(tmp_path) as (killed, _):
            killed.send_signal(signal.SIGKILL)
            killed.wait(10)
        assert len(ephemeral_folders(tmp_path)) == 2
        with ephemeral(tmp_path):
            assert len(ephemeral_folders(tmp_path)) == 2, "the running one's, and its own"
            assert _ec2(kept).describe_volumes()["Volumes"] == []


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = f"""
import subprocess, sys, time
server = subprocess.Popen([{str(KUMONIWA)!r}, "serve", "--ephemeral"], stdout=subprocess.PIPE, start_new_session=True)
sys.stdout.buffer.write(server.stdout.readline())
sys.stdout.flush()
time.sleep(600)
"""
    with subprocess.Popen(
        [sys.executable, "-c", starter],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(), "TMPDIR": str(tmp_path)},
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{ready['pid']}").exists() or _is_over(ready["pid"]), within=10)
    assert ephemeral_folders(tmp_path) == []


def _is_over(pid: int) -> bool:
    """A process that has ended may wait for an init that does not look."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_a_data_folder_of_its_own_is_not_for_it(tmp_path: Path) -> None:
    ran = subprocess.run(
        [KUMONIWA, "serve", "--ephemeral", "--data-dir", tmp_path / "cloud"],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
    )
    assert ran.returncode == 2 and "leave out --data-dir" in ran.stderr
    assert not os.path.lexists(tmp_path / "cloud")
