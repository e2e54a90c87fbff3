"""A cloud for the tests of other programs: `kumoniwa` as a fixture of pytest, `mock_aws` for everything else.

    def test_it_launches(kumoniwa):
        boto3.client("ec2").run_instances(ImageId=kumoniwa.image_id, MinCount=1, MaxCount=1)

    @mock_aws
    def test_it_too(): ...

Each test has a cloud of its own; docs/testing.md says how, and what is otherwise than with moto.
"""

from kumoniwa.testing.cloud import CannotBeHad, Kumoniwa
from kumoniwa.testing.mock import mock_aws

__all__ = ["CannotBeHad", "Kumoniwa", "mock_aws"]
