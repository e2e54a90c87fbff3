"""What the pages say that EC2 allows of each volume type is what the server allows."""

import re
from pathlib import Path

from kumoniwa.api.ec2.volumes.volume_types import VOLUME_TYPES

_PAGES = Path(__file__).parents[3] / "console" / "src" / "pages" / "volumes" / "volumeTypes.ts"
_TYPE = re.compile(r"^  (\w+): \{ (size: .*) \},$", re.MULTILINE)
_RANGE = re.compile(r"(\w+): \[(\d+), (\d+)\]")


def test_pages_say_of_each_type_what_the_server_allows() -> None:
    said = {
        name: {member: (int(least), int(most)) for member, least, most in _RANGE.findall(limits)}
        for name, limits in _TYPE.findall(_PAGES.read_text())
    }
    allowed = {
        name: {
            member: limits
            for member, limits in (
                ("size", (kind.least_gib, kind.most_gib)),
                ("iops", kind.iops),
                ("throughput", kind.throughput),
            )
            if limits is not None
        }
        for name, kind in VOLUME_TYPES.items()
    }
    assert said == allowed
