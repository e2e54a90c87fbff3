"""What a server notes about a guest for the one after it: `guest.json` in the guest's folder."""

import dataclasses
import json
import os
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import (
    DiskBus,
    DriverError,
    Firmware,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
    NetworkPort,
)
from kumoniwa.hypervisor.qemu.guest.process.host_process import Identity
from kumoniwa.values import dataclass

_NAME = "guest.json"


@dataclass(frozen=True, slots=True)
class GuestRecord:
    """The specification a guest's process was made from, and which process that is.

    `process` is None from before it is started until its identity is known: a server that ends between the two leaves
    a process to be looked for by its folder.
    """

    spec: GuestSpec
    process: Identity | None


def write(folder: Path, record: GuestRecord) -> None:
    """Note it durably: after a power failure there is the old record or the new one, whole."""
    temporary = folder / f".{_NAME}.new"
    with temporary.open("w") as file:
        file.write(as_text(record))
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / _NAME)
    sync_folder(folder)


def read(folder: Path) -> GuestRecord | None:
    """The record, or None when no guest was ever made here. Raises `DriverError` where it cannot be understood."""
    try:
        text = (folder / _NAME).read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return from_text(text)
    except (ValueError, KeyError, TypeError) as malformed:
        raise DriverError(
            f"{folder / _NAME} is not what was written there: {malformed!r}.",
            way_out="End the guest's QEMU, if it runs, and start the instance: that writes it anew.",
        ) from malformed


def as_text(record: GuestRecord) -> str:
    """A record in JSON."""
    return json.dumps({"format": 2, **dataclasses.asdict(record)}, default=str, indent=1)


def from_text(text: str) -> GuestRecord:
    """The record that was written so. Raises `ValueError`, `KeyError`, `TypeError` where it was not."""
    return _parsed(json.loads(text))


def _parsed(noted: dict[str, Any]) -> GuestRecord:
    spec, process = noted["spec"], noted["process"]
    if "nics" not in spec:  # in format 1 a guest's only interface was the guest's own
        spec["nics"] = [{"mac": spec.pop("mac"), "address": spec.pop("address")}]
    return GuestRecord(
        spec=GuestSpec(
            **{
                **spec,
                "id": GuestId(spec["id"]),
                "disks": tuple(GuestDisk(LayerId(disk["layer"]), disk["serial"]) for disk in spec["disks"]),
                "nics": tuple(map(_nic, spec["nics"])),
                "bus": DiskBus(spec["bus"]),
                "firmware": Firmware(spec.get("firmware", Firmware.BIOS)),  # the first servers wrote none
            }
        ),
        process=Identity(**process) if process else None,
    )


def _nic(noted: dict[str, Any]) -> GuestNic:
    port = noted.get("port")  # there is none in a record of before networks carried packets
    subnet = noted.get("subnet")
    return GuestNic(
        noted["mac"],
        IPv4Address(noted["address"]),
        None if port is None else NetworkPort(**port),
        None if subnet is None else IPv4Network(subnet),
    )
