"""Why a server cannot start."""

from kumoniwa.refusal import Refusal


class CannotStart(Refusal):
    """The server cannot start."""
