"""Stories: the kinds of workflows there are, what the rest of the server has to know of each, and how one is begun.

A story is one file below `workflows/stories/`: a coroutine of steps, and its traits in the decorator above it.

    @story("freeze_volume", claims="instance_id", names_layers=True)
    async def freeze_volume(wf: Workflow, volume_id: str, instance_id: str) -> None: ...

    submit(connection, freeze_volume, origin(call), volume_id=volume.id, instance_id=instance.id)

Kinds and the names of arguments are an on-disk format: a server resumes what its previous version submitted.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import Connection

from kumoniwa.model.workflows import WorkflowRow
from kumoniwa.store import journal as rows
from kumoniwa.store.database import Work
from kumoniwa.values import dataclass
from kumoniwa.workflows.workflow import Workflow

P = ParamSpec("P")
T = TypeVar("T")

_SUBMITTED = "kumoniwa: the workflows that were submitted"  # a note on a connection
_KNOWN = "kumoniwa: what their first steps need not read"  # another


@dataclass(frozen=True, slots=True)
class Story(Generic[P]):
    """A kind of workflow."""

    kind: str
    run: Callable[Concatenate[Workflow, P], Awaitable[None]]
    claims: str | None = None
    """The argument that holds the id of the instance which the workflow claims; None: it claims none. An argument that
    is None claims none either."""
    cuts: bool = False
    """It makes the chains of volumes' layers longer."""
    names_layers: bool = False
    """Its arguments hold ids of layers, which are not collected until it has ended."""
    may_be_hurried: bool = False
    """The guest may be powered off under it (SkipOsShutdown): it finds the guest gone, and goes on."""
    overrides: bool = False
    """It takes the claim from whoever does not let it go (`workflows/overrides.py`), and always ends by itself."""


STORIES: dict[str, Story[Any]] = {}
"""Every story, by its kind. Complete once all modules below `workflows.stories` are imported."""


def story(
    kind: str,
    *,
    claims: str | None = None,
    cuts: bool = False,
    names_layers: bool = False,
    may_be_hurried: bool = False,
    overrides: bool = False,
) -> Callable[[Callable[Concatenate[Workflow, P], Awaitable[None]]], Story[P]]:
    """Register the coroutine below as the story of this kind, with its traits (`Story`).

    Raises `ValueError` where the kind is taken, or the story has no argument of the name that it `claims`.
    """

    def register(run: Callable[Concatenate[Workflow, P], Awaitable[None]]) -> Story[P]:
        if kind in STORIES:
            raise ValueError(f"two stories are called {kind}")
        if claims is not None and claims not in inspect.signature(run).parameters:
            raise ValueError(f"{kind} claims what {claims} names, and has no such argument")
        registered = Story(kind, run, claims, cuts, names_layers, may_be_hurried, overrides)
        STORIES[kind] = registered
        return registered

    return register


def submit(
    connection: Connection, story: Story[P], origin: rows.Origin, *positional: P.args, **arguments: P.kwargs
) -> WorkflowRow:
    """Write a workflow with the rows it is about; `Engine.change`, in which this is called, starts it.

    Its arguments are given by name: they are kept so. Raises `TypeError` for any other.
    """
    if positional:
        raise TypeError(f"the arguments of {story.kind} are given by name")
    subject = None if story.claims is None else arguments[story.claims]
    assert subject is None or isinstance(subject, str), f"{story.kind} claims {subject!r}, which is no id"
    row = rows.submit(connection, story.kind, subject, origin, arguments)
    connection.info.setdefault(_SUBMITTED, []).append(row)
    return row


def tell_first_step(connection: Connection, submitted: WorkflowRow, known: object) -> None:
    """Spare the first step of a workflow what it would read (`Workflow.known`): who submits it has just written that.

    It is kept in memory alone, and lost where the workflow waits for its turn or the server ends: then the step reads.
    """
    connection.info.setdefault(_KNOWN, {})[submitted.id] = known


@dataclass(frozen=True, slots=True)
class Submitted:
    """The workflows that a transaction submitted."""

    rows: Sequence[WorkflowRow]
    known: Mapping[str, object]
    """What it told first steps, by workflow."""


def with_submitted(connection: Connection, work: Work[T]) -> tuple[T, Submitted]:
    """What `work` gives, and the workflows that it submitted."""
    for note in (_SUBMITTED, _KNOWN):
        connection.info.pop(note, None)  # of work whose transaction was rolled back
    given = work(connection)
    return given, Submitted(connection.info.pop(_SUBMITTED, []), connection.info.pop(_KNOWN, {}))
