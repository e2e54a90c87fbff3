"""The address of a PostgreSQL database: what may be shown of it, and what is added to it.

It is libpq's own URI. What it does not say, libpq takes from its variables, `PGPASSFILE` and `PGSERVICEFILE`.
"""

from collections.abc import Mapping
from typing import Any

from kumoniwa.refusal import Refusal

_CONNECT_TIMEOUT = 3  # seconds, for each host that is named
_LOST = 10  # seconds without an answer from the other side, after which a connection is given up
_OURS: Mapping[str, str | int] = {
    "application_name": "kumoniwa",
    "client_encoding": "UTF8",
    "connect_timeout": _CONNECT_TIMEOUT,
    "keepalives_idle": _LOST // 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": _LOST * 1000,
}
_ON_PRIMARY = {"target_session_attrs": "read-write"}
"""Of several hosts, the one that is no standby, whatever the address says: what a standby has may be old, and no lock
there keeps another server away."""
_SHOWN = ("user", "host", "port", "dbname", "service")


class BadAddress(Refusal):
    """The address of a database is none that PostgreSQL's client understands."""


def conninfo(address: str) -> str:
    """What connects to it, with the deadlines that it does not set itself. It may hold a password.

    Raises `BadAddress`.
    """
    from psycopg.conninfo import make_conninfo

    return make_conninfo("", **{**_OURS, **_parts(address), **_ON_PRIMARY})


def shown(address: str) -> str:
    """Where it is, in a person's words, without anything secret."""
    parts = _parts(address)
    said = [f"{name} {parts[name]}" for name in _SHOWN if parts.get(name)]
    return f"PostgreSQL ({', '.join(said)})" if said else "PostgreSQL"


def _parts(address: str) -> dict[str, Any]:
    import psycopg  # only where there is an address
    from psycopg.conninfo import conninfo_to_dict

    if not address.startswith(("postgresql://", "postgres://")):
        raise _bad()
    try:
        return dict(conninfo_to_dict(address))
    except psycopg.Error:
        raise _bad() from None  # its own words may have the password


def _bad() -> BadAddress:
    return BadAddress(
        "The address of the database is not understood.",
        way_out="Write it as postgresql://USER@HOST:PORT/NAME; a password is better kept in ~/.pgpass.",
    )
