"""Alembic's entry point: run the migrations on the connection that `kumoniwa.store.schema` brings."""

from typing import Any, Literal

from alembic import context

from kumoniwa.store.all_tables import Moment, Word, metadata


def _render(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """A migration is frozen: it names SQL's own types, not ours, which may change."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Word):
        return "sa.String()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    render_item=_render,
)
context.run_migrations()
