"""Every action with every filter, page by page: what is asked of a database in all its forms."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from asgi import Refused
from every_action import EXAMPLES, IN_ORDER, MODEL, scene
from every_listing import LISTINGS
from heard_statements import Heard
from sampling import Sampling
from stack import Stack

from kumoniwa.api.ec2.instances.instance_filters import FILTERS
from kumoniwa.api.evidence.evidence_routes import EXTENSIONS

_FORMS = (["sg-12345678"], ["sg-1", "sg-2"], ["sg-*"], ["sg-1", "sg-*", "s?-*"])
"""That a filter's values may have: one or several, exact or with wildcards."""
_TRIED = 1  # of them, for each filter in each run


def _asked(action: str, sampling: Sampling) -> Iterator[dict[str, Any]]:
    """The same action with every filter, in forms that a filter may have, and page by page."""
    members = MODEL.operation_model(action).input_shape.members
    if "Filters" not in members:
        return
    names = sorted(FILTERS) if action == "DescribeInstances" else _filter_names(action)
    for name in names:
        for values in sampling.of(_FORMS, _TRIED):
            filters = [{"Name": name, "Values": values}]
            yield {"Filters": filters}
            if "MaxResults" in members:
                yield {"Filters": [*filters, {"Name": names[0], "Values": ["*"]}], "MaxResults": 5}


def _filter_names(action: str) -> list[str]:
    listing = LISTINGS.get(action)
    return [] if listing is None else [*sorted(listing.filters), "tag:Name", "tag-key", "tag-value"]


async def _call(stack: Stack, action: str, parameters: dict[str, Any]) -> None:
    try:
        await stack.call(action, **parameters)
    except Refused as refused:
        assert refused.code != "InternalError", action


async def walk(stack: Stack, folder: Path, heard: Heard, sampling: Sampling) -> None:
    """Call every action, and let time pass. `heard` is told in which phase it is."""
    heard.phase = "actions"
    known = await scene(stack, folder)
    for action in IN_ORDER:
        if action.startswith("Describe"):
            for parameters in _asked(action, sampling):
                await _call(stack, action, parameters)
        await _call(stack, action, EXAMPLES[action](known))
        await stack.idle()
    for path in EXTENSIONS:
        heard.phase = path
        if not path.startswith("POST"):
            its = {"instance_id": known["instance"], "image_id": known["image"], "snapshot_id": known["snapshot"]}
            await stack.caller.get(path.format(**its))
    heard.phase = "time"
    await stack.clock.advance(timedelta(days=2).total_seconds())
    await stack.idle()
