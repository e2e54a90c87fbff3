"""Alembic's entry point: run the migrations on the connection that `kumoniwa.store.schema` brings."""

from alembic import context

from kumoniwa.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
)
context.run_migrations()
