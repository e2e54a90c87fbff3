"""What types tell of their enhanced networking."""

import pytest
from stack import Stack

pytestmark = pytest.mark.anyio

_TOLD = {
    "t3.micro": "required",  # Nitro
    "r4.large": "supported",  # Xen, and named by the user guide
    "m4.16xlarge": "supported",
    "m4.large": "unsupported",
    "t2.micro": "unsupported",
}


async def test_types_tell_whether_they_have_the_elastic_network_adapter(stack: Stack) -> None:
    told = (await stack.call("DescribeInstanceTypes", InstanceTypes=list(_TOLD)))["InstanceTypes"]
    assert {one["InstanceType"]: one["NetworkInfo"]["EnaSupport"] for one in told} == _TOLD


async def test_types_are_found_by_their_support_of_it(stack: Stack) -> None:
    named = [{"Name": "network-info.ena-support", "Values": ["supported"]}]
    found = (await stack.call("DescribeInstanceTypes", InstanceTypes=list(_TOLD), Filters=named))["InstanceTypes"]
    assert {one["InstanceType"] for one in found} == {name for name, told in _TOLD.items() if told == "supported"}
