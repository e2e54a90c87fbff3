"""The credentials that an instance's guest finds: those of the role that its profile has now.

They follow from the time, and are kept nowhere: every guest's are new each hour, and last six, so that whoever reads
them has those that last for five hours at least.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from kumoniwa.credentials.session_tokens import SessionTokens
from kumoniwa.imds.tree import ProfileFacts
from kumoniwa.store import instance_profiles, roles

RENEWED = timedelta(hours=1)
LASTING = timedelta(hours=6)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def profile_facts(
    connection: Connection, instance_id: str, tokens: SessionTokens, now: datetime
) -> ProfileFacts | None:
    """The profile of an instance with credentials of its role; None where it has no profile."""
    if (association := instance_profiles.of_instance(connection, instance_id)) is None:
        return None
    number = (now - _EPOCH) // RENEWED
    begun = _EPOCH + number * RENEWED
    updated_at = max(begun, association.associated_at)
    profile = instance_profiles.with_id(connection, association.profile_id)
    role = None if profile is None or profile.role_id is None else roles.with_id(connection, profile.role_id)
    if role is None:
        return ProfileFacts(association, profile is not None, None, None, updated_at)
    session = role.session(instance_id, begun)
    credentials = tokens.issue(session, begun + LASTING, nonce=f"{association.id} {number}")
    return ProfileFacts(association, exists=True, role_name=role.name, credentials=credentials, updated_at=updated_at)
