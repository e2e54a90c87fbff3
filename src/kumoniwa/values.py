"""Frozen values: the standard library's `@dataclass(frozen=True, slots=True)`, made at a quarter of its cost.

The standard library compiles six methods for each class when it is made, which was a fifth of a server's start. Here a
class shares all of them but `__init__`, and that is compiled when its first value is made. Whatever else there is of
dataclasses (`field`, `fields`, `replace`, `asdict`) is the standard library's, and works on these.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[T]], type[T]]:
        """As the standard library has it. There are no others than frozen values with slots."""
        if not (frozen and slots):
            raise TypeError("only what is frozen and has slots is made here: take the standard library's")
        return _value


def _value(cls: type[T]) -> type[T]:
    cls.__doc__ = cls.__doc__ or cls.__name__  # where there is none, the standard library makes one of the signature
    made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    for name, method in _methods(made).items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


def _methods(made: type[Any]) -> dict[str, Callable[..., Any]]:
    compared = _getter([field.name for field in dataclasses.fields(made) if field.compare])

    def init(self: Any, *given: Any, **named: Any) -> None:
        made.__init__ = _init(made)
        made.__init__(self, *given, **named)

    def equal(self: Any, other: object) -> bool:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    return {
        "__init__": init,
        "__eq__": equal,
        "__hash__": hashed,
        "__repr__": _repr,
        "__setattr__": _refuse_to_assign,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }


def _getter(names: list[str]) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda value: ()


def _init(made: type[Any]) -> Callable[..., None]:
    """Its `__init__`, compiled."""
    scope: dict[str, Any] = {"missing": dataclasses.MISSING}
    parameters, body = ["self"], []
    for field in dataclasses.fields(made):
        name, value = field.name, field.name
        if field.default_factory is not dataclasses.MISSING:
            scope[f"make_{name}"] = field.default_factory
            value = f"make_{name}() if {name} is missing else {name}" if field.init else f"make_{name}()"
        if field.init:
            scope[f"default_{name}"] = field.default
            has_default = field.default is not field.default_factory  # both are missing where it has none
            parameters.append(f"{name}=default_{name}" if has_default else name)
        if field.init or value != name:
            scope[f"set_{name}"] = getattr(made, name).__set__  # its slot's
            body.append(f"set_{name}(self, {value})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    exec(f"def __init__({', '.join(parameters)}):\n    " + "\n    ".join(body or ["pass"]), scope)
    compiled: Callable[..., None] = scope["__init__"]
    compiled.__qualname__ = f"{made.__qualname__}.__init__"
    return compiled


@recursive_repr("...")
def _repr(self: Any) -> str:
    shown = [f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_to_assign(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: object, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):  # type: ignore[arg-type]
        object.__setattr__(self, field.name, value)
