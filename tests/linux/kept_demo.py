"""`kumoniwa demo`, of whose cloud evidence is kept before it is cleared away, and whose monitors are listened to:

python kept_demo.py <folder for evidence> <options of demo> …
"""

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import monitor_tap
from evidence import keep

from kumoniwa.cli.main import main
from kumoniwa.lab import cloud

_serve_command, _kept = cloud._serve_command, Path(sys.argv[1])


def _tapped(data_dir: Path, driver: str) -> list[str]:
    python, _, _, *options = _serve_command(data_dir, driver)
    return [python, monitor_tap.__file__, str(data_dir.parent / "monitor.log"), *options]


def _rmtree(folder: Path, **options: Any) -> None:
    keep(folder, _kept)
    shutil.rmtree(folder, **options)


cloud._serve_command = _tapped
cloud.shutil = SimpleNamespace(rmtree=_rmtree, copyfile=shutil.copyfile)  # type: ignore[attr-defined, assignment]
sys.argv[:2] = ["kumoniwa", "demo"]
main()
