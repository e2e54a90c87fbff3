"""What led to a failure, kept where people look for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "build" / "fuzz"


@contextmanager
def kept(asked: Sequence[str], name: str) -> Iterator[None]:
    """Where what is inside fails, all that was asked is written to a file, which the failure names."""
    try:
        yield
    except BaseException as failure:
        _FOLDER.mkdir(parents=True, exist_ok=True)
        path = _FOLDER / f"{name}.txt"
        path.write_text("\n".join(asked) + "\n", errors="backslashreplace")
        failure.add_note(f"All that was asked before: {path.relative_to(_FOLDER.parents[1])}")
        raise
