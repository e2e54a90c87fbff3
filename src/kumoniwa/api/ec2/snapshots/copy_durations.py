"""What the copies of snapshots and of images have in common."""

from kumoniwa.errors import InvalidParameterValue

_QUARTER_HOUR = 15  # minutes
_LONGEST_MINUTES = 48 * 60


def check_duration(minutes: int | None, parameter: str) -> None:
    """Raises EC2's refusal of a duration that it does not offer. A copy here is completed within any duration."""
    if minutes is not None and (minutes % _QUARTER_HOUR or not _QUARTER_HOUR <= minutes <= _LONGEST_MINUTES):
        raise InvalidParameterValue(
            f"Value ( {minutes} ) for parameter {parameter} is invalid. "
            f"Expecting a multiple of {_QUARTER_HOUR}, at most {_LONGEST_MINUTES}."
        )
