"""What a benchmark is doing, on one line of a terminal, or a line each where the output is kept."""

import shutil
import sys
import time
from types import TracebackType
from typing import Self


class Progress:
    """Lines on standard error. As a context manager it leaves no half line behind."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._on_terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._on_terminal:
            self._write("\r\x1b[K")

    def say(self, what: str) -> None:
        """What is done now, with the minutes and seconds since the begin."""
        minutes, seconds = divmod(int(time.monotonic() - self._begun), 60)
        line = f"{minutes:>3}:{seconds:02}  {what}"
        if self._on_terminal:
            self._write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
        else:
            self._write(f"{line}\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
