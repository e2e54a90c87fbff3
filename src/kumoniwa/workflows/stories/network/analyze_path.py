"""StartNetworkInsightsAnalysis: a path is analyzed."""

from kumoniwa.workflows.steps.network import insights_analyses
from kumoniwa.workflows.story import story
from kumoniwa.workflows.workflow import Workflow


@story("analyze_path")
async def analyze_path(wf: Workflow, analysis_id: str) -> None:
    """Find out whether traffic comes from the path's source to its destination, and publish it."""
    await wf.settle("publish the analysis", insights_analyses.ensure_analyzed, analysis_id)
