"""DescribeVpcClassicLink and DescribeVpcClassicLinkDnsSupport.

EC2-Classic, to which they belong, is in no region any more. Terraform's provider asks them of each VPC up to its
version 4, and takes EC2's refusal for "not enabled"; another one would end its run.
"""

from kumoniwa.api.call import Answer, Call, Parameters
from kumoniwa.api.cloud import Cloud
from kumoniwa.api.registry import action
from kumoniwa.errors import UnsupportedOperation


@action("DescribeVpcClassicLink")
async def describe_vpc_classic_link(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse, as EC2 does where there is no EC2-Classic."""
    raise _not_in_this_region()


@action("DescribeVpcClassicLinkDnsSupport")
async def describe_vpc_classic_link_dns_support(cloud: Cloud, call: Call, parameters: Parameters) -> Answer:
    """Refuse, as EC2 does where there is no EC2-Classic."""
    raise _not_in_this_region()


def _not_in_this_region() -> UnsupportedOperation:
    return UnsupportedOperation("The functionality you requested is not available in this region.")
