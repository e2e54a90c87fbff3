"""Attachments say after which boot the guest got the volume: until now, times were compared."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AS_TIMES_SAID = """
    UPDATE attachments SET after_boot = coalesce(
        (SELECT max(boots.number) FROM boots
         WHERE boots.instance_id = attachments.instance_id AND boots.ended_at < attachments.attached_at), 0)
"""


def upgrade() -> None:
    column = sa.Column("after_boot", sa.Integer(), server_default="0", nullable=False)
    op.add_column("attachments", column)
    op.execute(_AS_TIMES_SAID)
