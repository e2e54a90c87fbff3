"""What is kept of a suspended guest: one file in its folder, sealed with a key that is kept elsewhere.

The file's name says what it is, and moves durably. While it is written it is a draft. From its publication on it is all
that the guest is: a process that there still is has nothing that is not in it. And before a guest goes on with it, it
is used: no guest goes on with it again.
"""

import errno
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from kumoniwa.folder import sync_folder
from kumoniwa.hypervisor.driver import GuestSpec
from kumoniwa.hypervisor.driver.suspension import why_not_the_same
from kumoniwa.hypervisor.qemu.guest.memory.saved_machine import Maker
from kumoniwa.hypervisor.qemu.guest.process import record
from kumoniwa.values import dataclass

_KEPT, _DRAFT, _USED = "suspended", "suspended.new", "suspended.used"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Head:
    """What is to be known of a suspended guest before it is loaded."""

    at: datetime
    made_by: Maker
    spec: GuestSpec
    slots: Mapping[str, int]
    """Where its devices were plugged in, by their ids."""
    sizes: Mapping[str, int]
    """How long its disks were, in bytes, by serial number."""

    def as_bytes(self) -> bytes:
        """For the file."""
        noted = {
            "format": _FORMAT,
            "at": self.at.isoformat(),
            "made_by": asdict(self.made_by),
            "guest": record.as_text(record.GuestRecord(self.spec, None)),
            "slots": dict(self.slots),
            "sizes": dict(self.sizes),
        }
        return json.dumps(noted).encode()

    @classmethod
    def read(cls, noted: bytes) -> "Head | None":
        """What the file says; None where another version of Kumoniwa wrote it."""
        try:
            told = json.loads(noted)
            if told["format"] != _FORMAT:
                return None
            return cls(
                datetime.fromisoformat(told["at"]),
                Maker(**told["made_by"]),
                record.from_text(told["guest"]).spec,
                told["slots"],
                told["sizes"],
            )
        except (ValueError, KeyError, TypeError):  # its key opened it, so no stranger wrote it
            return None

    def why_not(self, spec: GuestSpec, here: Maker) -> str | None:
        """Why a guest of this specification cannot go on so on this host; None where it can."""
        if self.made_by.qemu != here.qemu:
            return f"It was saved by another QEMU: {self.made_by.qemu}; this host has {here.qemu}."
        if self.made_by.accelerator != here.accelerator:
            return f"It was saved under {self.made_by.accelerator}; this host uses {here.accelerator}."
        if self.made_by.processor != here.processor:
            return "It was saved on another model of processor."
        if self.made_by.devices != here.devices:
            return "It was saved by another version of Kumoniwa, whose guests have other devices."
        return why_not_the_same(self.spec, spec)


class SuspendedFile:
    """The file of one guest. Its methods block, and raise `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = folder / _KEPT
        self.draft = folder / _DRAFT
        self._used = folder / _USED

    @property
    def is_kept(self) -> bool:
        """Whether the guest is suspended: whatever process there is, it is to be ended."""
        return self.path.exists()

    @property
    def is_begun(self) -> bool:
        """Whether it was begun to suspend the guest, whose vCPUs may stand still for that."""
        return self.draft.exists()

    @property
    def is_used(self) -> bool:
        """Whether the guest goes on with it just now: its process has loaded it, and may not have run yet."""
        return self._used.exists()

    def begin(self) -> None:
        """It is about to be written."""
        self.drop()
        os.close(os.open(self.draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def publish(self) -> None:
        """It is written, and on the host's disk."""
        self.draft.rename(self.path)
        sync_folder(self._folder)

    def open(self) -> BinaryIO:
        """It, to be read. What was put in its place is not waited for."""
        file = os.fdopen(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise OSError(errno.EINVAL, "it is no regular file")
        return file

    def use(self) -> None:
        """The guest is about to go on with it."""
        self.path.rename(self._used)
        sync_folder(self._folder)

    def forget_used(self) -> None:
        """The guest runs, or boots."""
        self._used.unlink(missing_ok=True)

    def drop(self) -> None:
        """Whatever there is of it goes."""
        for path in (self.path, self.draft, self._used):
            path.unlink(missing_ok=True)
