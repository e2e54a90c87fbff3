"""`kumoniwa storage`: what a cloud's disks take, and whether each file is what the database says.

A running cloud is asked; without one its folder is looked at, which no server may hold meanwhile.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from kumoniwa.client.access import CommandFailed, NoCloud, Refused, find_cloud
from kumoniwa.client.cloud import CloudClient
from kumoniwa.client.terminal import OnProgress, progress, say
from kumoniwa.hypervisor.driver import DriverError
from kumoniwa.refusal import Refusal
from kumoniwa.run import ProgramFailed, ProgramMissing

_QUIET = 2.0  # seconds until progress is shown
_NAMES = 15  # letters
_LONG = 6 * 3600.0  # seconds; one layer's bytes are read in one answer


class CouldNotLook(CommandFailed):
    """Whether the storage is whole is not known."""

    status = 2


def _could_not_look(failure: Exception) -> CouldNotLook:
    if isinstance(failure, Refusal) and not isinstance(failure, Refused):
        return CouldNotLook.of(failure)
    return CouldNotLook(str(failure), way_out="kumoniwa doctor says what this host lacks.")


class Storage(Protocol):
    """Where a cloud's storage is asked: a server's answers, or its folder itself."""

    def status(self) -> dict[str, Any]: ...

    def check(self, start: str | None) -> dict[str, Any]: ...

    def repair(self) -> dict[str, Any]: ...


class _OfServer:
    def __init__(self, cloud: CloudClient) -> None:
        self._cloud = cloud

    def status(self) -> dict[str, Any]:
        return self._cloud.evidence("storage")

    def check(self, start: str | None) -> dict[str, Any]:
        asked = "" if start is None else f"?from={quote(start, safe='')}"
        return self._cloud.evidence(f"storage/check{asked}", timeout=_LONG)

    def repair(self) -> dict[str, Any]:
        return self._cloud.evidence("storage/repair", method="POST", timeout=_LONG)


def check(data_dir: Path, *, database: str = "", repair: bool, as_json: bool) -> bool:
    """Look at every layer and print what is wrong, and what was repaired; gives whether all is whole.

    `database` is the address of the one on PostgreSQL that has the state, for where no server runs.

    Raises `CouldNotLook`.
    """
    try:
        with _storage(data_dir, database) as storage:
            repaired = storage.repair()["repaired"] if repair else []
            looked_at, faults = _looked(storage)
    except (CommandFailed, DriverError, ProgramFailed, ProgramMissing, OSError) as failure:
        raise _could_not_look(failure) from failure
    if as_json:
        report = {"whole": not faults, "looked_at": looked_at, "faults": faults, "repaired": repaired}
        say(json.dumps(report, indent=2))
    else:
        _report(looked_at, faults, repaired)
    return not faults


def print_status(data_dir: Path, *, database: str = "", as_json: bool) -> None:
    """What the storage takes and what room is left; `database` is as `check` has it. Raises `CouldNotLook`."""
    try:
        with _storage(data_dir, database) as storage:
            report = storage.status()
    except (CommandFailed, DriverError, OSError) as failure:
        raise _could_not_look(failure) from failure
    if as_json:
        say(json.dumps(report, indent=2))
        return
    for name, value in rows(report):
        say(f"{name.ljust(_NAMES)}  {value}")
    faults = (report.get("damage") or {}).get("faults", ())
    for fault in faults:
        say(_sentence(fault))
    if faults:
        say("kumoniwa storage check looks at every file, and says what can be done.")


def rows(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A storage's status, line by line: of what, and what."""
    room = report["room"]
    held = report["bytes_on_disk"]
    chain = report["longest_chain"]
    found = [
        ("free", f"{_gib(room['free_bytes'])}, of which {_gib(room['reserve_bytes'])} are kept for running guests"),
        ("usable", _gib(room["usable_bytes"])),
        ("layers", f"{report['layers']} files" + ("" if held is None else f", {_gib(held)} on disk")),
        ("longest chain", f"{chain} layers" + (f" ({report['longest_chain_of']})" if chain else "")),
        ("volumes", f"{report['volumes']}, {report['provisioned_gib']} GiB provisioned"),
        (
            "snapshots",
            f"{report['snapshots']}, {_gib(report['changed_bytes'])} changed,"
            f" {_gib(report['full_bytes'])} each by itself{_unmeasured(report)}",
        ),
    ]
    if machines := report["prepared_machines"]:
        what = f"{machines} machine{'s' if machines > 1 else ''} of fast launch"
        there = f"{what}, {_gib(report['prepared_bytes_on_disk'])} on disk"
        found.append(("prepared", there))
    if (kept := report["hibernated"])["guests"]:
        found.append(("hibernated", f"memory of {kept['guests']} guests, {_gib(kept['bytes_on_disk'])} on disk"))
    if (aside := report["quarantine"])["files"]:
        there = f"{aside['files']} files, {_gib(aside['bytes_on_disk'])} on disk"
        found.append(("quarantine", f"{there}: layers that the database did not know"))
    if (compaction := report.get("compaction")) is not None:
        found += _compaction_rows(compaction)
    if (damage := report.get("damage")) is not None:
        damaged = len({fault["layer"] for fault in damage["faults"]})
        found.append(("damaged", f"{damaged} of {damage['looked_at']} layers, as seen at start"))
    return found


