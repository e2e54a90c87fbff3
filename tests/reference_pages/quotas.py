"""`quotas.md`: how many there may be of what a network is made of, from `kumoniwa.api.ec2.network.quotas`."""

from collections.abc import Iterator

from kumoniwa.api.ec2.network import quotas
from reference_pages.markdown import WRITTEN, code, table

_HEAD = """# Quotas

How many there may be of what a network is made of. What one VPC, table, list, group or interface may have is EC2's
default. What an account may have in a region or zone is what EC2 raises it to for who asks, so that a test run is not
refused what the account it stands in for may have. Instances, and with them network interfaces, are bounded by the
memory and the disk of the host, and an instance's interfaces and addresses by its type.

"""


def page() -> str:
    """The page's text."""
    return "".join((WRITTEN, _HEAD, table(("quota", "here", "EC2's default", "one more is refused with"), _rows())))


def _rows() -> Iterator[tuple[str, str, str, str]]:
    for quota in vars(quotas).values():
        if isinstance(quota, quotas.Quota):
            yield quota.what, f"{quota.most:,}", f"{quota.default:,}", code(quota.code)
