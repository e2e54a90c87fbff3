"""`mock_aws`: the cloud of a test as those have it who come from moto."""

from pathlib import Path

import pytest
from inner_suites import ephemeral_folders, run, write

pytestmark = pytest.mark.clients


def test_functions_coroutines_classes_and_blocks_have_a_cloud_each(tmp_path: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import asyncio
            import os
            import unittest

            import boto3
            from kumoniwa.testing import mock_aws

            def volumes():
                return len(boto3.client("ec2").describe_volumes()["Volumes"])

            def made():
                boto3.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)

            @mock_aws
            def test_a_function():
                made()
                assert volumes() == 1

            @mock_aws()
            def test_another_one_with_brackets(tmp_path):
                assert volumes() == 0 and tmp_path.exists()

            def test_a_coroutine():
                @mock_aws
                async def in_cloud():
                    await asyncio.sleep(0)
                    return volumes()
                assert asyncio.run(in_cloud()) == 0
                assert "AWS_ENDPOINT_URL" not in os.environ

            def test_a_block_and_one_within_it():
                with mock_aws(region="eu-central-1") as cloud:
                    boto3.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
                    with mock_aws() as inner:
                        assert inner is cloud
                        assert len(boto3.client("ec2").describe_vpcs()["Vpcs"]) == 2
                    assert os.environ["AWS_REGION"] == "eu-central-1"
                assert "AWS_REGION" not in os.environ

            def test_start_and_stop():
                mock = mock_aws()
                mock.start()
                assert volumes() == 0
                mock.stop()
                try:
                    mock.stop()
                except RuntimeError:
                    return
                assert False

            @mock_aws
            class TestsOfUnittest(unittest.TestCase):
                def setUp(self):
                    made()

                def test_one(self):
                    made()
                    self.assertEqual(volumes(), 2)

                def test_other(self):
                    self.assertEqual(volumes(), 1)

            @mock_aws
            class TestPlain:
                def test_one(self):
                    made()
                    assert volumes() == 1

                def test_other(self):
                    assert volumes() == 0

            def test_what_a_function_raises_comes_out_and_the_environment_is_put_back():
                @mock_aws
                def failing():
                    raise LookupError("as it is meant to")
                try:
                    failing()
                except LookupError:
                    assert "AWS_ENDPOINT_URL" not in os.environ
                    return
                assert False
        """,
    )
    ran = run(tmp_path, temporary=tmp_path)
    assert ran.status == 0, ran.output
    assert len(ran.outcomes) == 10 and set(ran.outcomes.values()) == {"passed"}
    assert ephemeral_folders(tmp_path) == []


def test_a_session_that_was_made_before_is_not_used_within_and_is_there_again_after(tmp_path: Path) -> None:
    write(
        tmp_path,
        test_inner="""
            import boto3
            from kumoniwa.testing import mock_aws

            def test_it(monkeypatch):
                monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATHEIROWN")
                monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
                boto3.client("ec2", region_name="us-east-1")
                before = boto3.DEFAULT_SESSION
                with mock_aws():
                    assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
                assert boto3.DEFAULT_SESSION is before
                assert before.get_credentials().access_key == "AKIATHEIROWN"
        """,
    )
    ran = run(tmp_path)
    assert ran.status == 0, ran.output
