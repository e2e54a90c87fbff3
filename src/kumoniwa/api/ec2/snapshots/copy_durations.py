"""What the copies of snapshots and of images have in common."""

from kumoniwa.errors import InvalidParameterValue

_QUARTER_HOUR = 15  # minutes
_LONGEST_MINUTES = 48 * 60


def check_duration(minutes: int | None, parameter: str) -> None:
    """A copy here is done at once, so in any time that EC2 lets one ask for. Raises the refusal of any other."""
    if minutes is not None and (minutes % _QUARTER_HOUR or not _QUARTER_HOUR <= minutes <= _LONGEST_MINUTES):
        raise InvalidParameterValue(
            f"Value ( {minutes} ) for parameter {parameter} is invalid. "
            f"Expecting a multiple of {_QUARTER_HOUR}, at most {_LONGEST_MINUTES}."
        )
