"""What is made from the code: the pages of `docs/reference`, the table of the actions' modules, the schema.

`scripts/reference` writes them; a unit test keeps them fresh.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from reference_pages import action_modules, actions, command_line, configuration, quotas, schema, services

_ROOT = Path(__file__).parents[2]
FOLDER = _ROOT / "docs" / "reference"

PAGES: Mapping[str, Callable[[], str]] = {
    "actions.md": actions.page,
    "command-line.md": command_line.page,
    "configuration.md": configuration.page,
    "quotas.md": quotas.page,
    "services.md": services.page,
}
"""Each page's text, by its file name in `docs/reference`."""

_ENGINES = _ROOT / "src" / "kumoniwa" / "store" / "engines"
WRITTEN: Mapping[Path, Callable[[], str]] = {
    **{FOLDER / name: page for name, page in PAGES.items()},
    _ROOT / "src" / "kumoniwa" / "api" / "action_modules.py": action_modules.module,
    _ENGINES / "postgresql.sql": schema.on_postgresql,
    _ENGINES / "sqlite.sql": schema.on_sqlite,
}
"""Everything that is written: each file's text, by its path."""
