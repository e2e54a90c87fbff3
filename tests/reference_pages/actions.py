"""`actions.md`: every action of EC2's model, how far it is built, and what is missing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import kumoniwa.api
from kumoniwa.api.not_built import NotBuiltParameter
from kumoniwa.api.registry import ACTIONS, Action, Depth, Extent
from kumoniwa.gateway.protocols.ec2 import ec2_codec
from kumoniwa.modules import import_all
from reference_pages.markdown import WRITTEN, code, table

_HEAD = """# Actions

The EC2 API has {model} actions in the model that botocore ships. Kumoniwa answers {answers} of them. Any other
action is refused with a sentence that names it, and so is a parameter that is not built. What is accepted without
effect is named below.

{counts}
"""

_MEANING = {
    Depth.REAL: "does what EC2 does, with every parameter of the model",
    Depth.PARTLY: "does what EC2 does, except for what is named below",
    Depth.RECORDED: "checks, stores and shows values as EC2 does; nothing outside the database changes",
    Depth.NOT_BUILT: "refused",
}

_BUILT = """
## What is built

"Refused" lists what a request cannot ask for, with the parameters that ask for it. Unless it says otherwise, such a
parameter is accepted where it is empty or false.
"""

_PARAMETERS = """
## Refused parameters

These actions refuse more than fits into a table. "Other than" names values that are accepted, because they ask for
what is so anyway.
"""

_MISSING = """
## What is not built

These {missing} actions of the model are refused, whatever they ask for.
"""

_BESIDE = """
## Services beside EC2

They answer at the same endpoint. What is not listed is refused by name.
"""

_FEW = 4  # refusals that fit into a cell
_VERB = re.compile(r"[A-Z][a-z]+")


@dataclass(frozen=True, slots=True)
class Built:
    """An action that is answered: the resource in whose folder it is, and how far it is built."""

    resource: str
    extent: Extent


def page() -> str:
    """The page's text."""
    import_all(kumoniwa.api)
    actions = {name: Built(_resource(action), action.extent) for name, action in ACTIONS["ec2"].items()}
    return document(sorted(ec2_codec().actions()), actions) + "".join((_BESIDE, *map(_beside, sorted(ACTIONS))))


def _beside(service: str) -> str:
    """The table of another service."""
    if service == "ec2":
        return ""
    rows = ((code(name), one.extent.depth, _cell(name, one.extent)) for name, one in sorted(ACTIONS[service].items()))
    return f"\n### {service.upper()}\n\n" + table(("action", "how far", "what is missing"), rows)


def document(model: Sequence[str], actions: Mapping[str, Built]) -> str:
    """The page for a model with these actions, of which some are answered."""
    missing = [name for name in model if name not in actions]
    built = {name: actions[name].extent for name in model if name in actions}
    return "".join(
        (
            WRITTEN,
            _HEAD.format(model=len(model), answers=_answered(built), counts=_counts(built, len(missing))),
            _BUILT,
            *(
                _of_resource(resource, {name: built[name] for name in built if actions[name].resource == resource})
                for resource in sorted({action.resource for action in actions.values()})
            ),
            _PARAMETERS,
            *(_refused_parameters(name, extent) for name, extent in built.items() if _is_long(extent)),
            _MISSING.format(missing=len(missing)),
            *_by_verb(missing),
        )
    )


def _resource(action: Action) -> str:
    """The folder below `kumoniwa.api.ec2` that an action is in, or its file where it is in none."""
    return action.function.__module__.removeprefix("kumoniwa.api.ec2.").partition(".")[0]


def _of_resource(resource: str, built: Mapping[str, Extent]) -> str:
    rows = ((code(name), extent.depth, _cell(name, extent)) for name, extent in built.items())
    heading = resource.replace("_", " ").capitalize()
    return f"\n### {heading}\n\n" + table(("action", "how far", "what is missing"), rows)


def _answered(built: Mapping[str, Extent]) -> int:
    return sum(extent.depth is not Depth.NOT_BUILT for extent in built.values())


def _counts(built: Mapping[str, Extent], missing: int) -> str:
    depths = [extent.depth for extent in built.values()]
    numbers = {depth: depths.count(depth) for depth in Depth}
    numbers[Depth.NOT_BUILT] += missing
    return table(
        ("how far", "actions", "means"), ((depth, str(numbers[depth]), _MEANING[depth]) for depth in Depth)
    ).rstrip("\n")


def _cell(name: str, extent: Extent) -> str:
    sentences = [extent.missing] if extent.missing else []
    if _is_long(extent):
        sentences.append(f"[{len(_by_subject(extent.not_built))} things are refused](#{name.lower()}).")
    elif extent.not_built:
        refused = "; ".join(f"{what} ({paths})" for what, paths in _by_subject(extent.not_built).items())
        sentences.append(f"Refused: {refused}.")
    return " ".join(sentences)


def _is_long(extent: Extent) -> bool:
    return len(_by_subject(extent.not_built)) > _FEW


def _refused_parameters(name: str, extent: Extent) -> str:
    return f"\n### {name}\n\n" + table(("refused", "parameters"), _by_subject(extent.not_built).items())


def _by_subject(not_built: Iterable[NotBuiltParameter]) -> dict[str, str]:
    """The parameters, as text, by what they ask for."""
    found: dict[str, list[str]] = {}
    for parameter in not_built:
        found.setdefault(parameter.what, []).append(_parameter(parameter))
    return {what: ", ".join(parameters) for what, parameters in found.items()}


def _parameter(parameter: NotBuiltParameter) -> str:
    if not parameter.harmless:
        return code(parameter.path)
    accepted = " and ".join(code(_value(value)) for value in parameter.harmless)
    return f"{code(parameter.path)} other than {accepted}"


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _by_verb(names: Iterable[str]) -> Iterable[str]:
    groups: dict[str, list[str]] = {}
    for name in names:
        match = _VERB.match(name)
        assert match is not None, f"{name} does not begin with a verb"
        groups.setdefault(match.group(), []).append(name)
    for verb, members in groups.items():
        yield f"\n**{verb}** ({len(members)}): {', '.join(map(code, members))}.\n"
