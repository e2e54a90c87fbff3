"""The pages of `docs/reference`, made from the code. `scripts/reference` writes them; a unit test keeps them fresh."""

from collections.abc import Callable, Mapping
from pathlib import Path

from reference_pages import actions, command_line, configuration

FOLDER = Path(__file__).parents[2] / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "actions.md": actions.page,
    "command-line.md": command_line.page,
    "configuration.md": configuration.page,
}
"""Each page's text, by its file name in `docs/reference`."""
