"""Claims and network interfaces have tables of their own, and the database itself numbers workflows."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _number_workflows()
    op.create_table(
        "claims",
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows.id"]),
        sa.PrimaryKeyConstraint("resource_id"),
    )
    op.create_index("ix_claims_workflow_id", "claims", ["workflow_id"])
    op.execute("INSERT INTO claims SELECT id, claimed_by FROM instances WHERE claimed_by IN (SELECT id FROM workflows)")
    op.drop_column("instances", "claimed_by")
    _make_interfaces()
    _move_interfaces()


def _number_workflows() -> None:
    """Make `sequence` the primary key. SQLite needs new tables for that, the one that refers to workflows as well."""
    op.create_table(
        "workflows_numbered",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "steps_numbered",
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["workflow_id"], ["workflows_numbered.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("workflow_id", "name"),
    )
    of_workflows = "sequence, id, kind, subject, arguments, state, created_at, action, request_id, error, finished_at"
    of_steps = "workflow_id, name, number, result, error, finished_at"
    for table, columns in (("workflows", of_workflows), ("steps", of_steps)):
        op.execute(f"INSERT INTO {table}_numbered ({columns}) SELECT {columns} FROM {table}")
    for table in ("steps", "workflows"):
        op.drop_table(table)
    for table in ("workflows", "steps"):
        op.rename_table(f"{table}_numbered", table)
    op.create_index("ix_workflows_state", "workflows", ["state"])
    op.create_index("workflows_subject", "workflows", ["subject", "sequence"])


def _make_interfaces() -> None:
    op.create_table(
        "network_interfaces",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("vpc_id", sa.String(), nullable=False),
        sa.Column("subnet_id", sa.String(), nullable=False),
        sa.Column("mac", sa.String(), nullable=False),
        sa.Column("private_ip", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("source_dest_check", sa.Boolean(), nullable=False),
        sa.Column("instance_id", sa.String(), nullable=True),
        sa.Column("attachment_id", sa.String(), nullable=True),
        sa.Column("device_index", sa.Integer(), nullable=True),
        sa.Column("attached_at", sa.BigInteger(), nullable=True),
        sa.Column("delete_on_termination", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vpc_id"], ["vpcs.id"]),
        sa.ForeignKeyConstraint(["subnet_id"], ["subnets.id"]),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subnet_id", "private_ip"),
        sa.UniqueConstraint("instance_id", "device_index"),
    )
    op.create_index("network_interfaces_scope", "network_interfaces", ["account", "region"])
    op.create_table(
        "interface_groups",
        sa.Column("interface_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["interface_id"], ["network_interfaces.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["security_groups.id"]),
        sa.PrimaryKeyConstraint("interface_id", "position"),
    )
    op.create_index("ix_interface_groups_group_id", "interface_groups", ["group_id"])


def _move_interfaces() -> None:
    """Out of the rows of instances. A terminated instance has none: its interface ended with it, and so do its tags."""
    op.execute(
        "INSERT INTO network_interfaces (id, account, region, vpc_id, subnet_id, mac, private_ip, description,"
        " source_dest_check, instance_id, attachment_id, device_index, attached_at, delete_on_termination)"
        " SELECT interface_id, account, region, vpc_id, subnet_id, mac, private_ip, '', source_dest_check, id,"
        " interface_attachment_id, 0, first_launch_time, 1 FROM instances WHERE state != 'terminated'"
    )
    op.execute(
        "INSERT INTO interface_groups (interface_id, position, group_id)"
        " SELECT interfaces.id, groups.position, groups.group_id FROM instance_groups AS groups"
        " JOIN network_interfaces AS interfaces ON interfaces.instance_id = groups.instance_id"
    )
    op.execute("DELETE FROM tags WHERE resource_id IN (SELECT interface_id FROM instances WHERE state = 'terminated')")
    connection = op.get_bind()
    for instance_id, text in connection.execute(sa.text("SELECT id, options FROM instances")).all():
        options = json.loads(text)
        if (described := options.pop("NetworkInterface", None)) is None:
            continue
        connection.execute(
            sa.text("UPDATE network_interfaces SET description = :description WHERE instance_id = :id"),
            {"description": described["Description"], "id": instance_id},
        )
        connection.execute(
            sa.text("UPDATE instances SET options = :options WHERE id = :id"),
            {"options": json.dumps(options), "id": instance_id},
        )
    op.drop_table("instance_groups")
    op.drop_index("ix_instances_subnet_id", "instances")
    for column in (
        "vpc_id",
        "subnet_id",
        "private_ip",
        "mac",
        "interface_id",
        "interface_attachment_id",
        "source_dest_check",
    ):
        op.drop_column("instances", column)
