"""The limits and rules of thumb that pages know are the server's."""

import re
from pathlib import Path

import pytest

from kumoniwa.api.ec2.network import cidr_blocks, quotas
from kumoniwa.network.user.openings import NARROW

_PAGES = Path(__file__).parents[3] / "console" / "src" / "pages"


@pytest.mark.parametrize(
    ("page", "name", "limit"),
    [
        ("security-groups/changes.ts", "MOST_RULES", quotas.GROUP_RULES.most),
        ("security-groups/effect.ts", "NARROW", NARROW),
        ("security-groups/GroupsField.tsx", "MOST_GROUPS", quotas.INTERFACE_GROUPS.most),
        ("vpcs/blocks.ts", "LARGEST", cidr_blocks.LARGEST),
        ("vpcs/blocks.ts", "SMALLEST", cidr_blocks.SMALLEST),
    ],
)
def test_a_page_knows_the_limit_of_the_server(page: str, name: str, limit: int) -> None:
    found = re.search(rf"^(?:export )?const {name} = (\d+);", (_PAGES / page).read_text(), re.MULTILINE)
    assert found is not None
    assert int(found[1]) == limit
