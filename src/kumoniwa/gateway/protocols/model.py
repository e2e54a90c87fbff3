"""What a service's model says of its actions: the shapes of what they take and what they answer.

The words are those of botocore's models, of which a shape keeps what is needed on the wire. Two places have them:
botocore's own file (`botocore_model.py`), and what was kept of it (`kept_model.py`), of which an action is read alone.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

from kumoniwa.values import dataclass

_OF_A_REFERENCE = ("shape", "locationName", "queryName", "flattened")
_NOTHING = "(nothing)"  # what an action takes for which the model names no shape
_PARTS = ("member", "key", "value")  # what a list, or a map, is made of
_OF_A_SHAPE = ("type", "required", "enum", "min", "max", "locationName", "queryName", "flattened")


class Shape:
    """A type as one member has it: what the member's reference says goes before what the type itself does."""

    def __init__(self, reference: Mapping[str, Any], shapes: Mapping[str, Mapping[str, Any]]) -> None:
        self.name = str(reference["shape"])
        self._said = {**shapes[self.name], **reference}
        self._shapes = shapes
        self.type_name = str(self._said["type"])
        self.required_members: list[str] = self._said.get("required", [])
        self.words: list[str] = self._said.get("enum", [])
        """The values of an enumeration; none for other types."""
        self.least: int | None = self._said.get("min")
        """Of a number; of a text's or a list's length."""
        self.most: int | None = self._said.get("max")

    @cached_property
    def members(self) -> dict[str, "Shape"]:
        """Of a structure, in the model's order."""
        return {name: Shape(reference, self._shapes) for name, reference in self._said.get("members", {}).items()}

    @cached_property
    def member(self) -> "Shape":
        """Of a list."""
        return Shape(self._said["member"], self._shapes)

    @cached_property
    def value(self) -> "Shape":
        """Of a map, whose keys are texts."""
        return Shape(self._said["value"], self._shapes)

    @cached_property
    def serialization(self) -> dict[str, Any]:
        """How it is named on the wire, where it is not by its member's name: `name`, `queryName`; `flattened`."""
        said = _only(("queryName", "flattened"), self._said)
        return said if "locationName" not in self._said else {**said, "name": self._said["locationName"]}


@dataclass(frozen=True, slots=True)
class Operation:
    """What an action takes, and what it answers: None for one that answers nothing."""

    input: Shape
    output: Shape | None


class Model(Protocol):
    """The actions of a service."""

    @property
    def actions(self) -> frozenset[str]:
        """The names of all of them."""
        ...

    def operation(self, action: str) -> Operation:
        """One of them. Raises `KeyError` for a name that is not in `actions`."""
        ...


def operation(part: Mapping[str, Any]) -> Operation:
    """The action that a part describes."""
    shapes = part["shapes"]
    return Operation(Shape(part["input"], shapes), Shape(part["output"], shapes) if part["output"] else None)


def parts(model: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The actions of a whole model in botocore's form: each by its name, with all that is needed of it."""
    bare = {name: _bare_shape(shape) for name, shape in model["shapes"].items()} | {_NOTHING: {"type": "structure"}}
    for name, described in model["operations"].items():
        taken = _only(_OF_A_REFERENCE, described.get("input", {"shape": _NOTHING}))
        answered = _only(_OF_A_REFERENCE, described.get("output", {}))
        shapes: dict[str, Any] = {}
        for reference in filter(None, (taken, answered)):
            _collect(reference["shape"], bare, shapes)
        yield name, {"input": taken, "output": answered, "shapes": shapes}


def _bare_shape(shape: Mapping[str, Any]) -> dict[str, Any]:
    bare = _only(_OF_A_SHAPE, shape)
    if "members" in shape:
        bare["members"] = {name: _only(_OF_A_REFERENCE, reference) for name, reference in shape["members"].items()}
    for part in _PARTS:
        if part in shape:
            bare[part] = _only(_OF_A_REFERENCE, shape[part])
    return bare


def _collect(name: str, bare: Mapping[str, Any], into: dict[str, Any]) -> None:
    """The shape and all that it is made of: shapes may contain themselves."""
    if name in into:
        return
    into[name] = shape = bare[name]
    for reference in (*shape.get("members", {}).values(), *(shape[part] for part in _PARTS if part in shape)):
        _collect(reference["shape"], bare, into)


def _only(words: tuple[str, ...], said: Mapping[str, Any]) -> dict[str, Any]:
    return {word: said[word] for word in words if word in said}
