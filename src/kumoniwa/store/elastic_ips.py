"""Elastic IP addresses in the database."""

from collections.abc import Collection

from sqlalchemy import Connection

from kumoniwa.model.elastic_ips import ElasticIp
from kumoniwa.model.scope import Scope
from kumoniwa.store.rows import InScope
from kumoniwa.store.tables import elastic_ips

_IN_SCOPE = InScope(ElasticIp, elastic_ips, elastic_ips.c.id)


def in_scope(connection: Connection, scope: Scope, ids: Collection[str] | None = None) -> list[ElasticIp]:
    """The Elastic IP addresses of an account in a region; only these, where `ids` are given."""
    return _IN_SCOPE.of(connection, scope, ids)
