"""The filters of Describe actions, by EC2's own documentation of them."""

import re

from model_parameters import ec2_model


def documented(action: str, member: str = "Filters") -> list[str]:
    """The names of an action's filters; what lists within the documentation name are values."""
    text = ec2_model().operation_model(action).input_shape.members[member].documentation
    depth, names = 0, []
    for opens, closes, name in re.findall(r"(<ul>)|(</ul>)|<li> *<p> *<code>([^<]+)</code>", text):
        depth += bool(opens) - bool(closes)
        if name and depth == 1:
            names.append("tag:Name" if name in ("tag:&lt;key&gt;", "tag") else name)
    return names
