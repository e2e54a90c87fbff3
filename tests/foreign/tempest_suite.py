"""OpenStack's tests of EC2 (ec2api-tempest-plugin) against Kumoniwa: which are run, and how."""

import configparser
import json
from pathlib import Path

from moto_suite import ROOT, Ran, furnished_clouds, run_pytest

VERSION = "1.7.0"
PROGRAMS = ROOT / "build" / "foreign" / "tempest" / "bin"
_FOLDER = ROOT / "build" / "foreign" / "ec2api"
_PACKAGE = "ec2api_tempest_plugin"
REGION = "us-east-1"
_WITHOUT_SSH = ("test_paging", "test_ebs_instances")
"""Of its scenarios, those that do not ask a guest by SSH: the guests are simulated."""


def run() -> list[Ran]:
    """Run them, and give how each ended. Raises `RuntimeError` where they could not be run."""
    furnished = furnished_clouds()
    _FOLDER.mkdir(parents=True, exist_ok=True)
    _write_settings(furnished)
    sources = next((PROGRAMS.parent / "lib").glob("python3.*")) / "site-packages"
    tests = sorted(path.relative_to(sources) for path in (sources / _PACKAGE / "api").glob("test_*.py"))
    tests += [Path(_PACKAGE, "scenario", f"{name}.py") for name in _WITHOUT_SSH]
    return run_pytest(
        [PROGRAMS / "python", "-m", "pytest", "-p", "tempest_on_kumoniwa", "-W", "ignore", *tests],
        sources,
        _FOLDER / "results.jsonl",
        {"FOREIGN_FURNISHED": str(furnished), "TEST_CONFIG_DIR": str(_FOLDER)},
    )


def _write_settings(furnished: Path) -> None:
    """Write the suite's own configuration, which says what a test may ask for: all but where the
    server is, and the key.

    It is read before the tests are: a test whose image is not named then skips itself.
    """
    image = json.loads((furnished / "images.json").read_text())[REGION]["ami-12c6146b"]
    settings = configparser.ConfigParser()
    settings["aws"] = {
        "aws_region": REGION,
        "aws_zone": f"{REGION}a",
        "instance_type": "t2.micro",
        "instance_type_alt": "t2.small",
        "image_id": image,
        "ebs_image_id": image,
        "run_ssh": "false",
        "run_incompatible_tests": "true",  # of what EC2 does and OpenStack does not
        "run_long_tests": "true",
        "vpnaas_enabled": "true",
    }
    with (_FOLDER / "functional_tests.conf").open("w") as file:
        settings.write(file)
