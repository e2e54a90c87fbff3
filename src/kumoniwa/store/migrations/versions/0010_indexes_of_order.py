"""Resources are listed by an index of their order, page by page, and found by their tags and addresses."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SCOPE = ["account", "region"]


def upgrade() -> None:
    op.drop_index("instances_scope", "instances")
    order = ["first_launch_time", "reservation_id", "launch_index", "id"]
    op.create_index("instances_order", "instances", [*_SCOPE, *order])
    op.drop_index("volumes_scope", "volumes")
    op.create_index("volumes_order", "volumes", [*_SCOPE, "created_at", "id"])
    op.drop_index("snapshots_scope", "snapshots")
    op.create_index("snapshots_order", "snapshots", [*_SCOPE, "started_at", "id"])
    op.create_index("images_order", "images", [*_SCOPE, "created_at", "id"])
    op.drop_index("network_interfaces_scope", "network_interfaces")
    op.create_index("network_interfaces_order", "network_interfaces", [*_SCOPE, "id"])
    op.create_index("network_interfaces_address", "network_interfaces", [*_SCOPE, "private_ip"])
    op.drop_index("tags_scope", "tags")
    op.create_index("tags_order", "tags", [*_SCOPE, "resource_id", "key"])
    op.create_index("tags_pairs", "tags", [*_SCOPE, "resource_type", "key", "value", "resource_id"])
