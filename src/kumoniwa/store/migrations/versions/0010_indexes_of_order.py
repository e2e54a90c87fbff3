"""Resources are listed by an index of their order, page by page, and found by their tags and addresses.

And no statement reads through a table that grows with the cloud.
"""

import sqlalchemy as sa
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
    op.create_index("instances_image", "instances", ["image_id"])
    op.drop_index("ix_instances_state", "instances")
    op.create_index("instances_state", "instances", ["state", "reachability"])
    op.create_index("boots_of_many", "boots", ["instance_id", "number"], sqlite_where=sa.text("number > 100"))
    op.create_index("replace_root_tasks_age", "replace_root_tasks", ["started_at"])
    op.drop_index("volumes_scope", "volumes")
    op.create_index("volumes_order", "volumes", [*_SCOPE, "created_at", "id"])
    op.drop_index("snapshots_scope", "snapshots")
    op.create_index("snapshots_order", "snapshots", [*_SCOPE, "started_at", "id"])
    op.create_index("import_tasks_age", "import_tasks", ["created_at"])
    op.create_index("images_order", "images", [*_SCOPE, "created_at", "id"])
    op.create_index("images_age", "images", ["deregistered_at"])
    op.create_index("images_source", "images", ["source_image_id"])
    op.drop_index("network_interfaces_scope", "network_interfaces")
    op.create_index("network_interfaces_order", "network_interfaces", [*_SCOPE, "id"])
    op.create_index("network_interfaces_address", "network_interfaces", [*_SCOPE, "private_ip"])
    op.create_index("security_group_rules_order", "security_group_rules", [*_SCOPE, "id"])
    op.drop_index("tags_scope", "tags")
    op.create_index("tags_order", "tags", [*_SCOPE, "resource_id", "key"])
    op.create_index("tags_pairs", "tags", [*_SCOPE, "resource_type", "key", "value", "resource_id"])
