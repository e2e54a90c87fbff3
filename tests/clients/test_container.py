"""The recipe of the container image, as far as a root file system goes: its steps in a chroot, what starts there."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from sampling import Sampling
from test_wheel import built

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1800)]

_RECIPE = Path(__file__).parents[2] / "packaging" / "container"
_SUITES = {"docker.io/library/debian:12-slim": "bookworm"}
_KNOWN = {"FROM", "COPY", "RUN", "EXPOSE", "ENTRYPOINT"}


def _steps() -> list[tuple[str, str]]:
    lines = (_RECIPE / "Containerfile").read_text().splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word and word != "#"]


def test_the_recipe_names_nothing_that_is_not_beside_it() -> None:
    steps = _steps()
    assert {word for word, _ in steps} == _KNOWN
    copied = [shlex.split(rest)[0] for word, rest in steps if word == "COPY"]
    assert copied == ["wheels", "install"]
    assert os.access(_RECIPE / "install", os.X_OK)
    assert [rest for word, rest in steps if word == "EXPOSE"] == ["4566"]


@pytest.fixture
def root(tmp_path: Path, sampling: Sampling) -> Iterator[Path]:
    """What the recipe makes, but for what a builder of images adds."""
    if not sampling.exhaustive:
        pytest.skip("it installs some 250 MB: with --exhaustive")
    if os.geteuid() != 0:
        pytest.skip("only root may change its root folder")
    [base] = [rest for word, rest in _steps() if word == "FROM"]
    root = tmp_path / "root"
    _run("mmdebstrap", "--variant=minbase", "--mode=root", _SUITES[base], str(root))
    _reach_what_this_host_reaches(root)
    here = tmp_path / "recipe"
    shutil.copytree(_RECIPE, here)
    shutil.rmtree(here / "wheels", ignore_errors=True)
    built(here / "wheels")
    mounted: list[Path] = []
    try:
        for name in ("proc", "dev"):
            _run("mount", "--rbind", "--make-rslave", f"/{name}", str(root / name))
            mounted.append(root / name)
        for word, rest in _steps():
            if word == "COPY":
                source, target = shlex.split(rest)
                _copy(here / source, root / target.lstrip("/"))
            elif word == "RUN":
                _run("chroot", str(root), "sh", "-c", rest)
        yield root
    finally:
        for place in reversed(mounted):
            _run("umount", "-lR", str(place))


def test_what_the_image_starts_is_a_cloud_that_answers(root: Path) -> None:
    [entry] = [json.loads(rest) for word, rest in _steps() if word == "ENTRYPOINT"]
    port = entry.index("--port") + 1
    entry[port] = "0"  # here it is the host's own network
    with subprocess.Popen(["chroot", str(root), *entry], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            told = json.loads(server.stdout.readline())
            client = boto3.client(
                "ec2",
                endpoint_url=told["endpoint"].replace("0.0.0.0", "127.0.0.1"),
                region_name=told["region"],
                aws_access_key_id=told["access_key_id"],
                aws_secret_access_key=told["secret_access_key"],
            )
            assert client.describe_images(Owners=["self"])["Images"]
        finally:
            server.terminate()
    assert "QEMU emulator" in _run("chroot", str(root), "qemu-system-x86_64", "--version")


def _reach_what_this_host_reaches(root: Path) -> None:
    """By name, and by whom it believes."""
    shutil.copy("/etc/resolv.conf", root / "etc")
    own = Path("usr/local/share/ca-certificates")
    shutil.copytree("/" / own, root / own, dirs_exist_ok=True)  # update-ca-certificates reads them there


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout
