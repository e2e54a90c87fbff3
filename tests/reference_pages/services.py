"""`services.md`: the actions of the services beside EC2, and how far each is built."""

from collections import defaultdict

import kumoniwa.api
from kumoniwa.api.registry import ACTIONS, Extent
from kumoniwa.gateway.services import services
from kumoniwa.modules import import_all
from reference_pages.markdown import WRITTEN, code, table

_HEAD = """# Services beside EC2

What tools ask of other services of AWS while they use EC2. All answer at the same endpoint, by the service that a
request is signed for. Any other action of theirs is refused with a sentence that names it. [What they are for, and what
differs](../services-beside-ec2.md).
"""


def page() -> str:
    """The page's text."""
    import_all(kumoniwa.api)
    known = services(defaultdict(dict))
    parts = [WRITTEN, _HEAD]
    for name in sorted(known):
        if name != "ec2" and (actions := ACTIONS.get(name)):
            answered = f"of its {len(known[name].codec.actions())} actions, {len(actions)} answered."
            rows = [
                (code(one), action.extent.depth, _missing(action.extent)) for one, action in sorted(actions.items())
            ]
            heading = f"\n## {known[name].title}\n\nService `{name}`, {answered}\n\n"
            parts += [heading, table(("action", "how far", "what is missing"), rows)]
    return "".join(parts)


def _missing(extent: Extent) -> str:
    return extent.missing
