"""What a person sees: progress on standard error, tables on standard output; plain lines where there is no terminal."""

import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kumoniwa.logs import printable

OnProgress = Callable[[str, int], None]
_PLAIN_WIDTH = 200  # of tables that go into a file or a pipe
_ID = re.compile(r"[a-z]+-[0-9a-f]{17}")  # one that is broken into two lines cannot be copied


@contextmanager
def progress(title: str) -> Iterator[OnProgress]:
    """Show how far something is, in percent, until the block ends: a bar, or one line for each thing that happens."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        said: list[str] = []

        def say(phase: str, percent: int) -> None:
            if phase not in said:
                said.append(phase)
                console.print(f"{title}: {phase} ({percent} %)", soft_wrap=True, markup=False)

        yield say
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=100)
        yield lambda phase, percent: bar.update(task, description=f"{title}: {phase}", completed=percent)


def say(line: str) -> None:
    """Print a line to standard output as it is."""
    print(line, flush=True)  # noqa: T201 -- this is the door to standard output


def remark(line: str) -> None:
    """Print a line for a person to standard error: standard output holds nothing but what a script takes."""
    print(printable(line, lines=True), file=sys.stderr, flush=True)  # noqa: T201 -- this is the door to standard error


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str | None = None) -> Table:
    """A table of text; a column that holds numbers is set to the right, one that holds ids is never broken."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for index, column in enumerate(columns):
        cells = [row[index] for row in rows if row[index]]
        numbers = bool(cells) and all(cell[0].isdigit() for cell in cells) and not any("-" in cell for cell in cells)
        ids = bool(cells) and all(_ID.fullmatch(cell) for cell in cells)
        made.add_column(column, justify="right" if numbers else "left", overflow="fold", no_wrap=ids)
    for row in rows:
        made.add_row(*(printable(cell, lines=True) for cell in row))
    return made


def show(what: Table) -> None:
    """Print a table to standard output, as wide as the terminal, or wide enough where there is none."""
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        console.print(what)
    else:
        say(plain(what))


def plain(what: Table, width: int = _PLAIN_WIDTH) -> str:
    """A table as text, for a file or a pipe."""
    console = Console(width=width, file=io.StringIO(), highlight=False, markup=False)
    with console.capture() as captured:
        console.print(what)
    return "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())
