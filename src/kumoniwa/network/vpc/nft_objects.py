"""Sets, maps and chains of nftables, and the commands that make them, or that make others of them. Pure.

In a user namespace the kernel takes only a small transaction at a time: nft sends it as one message, and fails with
"Message too long" from some 270 rules on (measured with nft 1.0.6: 1,700 where they only jump, 1,360 sets, 3,500
chains, 3,800 elements). So commands are put into batches, each a transaction that fits.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from kumoniwa.values import dataclass

_RULE, _JUMP, _SET, _CHAIN, _LINE, _ELEMENT = 4.0, 0.8, 1.0, 0.5, 0.5, 0.4
_MOST_OF_A_BATCH = 1000.0
_ELEMENTS_OF_A_LINE = 50


@dataclass(frozen=True, slots=True)
class Set:
    """A set, or a map where `type` has a colon. Elements by key, each with its datum ("" in a set).

    `flags` are all further clauses of its declaration, each with its semicolon.
    """

    type: str
    flags: str = ""
    elements: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "map" if " : " in self.type else "set"


@dataclass(frozen=True, slots=True)
class Elements:
    """More elements of a set that is declared elsewhere."""

    elements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain with its rules; with a `hook`, a base chain."""

    rules: tuple[str, ...]
    hook: str = ""


Objects = list[tuple[str, Set | Elements | Chain]]
"""Each by its full name, as nft's commands have it: `inet vpc addresses`."""


def inet(objects: Iterable[tuple[str, Set | Elements | Chain]]) -> Objects:
    """Objects of the VPC's table of IP."""
    return [(f"inet vpc {name}", one) for name, one in objects]


@dataclass(frozen=True, slots=True)
class Commands:
    """What `nft -f -` is given, one batch after another: each is one transaction. `whole`: it replaces all that was.

    In between two batches less is admitted than before and after, never more. Where nft refuses a change, the kernel
    has something else than what was thought: then the whole is to be applied.
    """

    batches: tuple[str, ...]
    whole: bool

    @property
    def text(self) -> str:
        return "".join(self.batches)


_Command = tuple[float, str]
"""What it costs of a batch, and the line."""


def making(tables: Iterable[str], *stages: Objects) -> Commands:
    """What replaces these tables (`inet vpc`), if they exist, by ones with these objects, one stage after another.

    In the first stage are the base chains, so that nothing is carried before all that filters it is there.
    """
    commands: list[_Command] = []
    for table in tables:
        commands += [(_LINE, f"{verb} table {table}") for verb in ("add", "delete", "add")]
    for objects in stages:
        declared = _declared(objects)
        commands += map(_declaration, declared.items())
        for name, one in declared.items():
            if isinstance(one, Chain):
                commands += _rules(name, one)
        for name, elements in _merged(objects).items():
            commands += _with_elements("add", name, elements)
    return Commands(_batches(commands), whole=True)


def changing(before: Objects, after: Objects) -> Commands:
    """What makes the objects `after` of those `before`, as far as they differ. No base chain may differ."""
    old, new = _declared(before), _declared(after)
    old_elements, new_elements = _merged(before), _merged(after)
    commands = [_declaration((name, one)) for name, one in new.items() if name not in old]
    gone = [name for name in old if name not in new]
    for name, elements in old_elements.items():
        kept = new_elements.get(name, {})
        lost = {key: datum for key, datum in elements.items() if kept.get(key) != datum}
        if lost and name not in gone:
            commands += _with_elements("delete", name, lost)
    chains = {name: one for name, one in new.items() if isinstance(one, Chain)}
    for name, one in chains.items():  # before those that may lead to them
        if name not in old:
            commands += _rules(name, one)
    for name, one in chains.items():
        if name in old and one != old[name]:
            commands.append(_at_once((_LINE, f"flush chain {name}"), *_rules(name, one)))
    for name, elements in new_elements.items():
        known_elements = old_elements.get(name, {})
        gained = {key: datum for key, datum in elements.items() if known_elements.get(key) != datum}
        commands += _with_elements("add", name, gained)
    commands += [(_LINE, f"flush chain {name}") for name in gone if isinstance(old[name], Chain)]
    commands += [(_LINE, f"delete {_kind(old[name])} {name}") for name in gone]
    return Commands(_batches(commands), whole=False)


def _declared(objects: Objects) -> dict[str, Set | Chain]:
    return {name: one for name, one in objects if not isinstance(one, Elements)}


def _merged(objects: Objects) -> dict[str, dict[str, str]]:
    """All elements of each set, whichever object has them."""
    found: dict[str, dict[str, str]] = {}
    for name, one in objects:
        if not isinstance(one, Chain):
            found.setdefault(name, {}).update(one.elements)
    return found


def _kind(one: Set | Chain) -> str:
    return "chain" if isinstance(one, Chain) else one.kind


def _declaration(named: tuple[str, Set | Chain]) -> _Command:
    name, one = named
    if isinstance(one, Chain):
        return _CHAIN, f"add chain {name}" + (f" {{ {one.hook} }}" if one.hook else "")
    return _SET, f"add {one.kind} {name} {{ type {one.type};{one.flags and f' {one.flags}'} }}"


def _rules(name: str, chain: Chain) -> Iterator[_Command]:
    for rule in chain.rules:
        cost = _JUMP if rule.count(" ") < 2 else _RULE + rule.count(",") * _ELEMENT
        yield cost, f"add rule {name} {rule}"


def _at_once(*commands: _Command) -> _Command:
    """Commands that are not parted: a network ACL's chain without its last rules would admit what they deny."""
    return sum(cost for cost, _ in commands), "\n".join(line for _, line in commands)


def _with_elements(verb: str, name: str, elements: Mapping[str, str]) -> Iterator[_Command]:
    """A datum is not named where its element is deleted."""
    listed = [f"{key} : {datum}" if datum and verb == "add" else key for key, datum in elements.items()]
    for start in range(0, len(listed), _ELEMENTS_OF_A_LINE):
        line = listed[start : start + _ELEMENTS_OF_A_LINE]
        yield _LINE + len(line) * _ELEMENT, f"{verb} element {name} {{ {', '.join(line)} }}"


def _batches(commands: Iterable[_Command]) -> tuple[str, ...]:
    batches: list[list[str]] = []
    room = 0.0
    for cost, line in commands:
        if not batches or cost > room:
            batches.append([])
            room = _MOST_OF_A_BATCH
        batches[-1].append(line)
        room -= cost
    return tuple("".join(f"{line}\n" for line in batch) for batch in batches)
