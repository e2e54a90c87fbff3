"""The guest image `debian-12`: built once per recipe and host, kept in the cache."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from kumoniwa import config
from kumoniwa.folder import FolderTaken, not_ours
from kumoniwa.guest_image.build import build_image
from kumoniwa.guest_image.disk import filling_script, partition_table
from kumoniwa.guest_image.recipe import DEBIAN_12, Recipe


def recipe_fingerprint(recipe: Recipe = DEBIAN_12) -> str:
    """Twelve hex digits that change with anything that changes what is built (not with Debian's own updates)."""
    disk = [partition_table(recipe.disk_bytes), filling_script(recipe.disk_bytes)]
    text = json.dumps([disk, asdict(recipe)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def built_path() -> Path:
    """Where the built disk of today's recipe is, or will be: a whole disk, qcow2, never written to again."""
    return config.cache_dir() / "images" / f"debian-12-{recipe_fingerprint()}.qcow2"


async def build(destination: Path, on_progress: Callable[[str, int], None]) -> None:
    """Build the image at `destination`; see `build_image` for what is promised and raised."""
    await build_image(DEBIAN_12, destination, on_progress)


async def ensure_built(on_progress: Callable[[str, int], None]) -> Path:
    """Afterwards the disk of today's recipe is in the cache; gives its path. Builds it where it is missing."""
    path = built_path()
    _check_ours(config.cache_dir())
    if not path.exists():
        await build(path, on_progress)
    return path


def _check_ours(folder: Path) -> None:
    """A disk that somebody else put there would be launched from."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (reason := not_ours(folder)) is not None:
        raise FolderTaken(
            f"The cache folder {folder} ($KUMONIWA_CACHE_DIR) cannot be used: {reason.what}", way_out=reason.way_out
        )
