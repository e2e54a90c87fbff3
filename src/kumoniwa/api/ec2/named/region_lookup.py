"""The region a call is for: known, or refused in EC2's words."""

from kumoniwa.errors import AuthFailure
from kumoniwa.model.regions import REGIONS


def check_region(region: str) -> None:
    """Raises EC2's refusal of a credential scope that names no region there is."""
    if region not in REGIONS:
        raise AuthFailure(
            f"Credential should be scoped to a valid region, not '{region}'. There are: {', '.join(REGIONS)}."
        )
