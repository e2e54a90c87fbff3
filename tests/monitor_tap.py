"""Writes down what is said between us and the monitors of guests' QEMUs: a line a message, with the guest's name.

As a program it is `kumoniwa` with that tap:

    python monitor_tap.py <file> serve --data-dir …
"""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qemu.qmp import QMPClient
from qemu.qmp.message import Message

_HOOKS = {"-->": "_cb_outbound", "<--": "_cb_inbound"}  # the client's own, through which each message goes


@contextmanager
def tapped(file: Path) -> Iterator[None]:
    """Everything that this process's monitors say and are told is written to the file, as long as the block runs."""
    hooks = {arrow: getattr(QMPClient, name) for arrow, name in _HOOKS.items()}

    def written(arrow: str) -> Any:
        def hook(client: QMPClient, message: Message) -> Message:
            with file.open("ab") as lines:
                lines.write(
                    f"{datetime.now(UTC).isoformat()} {client.name} {arrow} ".encode() + bytes(message).strip() + b"\n"
                )
            kept: Message = hooks[arrow](client, message)
            return kept

        return hook

    for arrow, name in _HOOKS.items():
        setattr(QMPClient, name, written(arrow))
    try:
        yield
    finally:
        for arrow, name in _HOOKS.items():
            setattr(QMPClient, name, hooks[arrow])


if __name__ == "__main__":
    del sys.path[0]  # the tests' own modules are none of kumoniwa's
    with tapped(Path(sys.argv[1])):
        sys.argv[:2] = ["kumoniwa"]
        runpy.run_module("kumoniwa", run_name="__main__")
