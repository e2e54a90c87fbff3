"""A test's cloud, as the test sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from kumoniwa.config import DEFAULT_REGION
from kumoniwa.testing.environment import environment_of
from kumoniwa.testing.server_process import CannotBeHad, ServerProcess, server_of

__all__ = ["CannotBeHad", "Kumoniwa", "cloud_for_a_test"]


class Kumoniwa:
    """A cloud of this test's own: nothing is in it but what every account has, and one AMI to launch from."""

    def __init__(self, server: ServerProcess, region: str) -> None:
        ready = server.ready
        self._server = server
        self.endpoint: str = ready["endpoint"]
        self.region = region
        self.account: str = ready["account"]
        self.access_key_id: str = ready["access_key_id"]
        self.secret_access_key: str = ready["secret_access_key"]
        self.driver: str = ready["driver"]
        self.data_dir: str = ready["data_dir"]
        """For commands: `kumoniwa timeline i-… --data-dir …`."""

    def __repr__(self) -> str:
        return f"<Kumoniwa {self.endpoint} {self.region} {self.driver}>"

    @property
    def environment(self) -> dict[str, str]:
        """What is set in the environment, for programs that a test gives one of their own."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    @property
    def now(self) -> datetime:
        """The time of the cloud: the host's, and what `advance` made pass."""
        return datetime.fromisoformat(self._server.ask("time")["now"])

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Make time pass in the cloud, and all happen that is due in it; gives what time it is then.

        What is kept for a time is forgotten, credentials expire, what waits goes on. Time goes forward only: raises
        `ValueError` for less than nothing. The host's time, and that of real guests, stay what they are.
        """
        passed = seconds + 60 * (minutes + 60 * (hours + 24 * days))
        return datetime.fromisoformat(self._server.ask("time", advance=passed)["now"])

    def settle(self, within: float = 30) -> bool:
        """Wait until nothing goes on in the cloud any more: what was asked for is done. False where that takes longer
        than this many seconds."""
        return bool(self._server.ask("settled", within=within)["settled"])

    def interrupt(self, instance_id: str) -> datetime:
        """Give a Spot Instance its interruption notice; gives when it is interrupted, two minutes later: `advance`.

        botocore must be there. Raises `kumoniwa.client.access.Refused` for an instance on demand.
        """
        from kumoniwa.client.access import find_cloud
        from kumoniwa.client.cloud import CloudClient  # a test that has instances has botocore

        access = replace(find_cloud(Path(self.data_dir)), region=self.region)
        said = CloudClient(access).evidence(f"instances/{instance_id}/spot-interruption", method="POST")
        return datetime.fromisoformat(said["time"])

    def reset(self) -> None:
        """Begin anew in the middle of a test: afterwards nothing is left of what was made."""
        self._server.ask("reset")

    @property
    def image_id(self) -> str:
        """The AMI that a simulated cloud has from its first second, in this test's region. boto3 must be there."""
        import boto3  # a test that uses this has it

        ec2 = boto3.client(
            "ec2",
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
        )
        images = ec2.describe_images(Owners=["self"])["Images"]
        if not images:
            raise LookupError(
                "This cloud has no image in this region: simulated clouds have one, real ones what you built."
            )
        return str(min(images, key=lambda image: (image["CreationDate"], image["ImageId"]))["ImageId"])


_used: set[int] = set()
"""The servers, by process id, in whose cloud a test has been."""


@contextmanager
def cloud_for_a_test(driver: str = "simulated", region: str = DEFAULT_REGION) -> Iterator[Kumoniwa]:
    """A new cloud, to which the environment points within the block. Raises `CannotBeHad`."""
    server = server_of(driver)
    cloud = Kumoniwa(server, region)
    if server.ready["pid"] in _used:
        cloud.reset()
    _used.add(server.ready["pid"])
    with environment_of(cloud.environment):
        yield cloud
