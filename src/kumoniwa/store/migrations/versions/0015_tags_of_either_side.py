"""Tags of a resource that two scopes see: each has its own."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "new_tags",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("resource_type", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "key", "account", "region"),
    )
    columns = 'account, region, resource_id, "key", resource_type, value'
    op.execute(f"INSERT INTO new_tags ({columns}) SELECT {columns} FROM tags")
    op.drop_table("tags")
    op.rename_table("new_tags", "tags")
    op.create_index("tags_order", "tags", ["account", "region", "resource_id", "key"])
    op.create_index("tags_pairs", "tags", ["account", "region", "resource_type", "key", "value", "resource_id"])
