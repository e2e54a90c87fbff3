"""DeleteNatGateway: a NAT gateway goes out of use."""

from kumoniwa.workflows.steps.network import nat_gateways
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import Workflow


@story("delete_nat_gateway")
async def delete_nat_gateway(wf: Workflow, nat_gateway_id: str) -> None:
    """Give its addresses back, and publish that it is deleted."""
    await wf.settle("release its interface", nat_gateways.ensure_interface_released, nat_gateway_id)
    await wf.settle("publish the deletion", nat_gateways.ensure_published_deleted, nat_gateway_id)
