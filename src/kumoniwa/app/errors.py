"""Why a server cannot start."""


class CannotStart(Exception):
    """The server cannot start. The text is a sentence for a person, and says what to do about it."""
