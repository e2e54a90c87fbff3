"""The pytest plug-in: inner suites are run as a user runs theirs, and what they leave is looked at."""

import signal
from pathlib import Path

import pytest
from inner_suites import begin, ephemeral_folders, run, write
from waiting import eventually

pytestmark = pytest.mark.clients

LAUNCHING = """
    import boto3

    def launched(kumoniwa):
        ec2 = boto3.client("ec2")
        before = [r for r in ec2.describe_instances()["Reservations"]]
        ec2.run_instances(ImageId=kumoniwa.image_id, MinCount=1, MaxCount=1)
        kumoniwa.settle()
        (after,) = ec2.describe_instances()["Reservations"]
        return before, after["Instances"][0]
"""


@pytest.fixture
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for temporary files that only one test's suites have."""
    return tmp_path_factory.mktemp("temporary")


def test_each_test_finds_an_empty_cloud_and_its_instances_run(tmp_path: Path, temporary: Path) -> None:
    write(
        tmp_path,
        launching=LAUNCHING,
        test_inner="""
            import boto3
            import pytest
            from launching import launched

            @pytest.mark.parametrize("number", range(3))
            def test_alone(kumoniwa, number):
                before, instance = launched(kumoniwa)
                assert before == []
                assert instance["State"]["Name"] == "running"

            def test_clients_of_an_earlier_test_call_the_cloud_of_this_one(kumoniwa, kept=[]):
                assert boto3.client("ec2").describe_instances()["Reservations"] == []
                boto3.client("ec2", region_name="eu-west-1").create_vpc(CidrBlock="10.9.0.0/16")

            def test_regions_are_begun_anew_too(kumoniwa):
                vpcs = boto3.client("ec2", region_name="eu-west-1").describe_vpcs()["Vpcs"]
                assert [vpc["IsDefault"] for vpc in vpcs] == [True]

            def test_without_it_the_environment_is_the_persons_own():
                import os
                assert "AWS_ENDPOINT_URL" not in os.environ
                assert os.environ["AWS_PROFILE"] == "theirs"

            @pytest.mark.kumoniwa(region="ap-northeast-1")
            def test_in_another_region(kumoniwa):
                assert boto3.client("ec2").meta.region_name == "ap-northeast-1"
                assert kumoniwa.image_id.startswith("ami-")
        """,
    )
    ran = run(tmp_path, temporary=temporary, AWS_PROFILE="theirs", HTTP_PROXY="http://127.0.0.1:1")
    assert ran.status == 0, ran.output
    assert set(ran.outcomes.values()) == {"passed"} and len(ran.outcomes) == 7
    assert ephemeral_folders(temporary) == []


def test_time_moves_only_in_the_cloud_and_brings_about_what_is_due(tmp_path: Path) -> None:
    write(
        tmp_path,
        launching=LAUNCHING,
        test_inner="""
            import boto3
            import botocore.exceptions
            import pytest
            from datetime import datetime, timedelta, UTC
            from launching import launched

            def test_terminated_instances_are_forgotten(kumoniwa):
                _, instance = launched(kumoniwa)
                ec2 = boto3.client("ec2")
                ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
                kumoniwa.advance(minutes=50)
                (still,) = ec2.describe_instances()["Reservations"]
                assert still["Instances"][0]["State"]["Name"] == "terminated"
                kumoniwa.advance(minutes=11)
                assert ec2.describe_instances()["Reservations"] == []

            def test_temporary_credentials_expire(kumoniwa):
                made = boto3.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
                session = boto3.Session(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
                session.client("ec2").describe_instances()
                kumoniwa.advance(minutes=14)
                session.client("ec2").describe_instances()
                kumoniwa.advance(minutes=2)
                with pytest.raises(botocore.exceptions.ClientError, match="RequestExpired"):
                    session.client("ec2").describe_instances()

            def test_what_is_made_later_is_younger(kumoniwa):
                ec2 = boto3.client("ec2")
                first = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
                kumoniwa.advance(days=365)
                second = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
                passed = second["CreateTime"] - first["CreateTime"]
                assert timedelta(days=365) <= passed < timedelta(days=365, minutes=2)
                assert kumoniwa.now - datetime.now(UTC) > timedelta(days=364)

            def test_the_next_test_is_back_in_the_present(kumoniwa):
                assert abs(kumoniwa.now - datetime.now(UTC)) < timedelta(minutes=2)

            @pytest.mark.parametrize("seconds", [-1, 1e15, float("nan")])
            def test_time_that_is_none_is_refused(kumoniwa, seconds):
                with pytest.raises(ValueError, match="no number of seconds that can pass"):
                    kumoniwa.advance(seconds)
        """,
    )
    ran = run(tmp_path)
    assert ran.status == 0, ran.output
    assert list(ran.outcomes.values()) == ["passed"] * 7


