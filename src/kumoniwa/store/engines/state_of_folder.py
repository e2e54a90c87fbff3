"""Which database has the state of a data folder: the two know each other, so that neither is taken for another's.

Disks and guests are in the folder, and what is known of them is in the database. A folder with another cloud's state,
or with an empty one, would lose the disks that no row names.
"""

import json
import uuid
from pathlib import Path
from typing import Any

from kumoniwa.folder import STATE_FILE, read_private, sync_folder, write_private
from kumoniwa.refusal import Refusal
from kumoniwa.store.engines.postgresql_address import shown


class StateElsewhere(Refusal):
    """The state of a data folder is not in the database that was named."""


def bound_to(data_dir: Path) -> str | None:
    """The cloud on PostgreSQL whose state is this folder's; None where it has none there. Raises `StateElsewhere`."""
    return _read(data_dir).get("cloud")


def intend(data_dir: Path, cloud: str) -> None:
    """The state of this folder is to be what this cloud has on PostgreSQL, once the database says the same."""
    _write(data_dir, cloud, settled=False)


def bind(data_dir: Path, cloud: str) -> None:
    """From now on the state of this folder is what this cloud has on PostgreSQL."""
    _write(data_dir, cloud, settled=True)


def release(data_dir: Path) -> None:
    """The state of this folder is on PostgreSQL no more."""
    (data_dir / STATE_FILE).unlink(missing_ok=True)
    sync_folder(data_dir)


def check_whose(data_dir: Path, address: str, cloud: str | None, file: Path, *, begin: bool) -> str | None:
    """Which cloud the database is to be made this folder's by: None where it is. Nothing is written.

    `cloud` is the one whose state is in the database, `file` that of the state where it is on SQLite. Unless the folder
    may `begin` there, the two must know each other already. Raises `StateElsewhere`.
    """
    known = _read(data_dir)
    if not known:
        if file.exists():
            raise StateElsewhere(
                f"The state of {data_dir} is in its {file.name}, not in {shown(address)}.",
                way_out="Copy it there first: kumoniwa state copy --to; or choose another folder with --data-dir.",
            )
        if cloud is not None:
            raise StateElsewhere(
                f"{shown(address)} has the state of another data folder than {data_dir}.",
                way_out="Name that folder with --data-dir"
                + (", or an empty database with --database." if begin else "."),
            )
        if not begin:
            raise _begun_by_no_server(data_dir, address)
        return str(uuid.uuid4())
    if cloud == known["cloud"]:
        return cloud if begin and not known["settled"] else None
    if cloud is None and not known["settled"]:
        if not begin:
            raise _begun_by_no_server(data_dir, address)
        return str(known["cloud"])
    raise StateElsewhere(
        f"{shown(address)} does not have the state of {data_dir}: it "
        + ("is empty." if cloud is None else "has another cloud's."),
        way_out="Name the database that has it with --database, or put a copy of it back (docs/postgresql).",
    )


def _begun_by_no_server(data_dir: Path, address: str) -> StateElsewhere:
    return StateElsewhere(
        f"There is no cloud yet in {data_dir}, nor in {shown(address)}.",
        way_out="Name its folder with --data-dir, or start a server on it once.",
    )


def _read(data_dir: Path) -> dict[str, Any]:
    path = data_dir / STATE_FILE
    if not path.exists():
        return {}
    try:
        read = json.loads(read_private(path))
        return {"cloud": str(read["cloud"]), "settled": bool(read["settled"])}
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise StateElsewhere(
            f"{path} cannot be read ({failure}): it says which database has the state of this folder.",
            way_out="Put it back from a copy of the folder.",
        ) from None


def _write(data_dir: Path, cloud: str, *, settled: bool) -> None:
    write_private(data_dir / STATE_FILE, {"engine": "postgresql", "cloud": cloud, "settled": settled})
    sync_folder(data_dir)
