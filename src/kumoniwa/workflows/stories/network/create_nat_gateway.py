"""CreateNatGateway: a NAT gateway comes into use."""

from kumoniwa.workflows.steps.network import nat_gateways
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import StepFailed, Workflow


@story("create_nat_gateway")
async def create_nat_gateway(wf: Workflow, nat_gateway_id: str) -> None:
    """Let its Elastic IP address lead to it and publish it; where that cannot be it has `failed`, and says why."""
    try:
        await wf.step("lead its address to it", nat_gateways.ensure_associated, nat_gateway_id)
    except StepFailed as failure:
        await wf.settle("fail the gateway", nat_gateways.ensure_failed, nat_gateway_id, str(failure))
        raise
    await wf.settle("publish the gateway", nat_gateways.ensure_published_available, nat_gateway_id)