def test_a_spot_instance_is_interrupted_when_the_test_says_so(tmp_path: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import boto3

            def test_it(kumoniwa):
                ec2 = boto3.client("ec2")
                spot = {"MarketType": "spot"}
                asked = {"ImageId": kumoniwa.image_id, "MinCount": 1, "MaxCount": 1, "InstanceMarketOptions": spot}
                instance_id = ec2.run_instances(**asked)["Instances"][0]["InstanceId"]
                kumoniwa.settle()
                at = kumoniwa.interrupt(instance_id)
                assert 100 < (at - kumoniwa.now).total_seconds() <= 120
                kumoniwa.advance(minutes=2, seconds=1)
                (found,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
                assert found["Instances"][0]["State"]["Name"] == "terminated"
        """,
    )
    ran = run(tmp_path)
    assert ran.status == 0, ran.output


def test_a_failing_test_shows_the_clouds_log_and_hurts_no_other(tmp_path: Path, temporary: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import boto3

            def test_that_fails(kumoniwa):
                boto3.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
                assert False, "as it is meant to"

            def test_after_it(kumoniwa):
                (vpc,) = boto3.client("ec2").describe_vpcs()["Vpcs"]
                assert vpc["IsDefault"]
        """,
    )
    ran = run(tmp_path, temporary=temporary)
    assert ran.outcomes == {"test_that_fails": "failure", "test_after_it": "passed"}
    assert "kumoniwa's log" in ran.output and '"call": "CreateVpc"' in ran.output
    assert ephemeral_folders(temporary) == []


def test_xdist_gives_each_worker_a_server_of_its_own(tmp_path: Path, temporary: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import boto3
            import pytest

            @pytest.mark.parametrize("number", range(6))
            def test_alone(kumoniwa, number):
                ec2 = boto3.client("ec2")
                assert ec2.describe_volumes()["Volumes"] == []
                for _ in range(3):
                    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
                assert len(ec2.describe_volumes()["Volumes"]) == 3
        """,
    )
    ran = run(tmp_path, "-n", "2", temporary=temporary)
    assert ran.status == 0, ran.output
    assert list(ran.outcomes.values()) == ["passed"] * 6
    assert ephemeral_folders(temporary) == []


def test_two_runs_at_once_do_not_meet(tmp_path: Path, temporary: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        write(
            tmp_path / name,
            test_inner="""
                import boto3
                import pytest

                @pytest.mark.parametrize("number", range(5))
                def test_alone(kumoniwa, number):
                    ec2 = boto3.client("ec2")
                    ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
                    assert len(ec2.describe_volumes()["Volumes"]) == 1
            """,
        )
    with begin(tmp_path / "one", temporary=temporary) as one:
        other = run(tmp_path / "other", temporary=temporary)
        output, _ = one.communicate(timeout=120)
    assert (one.returncode, other.status) == (0, 0), output + other.output
    assert ephemeral_folders(temporary) == []


def test_a_suite_that_is_killed_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import pathlib
            import signal

            def test_it(kumoniwa):
                pathlib.Path("ready.new").write_text(kumoniwa.data_dir)
                pathlib.Path("ready.new").rename("ready")
                signal.pause()
        """,
    )
    with begin(tmp_path, temporary=temporary) as process:
        eventually((tmp_path / "ready").exists, within=30)
        assert len(ephemeral_folders(temporary)) == 1
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    eventually(lambda: ephemeral_folders(temporary) == [], within=10)


def test_a_server_that_is_killed_is_noticed_and_swept_by_the_next(tmp_path: Path, temporary: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import boto3
            import botocore.exceptions
            import os
            import pytest
            import signal
            from kumoniwa.testing.server_process import server_of

            def test_that_kills_its_server(kumoniwa):
                os.kill(server_of("simulated").ready["pid"], signal.SIGKILL)
                with pytest.raises(botocore.exceptions.BotoCoreError):
                    boto3.client("ec2").describe_instances()

            def test_that_gets_another(kumoniwa):
                assert boto3.client("ec2").describe_instances()["Reservations"] == []
        """,
    )
    ran = run(tmp_path, temporary=temporary)
    assert ran.status == 0, ran.output
    assert ephemeral_folders(temporary) == []


def test_a_wrong_marker_and_a_wrong_option_are_said(tmp_path: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import pytest

            @pytest.mark.kumoniwa(zone="us-east-1a")
            def test_it(kumoniwa):
                pass
        """,
    )
    ran = run(tmp_path)
    assert ran.status != 0
    assert "takes driver= and region=" in ran.output
    assert "invalid choice: 'docker'" in run(tmp_path, "--kumoniwa-driver", "docker").output


def test_whoever_does_not_use_it_pays_nothing(tmp_path: Path, temporary: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import sys

            def test_it():
                assert not {"botocore", "boto3", "sqlalchemy", "structlog"} & sys.modules.keys()
        """,
    )
    ran = run(tmp_path, temporary=temporary)
    assert ran.status == 0, ran.output
    assert list(temporary.iterdir()) == []
