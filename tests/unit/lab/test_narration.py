"""What the lab shows of guests' answers cannot move the cursor, nor pass for the lab's own lines."""

from io import StringIO

from rich.console import Console

from kumoniwa.lab.narration import Narrator


def test_what_a_guest_answers_is_shown_escaped_and_bounded() -> None:
    """An answer that clears the line and writes a verdict of its own is seen as what it is."""
    shown = StringIO()
    narrator = Narrator(Console(file=shown, force_terminal=False, highlight=False, markup=False, width=80))
    narrator.answer("\x1b[2K\r  \u2713 at rest\x07\n" + "x" * 100_000)
    lines = shown.getvalue().splitlines()
    assert lines[0] == r"  \x1b[2K"
    assert lines[1] == r"    ✓ at rest\x07"
    assert all(line.startswith("  ") and line.isprintable() and len(line) <= 1_002 for line in lines)
