"""DescribeDhcpOptions."""

from collections.abc import Iterable

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.ec2.kinds import DHCP_OPTIONS
from kumoniwa.api.ec2.network.default_vpc import read_region
from kumoniwa.api.ec2.network.dhcp_options_output import options_output
from kumoniwa.api.filters import Values
from kumoniwa.api.listing import NOT_PAGED_CAPITAL, Listing
from kumoniwa.api.registry import action
from kumoniwa.model.dhcp_options import DhcpOptions
from kumoniwa.store import dhcp_options


def _values(options: DhcpOptions) -> Iterable[str]:
    return (value for values in options.options.values() for value in values)


_FILTERS: dict[str, Values[DhcpOptions]] = {
    "dhcp-options-id": lambda options: (options.id,),
    "key": lambda options: options.options.keys(),
    "owner-id": lambda options: (options.account,),
    "value": _values,
}

_OPTIONS = Listing(
    member="DhcpOptions",
    kind=DHCP_OPTIONS,
    ids="DhcpOptionsIds",
    read=lambda connection, asked: dhcp_options.in_scope(connection, asked.call.scope, asked.ids),
    row=options_output,
    key=lambda options: options.id,
    filters=_FILTERS,
    tagged=True,
    view=read_region,
    limits=(5, 1000),
    whole={"DhcpOptionsIds": NOT_PAGED_CAPITAL.format("DhcpOptionsIds")},
)


@action("DescribeDhcpOptions")
async def describe_dhcp_options(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """The DHCP options of a region."""
    return await _OPTIONS.answer(cloud, call, parameters)
