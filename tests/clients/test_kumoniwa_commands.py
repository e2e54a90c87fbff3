"""The command line and the lab's tools against a running server, with simulated guests."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from kumoniwa.clock import SystemClock
from kumoniwa.folder import processes_of
from kumoniwa.lab.cloud import OwnCloud, own_cloud
from kumoniwa.lab.narration import Narrator
from kumoniwa.lab.shell import Refusal, Shell
from kumoniwa.lab.watch import Lookout

pytestmark = pytest.mark.clients
KUMONIWA = [sys.executable, "-m", "kumoniwa"]


def quiet() -> Narrator:
    return Narrator(Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def cloud() -> Iterator[OwnCloud]:
    with asyncio.Runner() as runner:
        owned = own_cloud(quiet(), driver="simulated")
        yield runner.run(owned.__aenter__())
        runner.run(owned.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def instance(cloud: OwnCloud) -> str:
    image = cloud.client.call("DescribeImages", Owners=["self"])["Images"][0]["ImageId"]
    answer = cloud.client.call("RunInstances", ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    instance_id: str = answer["Instances"][0]["InstanceId"]
    cloud.client._ec2.get_waiter("instance_running").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1})
    return instance_id


def kumoniwa(cloud: OwnCloud, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [*KUMONIWA, *arguments, "--data-dir", str(cloud.access.data_dir)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def test_env_points_a_shell_at_the_cloud(cloud: OwnCloud) -> None:
    script = f"{kumoniwa(cloud, 'env').stdout}\nprintenv AWS_ENDPOINT_URL"
    told = subprocess.run(["sh", "-euc", script], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == cloud.access.endpoint


def test_images_are_listed_for_people_and_programs(cloud: OwnCloud) -> None:
    assert "debian-12-amd64-simulated" in kumoniwa(cloud, "ami", "list").stdout
    (image, *_) = json.loads(kumoniwa(cloud, "ami", "list", "--json").stdout)
    assert image["Name"] == "debian-12-amd64-simulated"


def test_a_disk_becomes_an_ami_and_its_name_is_taken_then(cloud: OwnCloud, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(bytes(2**20))
    made = kumoniwa(cloud, "ami", "import", str(disk), "--name", "imported", "--json")
    assert made.returncode == 0, made.stderr
    image_id = json.loads(made.stdout)["ImageId"]
    again = kumoniwa(cloud, "ami", "import", str(disk), "--name", "imported")
    assert again.returncode == 1
    assert f"There is an AMI of that name already: {image_id}." in again.stderr


def test_a_name_that_no_ami_can_have_is_refused_before_the_disk_is_read(cloud: OwnCloud, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(bytes(2**20))
    before = cloud.client.call("DescribeSnapshots", OwnerIds=["self"])["Snapshots"]
    for name in ("x", "an*asterisk"):
        refused = kumoniwa(cloud, "ami", "import", str(disk), "--name", name)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"An AMI cannot be called '{name}'" in refused.stderr
        assert "Importing" not in refused.stderr
    assert cloud.client.call("DescribeSnapshots", OwnerIds=["self"])["Snapshots"] == before


def test_the_timeline_tells_which_call_booted_an_instance(cloud: OwnCloud, instance: str) -> None:
    told = json.loads(kumoniwa(cloud, "timeline", instance, "--json").stdout)
    assert told["boots"][0]["action"] == "RunInstances"
    assert "RunInstances" in kumoniwa(cloud, "timeline", instance).stdout


def test_ssh_says_why_an_instance_is_not_reached(cloud: OwnCloud, instance: str) -> None:
    refused = kumoniwa(cloud, "ssh", instance)
    assert refused.returncode == 1
    assert "none of its security groups admits that port" in refused.stderr
    group = cloud.client.instance(instance)["SecurityGroups"][0]["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    cloud.client.call("AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    assert f"{instance} is simulated: no SSH answers there." in kumoniwa(cloud, "ssh", instance).stderr


def test_what_is_not_there_is_told_in_ec2s_words(cloud: OwnCloud) -> None:
    refused = kumoniwa(cloud, "timeline", "i-0123456789abcdef0")
    assert refused.returncode == 1
    assert "The instance ID 'i-0123456789abcdef0' does not exist" in refused.stderr


def test_doctor_sees_the_running_cloud(cloud: OwnCloud) -> None:
    findings = json.loads(kumoniwa(cloud, "doctor", "--json").stdout)["findings"]
    seen = {finding["subject"]: finding["seen"] for finding in findings}
    assert seen["cloud"].startswith(f"runs at {cloud.access.endpoint}")


def test_a_second_server_on_the_same_folder_is_refused_in_a_sentence(cloud: OwnCloud) -> None:
    refused = kumoniwa(cloud, "serve", "--driver", "simulated", "--port", "0")
    assert refused.returncode == 1
    assert "Another server runs on" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_labs_shell_reads_a_refusal_of_the_aws_cli(cloud: OwnCloud, instance: str, tmp_path: Path) -> None:
    async def refused() -> Refusal | None:
        shell = Shell(cloud.access, tmp_path, quiet())
        await shell.aws_text(f"ec2 modify-instance-attribute --instance-id {instance} --disable-api-stop")
        return (await shell.aws(f"ec2 stop-instances --instance-ids {instance}")).refusal

    told = asyncio.run(refused())
    text = (
        f"The instance '{instance}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again."
    )
    assert told == Refusal("OperationNotPermitted", text)


def test_the_labs_lookout_sees_an_image_in_the_making_leave_the_instance_running(
    cloud: OwnCloud, instance: str
) -> None:
    async def watched() -> set[str]:
        lookout = Lookout(cloud.client, SystemClock(), quiet())
        async with lookout.watching(instance) as watch:
            answer = await asyncio.to_thread(cloud.client.call, "CreateImage", InstanceId=instance, Name="watched")
            assert await lookout.until_image_settles(answer["ImageId"], within=60) == "available"
        return {sight.state for sight in watch.sights}

    assert asyncio.run(watched()) == {"running"}


def test_a_server_ends_in_order_when_it_is_told_to(tmp_path: Path) -> None:
    argv = [*KUMONIWA, "serve", "--driver", "simulated", "--port", "0", "--data-dir", str(tmp_path / "cloud")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Kumoniwa listens on http://127.0.0.1:")
        assert (tmp_path / "cloud" / "server.json").exists()
        os.kill(server.pid, signal.SIGINT)
        assert server.wait(timeout=30) == 0
    assert not (tmp_path / "cloud" / "server.json").exists()


def test_a_labs_cloud_leaves_nothing_behind_and_the_users_database_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUMONIWA_DATABASE", "postgresql://host.invalid/cloud")

    async def come_and_go() -> Path:
        async with own_cloud(quiet(), driver="simulated") as cloud:
            assert processes_of(cloud.folder)
            return cloud.folder

    folder = asyncio.run(come_and_go())
    assert not folder.exists()
    assert processes_of(folder) == []


def test_a_key_is_made_used_listed_and_deleted(cloud: OwnCloud) -> None:
    env, made = kumoniwa(cloud, "env").stdout, kumoniwa(cloud, "key", "create", "backup-job")
    assert "arn:aws:iam::123456789012:user/backup-job" in made.stderr
    aws = f"{env}\n{made.stdout}\n{sys.executable} -m awscli sts get-caller-identity --query Arn --output text"
    told = subprocess.run(["sh", "-euc", aws], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.strip() == "arn:aws:iam::123456789012:user/backup-job"
    own, users = json.loads(kumoniwa(cloud, "key", "list", "--json").stdout)
    assert (own["AccessKeyId"], own["UserName"]) == (cloud.access.access_key_id, None)
    assert (users["UserName"], users["Status"]) == ("backup-job", "Active")
    assert users["AccessKeyId"] in kumoniwa(cloud, "key", "list").stdout
    assert kumoniwa(cloud, "key", "delete", users["AccessKeyId"]).returncode == 0
    refused = subprocess.run(["sh", "-euc", aws], capture_output=True, text=True, timeout=60, check=False)
    assert "InvalidClientTokenId" in refused.stderr
    again = kumoniwa(cloud, "key", "delete", users["AccessKeyId"])
    assert (again.returncode, "NoSuchEntity" in again.stderr) == (1, True)
    second = json.loads(kumoniwa(cloud, "key", "create", "backup-job", "--json").stdout)
    assert second["Arn"].endswith(":user/backup-job") and second["AccessKeyId"] != users["AccessKeyId"]
