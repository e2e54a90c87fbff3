"""Why a server cannot start."""

from kumoniwa.errors import Refusal


class CannotStart(Refusal):
    """The server cannot start."""
