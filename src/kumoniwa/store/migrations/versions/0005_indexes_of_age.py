"""Rows are found by their age, so that old ones go without a search, and finished workflows cost the next nothing."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("workflows_subject", "workflows")
    op.create_index("workflows_turn", "workflows", ["subject", "state", "sequence"])
    op.create_index("workflows_kind", "workflows", ["kind", "created_at"])
    op.create_index("workflows_finished", "workflows", ["finished_at"])
    op.create_index("replace_root_tasks_instance", "replace_root_tasks", ["instance_id", "started_at"])
    op.create_index("client_tokens_age", "client_tokens", ["created_at"])