def _compaction_rows(compaction: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if (running := compaction["running"]) is not None:
        yield "compacting", f"{running['volume']}, since {running['began_at']}"
    if (last := compaction["last"]) is not None:
        layers = f"{last['layers_before']} to {last['layers_after']} layers"
        yield "last compaction", f"{last['volume']}, {layers}, {last['ended_at']}: {last['outcome']}"
    for volume, reason in compaction["skipped"].items():
        yield "not compacted", f"{volume}: {reason}"


def _unmeasured(report: Mapping[str, Any]) -> str:
    left = report["snapshots"] - report["snapshots_measured"]
    return f" ({left} not measured)" if left else ""


@contextmanager
def _storage(data_dir: Path, database: str) -> Iterator[Storage]:
    try:
        cloud = CloudClient(find_cloud(data_dir))
    except NoCloud:
        # Imported only here: it takes the server's own modules.
        from kumoniwa.client.alone import storage_alone

        with storage_alone(data_dir, database) as alone:
            yield alone
    else:
        yield _OfServer(cloud)


def _looked(storage: Storage) -> tuple[int, list[dict[str, Any]]]:
    """How many layers there are, and all that is wrong; progress is shown once it takes long."""
    faults: list[dict[str, Any]] = []
    began, start = time.monotonic(), None
    with ExitStack() as ending:
        on_progress: OnProgress | None = None
        while True:
            part = storage.check(start)
            faults += part["faults"]
            if (start := part["next"]) is None:
                return part["of"], faults
            if on_progress is None and time.monotonic() - began > _QUIET:
                on_progress = ending.enter_context(progress("Checking"))
            if on_progress is not None:
                on_progress("layers", 100 * part["looked_at"] // max(1, part["of"]))


def _report(looked_at: int, faults: Sequence[Mapping[str, Any]], repaired: Sequence[Mapping[str, Any]]) -> None:
    for fault in repaired:
        say(f"Repaired: {_sentence(fault)}")
    for fault in faults:
        say(_sentence(fault))
    if not faults:
        say(f"All is whole: {looked_at} layers looked at.")
        return
    say(f"{len(faults)} faults; {looked_at} layers looked at.")
    mendable = sum(bool(fault["repairable"]) for fault in faults)
    if mendable:
        say(f"{mendable} of them can be repaired without guessing: kumoniwa storage check --repair")
    if lost := len(faults) - mendable:
        say(f"{lost} of them cannot: put copies of the files back, or make anew what needs them (docs/operations).")


def _sentence(fault: Mapping[str, Any]) -> str:
    """What is wrong, and what depends on it."""
    needed = f" Needed by: {', '.join(fault['needed_by'])}." if fault["needed_by"] else ""
    what = str(fault["what"])
    return what + ("" if what.endswith(".") else ".") + needed


def _gib(size: int) -> str:
    return f"{size / 1024**3:.1f} GiB"
