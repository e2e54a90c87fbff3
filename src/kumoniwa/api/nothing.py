"""What EC2 has and no cloud of Kumoniwa has: its lists are empty, what is named is not found, and none is to be had.

Tools that read or empty a whole account ask for all of it, and go on where a list is empty.
"""

from kumoniwa.api.filters import never
from kumoniwa.api.listing import Listing
from kumoniwa.errors import Ec2Error

ANY = (1, 2**31 - 1)
"""The limits of `MaxResults` where EC2 takes more than it gives at once."""


class NotOffered(Ec2Error):
    """What this host does not have to give."""

    def __init__(self, what: str, *, way_out: str) -> None:
        super().__init__("Unsupported", f"Kumoniwa offers no {what}. {way_out}")


def nothing(member: str, *filters: str, **traits: object) -> Listing[str]:
    """A listing of what there is none of; the filters that EC2 documents are taken."""
    return Listing(
        member=member,
        read=lambda _connection, _asked: [],
        row=lambda _item, _tags: {},
        key=lambda item: item,
        id_of=lambda item: item,
        filters=never(*filters),
        **traits,  # type: ignore[arg-type]
    )
