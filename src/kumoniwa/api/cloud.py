"""What actions work with."""


class Cloud:
    """What actions work with."""
