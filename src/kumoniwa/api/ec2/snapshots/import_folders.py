"""Which files of the host may be imported: the server reads them with its own rights, not with the caller's."""

import os
from pathlib import Path

from kumoniwa.config import IMPORTS, Config
from kumoniwa.errors import ValueNotTaken


def admitted(config: Config, path: Path) -> Path:
    """The file that is meant, links resolved. Raises a refusal that says nothing of what is there.

    In the data folder's own `imports` only its owner can make links: with one, the owner hands a file over.
    """
    own = _real(config.data_dir / IMPORTS)
    meant = _real(path)
    if path.name not in ("", "..") and _real(path.parent) == own:
        return meant
    if any(meant.is_relative_to(folder) for folder in (own, *map(_real, config.import_from))):
        return meant
    raise ValueNotTaken(
        f"{str(path)[:200]} is in no folder that disks are imported from.",
        way_out=f"Put the disk into the folder {IMPORTS} of the cloud's data folder, start the server with"
        " --import-from and the disk's folder, or use kumoniwa ami import.",
    )


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
