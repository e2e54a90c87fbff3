"""An experiment as it happens, for the person who watches: headings, commands as one would type them, their answers."""

import shlex
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from kumoniwa.client.terminal import plain
from kumoniwa.logs import printable

_ANSWER_LINES = 18
_ANSWER_WIDTH = 1000  # characters of a line: guests answer too
_TABLE_WIDTH = 140  # where there is no terminal


class Narrator:
    """Prints to standard output: in colour on a terminal, as plain lines elsewhere."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, markup=False, emoji=False)

    def heading(self, text: str) -> None:
        self._line("")
        self._line(text, style="bold cyan")

    def command(self, argv: Sequence[str]) -> None:
        """A command before it runs."""
        self._line(f"$ {typed(argv)}", style="bold")

    def answer(self, text: str) -> None:
        """What a command answered, its middle left out when it is long."""
        for line in shortened(text):
            self._line(f"  {line[:_ANSWER_WIDTH]}", style="dim")

    def remark(self, text: str) -> None:
        """Something that was seen or is waited for."""
        self._line(f"  # {text}", style="green")

    def verdict(self, claim: str, *, holds: bool) -> None:
        """A verdict as it falls."""
        self._line(f"  {'✓' if holds else '✗'} {claim}", style="bold green" if holds else "bold red")

    def table(self, table: Table) -> None:
        self._line("")
        if self._console.is_terminal:
            self._console.print(table)
        else:
            self._line(plain(table, _TABLE_WIDTH))

    def _line(self, text: str, style: str | None = None) -> None:
        self._console.print(printable(text, lines=True), style=style, soft_wrap=True)


def typed(argv: Sequence[str]) -> str:
    """A command line as a person would type it: in double quotes what holds single ones and nothing a shell expands."""
    return " ".join(
        f'"{word}"' if "'" in word and not any(sign in word for sign in '"$`\\!') else shlex.quote(word)
        for word in argv
    )


def shortened(text: str, limit: int = _ANSWER_LINES) -> list[str]:
    """The lines of a text; of a long one its first and last, and how many were left out between."""
    lines = text.strip("\n").splitlines()
    if len(lines) <= limit:
        return lines
    left_out = len(lines) - limit + 1
    return [*lines[: limit - 3], f"… ({left_out} more lines)", *lines[-2:]]
