"""What has policies is not deleted."""

from sqlalchemy import Connection

from kumoniwa.api.iam.refusals import DeleteConflict
from kumoniwa.store import policies


def check_without_policies(connection: Connection, holder_id: str) -> None:
    """Raises `DeleteConflict` where a user, group or role has policies, attached or inside of it."""
    if policies.attached_to(connection, holder_id):
        raise DeleteConflict("detach all policies")
    if policies.inline_of(connection, holder_id):
        raise DeleteConflict("delete policies")
