"""OpenStack's tests of EC2 (ec2api-tempest-plugin) against Kumoniwa: which are run, and how."""

from pathlib import Path

from moto_suite import ROOT, Ran, furnished_clouds, run_pytest

VERSION = "1.7.0"
PROGRAMS = ROOT / "build" / "foreign" / "tempest" / "bin"
_FOLDER = ROOT / "build" / "foreign" / "ec2api"
_PACKAGE = "ec2api_tempest_plugin"
_WITHOUT_SSH = ("test_paging", "test_ebs_instances")
"""Of its scenarios, those that do not ask a guest by SSH: the guests are simulated."""


def run() -> list[Ran]:
    """Run them, and give how each ended. Raises `RuntimeError` where they could not be run."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / "functional_tests.conf").touch()  # it must be there; what is in it is set by the plug-in
    sources = next((PROGRAMS.parent / "lib").glob("python3.*")) / "site-packages"
    tests = sorted(path.relative_to(sources) for path in (sources / _PACKAGE / "api").glob("test_*.py"))
    tests += [Path(_PACKAGE, "scenario", f"{name}.py") for name in _WITHOUT_SSH]
    return run_pytest(
        [PROGRAMS / "python", "-m", "pytest", "-p", "tempest_on_kumoniwa", "-W", "ignore", *tests],
        sources,
        _FOLDER / "results.jsonl",
        {"FOREIGN_FURNISHED": str(furnished_clouds()), "TEST_CONFIG_DIR": str(_FOLDER)},
    )
