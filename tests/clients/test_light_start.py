"""What a server imports until it answers EC2: what it does not need costs time at each start, and memory for ever."""

import re
from pathlib import Path

import pytest
from cloud_process import CloudProcess, Sdk

pytestmark = pytest.mark.clients

HEAVY = {
    "PIL": "only screenshots need it",
    "alembic": "only a folder of an earlier version needs it",
    "botocore": "EC2's model is read from what is kept of it",
    "boto3": "only clients need it",
    "colorama.ansi": "structlog takes it where it is, and draws nothing with it",
    "cryptography": "only key pairs need it",
    "email": "nothing needs it",
    "h11": "only guests that ask for their metadata need it",
    "importlib.metadata": "SQLAlchemy imports it, and needs it for other dialects than its own",
    "kumoniwa.api.ec2.instances.run_instances": "an action is imported when it is first called",
    "kumoniwa.api.evidence.cut_evidence": "a route of our own is imported when it is first asked",
    "kumoniwa.app.carried": "only real guests have packets",
    "kumoniwa.client": "only commands need it",
    "kumoniwa.console.door": "only the console's pages need it",
    "kumoniwa.guest_image": "only `kumoniwa ami build` needs it",
    "kumoniwa.hypervisor.qemu": "only real guests need it",
    "kumoniwa.lab": "only `kumoniwa demo` needs it",
    "sqlalchemy.dialects.postgresql": "only clouds on PostgreSQL need it",
    "kumoniwa.store.policies": "what is stored is imported when there is some, or somebody asks",
    "pygments": "it comes with rich",
    "qemu": "only real guests need it",
    "rich.console": "structlog takes it where it is, and draws nothing with it",
    "shutil": "only real guests need it",
    "sqlalchemy.orm": "nothing needs it",
    "starlette.requests": "only the console's pages need it",
    "urllib.request": "nothing needs it",
    "urllib3": "only clients need it",
    "uvicorn": "only the console's live connections need it",
    "websockets": "only the console's pages need it",
}


def test_a_server_that_answers_has_imported_nothing_heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with CloudProcess(tmp_path) as cloud:
        cloud.stop()  # it has kept what it needs of EC2's model, if no other server had
        cloud.log.unlink()
        with monkeypatch.context() as patch:
            patch.setenv("PYTHONPROFILEIMPORTTIME", "1")
            cloud.start()
        assert _asked(cloud) == []
        cloud.stop()
        assert _heavy(cloud.log) == {}, "on an old folder"

    folder = tmp_path / "new"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    with CloudProcess(folder) as cloud:
        assert _asked(cloud) == []
        cloud.stop()
        assert _heavy(cloud.log) == {}, "on a new folder"


def _asked(cloud: CloudProcess) -> list[object]:
    """Call two actions; what the second of them lists."""
    ec2 = Sdk(cloud.environment(), cloud.data_dir).client()
    assert ec2.describe_regions()["Regions"]
    reservations: list[object] = ec2.describe_instances()["Reservations"]
    return reservations


def _heavy(log: Path) -> dict[str, str]:
    """What of the heavy was imported by a server that was told to write down what it imports, and why it should not."""
    imported = set(re.findall(r"^import time:.*\| +(\S+)$", log.read_text(), re.MULTILINE))
    assert {"kumoniwa.app.serve", "sqlalchemy"} <= imported, "nothing was written down"
    return {name: why for name, why in HEAVY.items() if name in imported}
