"""Stories: the registry is complete, traits say what the coroutines do, and a submission claims what it should."""

import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from sqlalchemy import Connection, create_engine, select

from kumoniwa.model.boots import Cause
from kumoniwa.model.workflows import WorkflowState
from kumoniwa.modules import import_all
from kumoniwa.store import all_tables as tables
from kumoniwa.store.journal import Origin
from kumoniwa.workflows import stories
from kumoniwa.workflows.stories.images.copy_image import copy_image
from kumoniwa.workflows.stories.instances.stop_instance import stop_instance
from kumoniwa.workflows.stories.volumes.modify_volume import modify_volume
from kumoniwa.workflows.story import STORIES, Story, Submitted, story, submit, tell_first_step, with_submitted
from kumoniwa.workflows.workflow import Workflow

import_all(stories)

ORIGIN = Origin("StopInstances", "req-1", datetime(2026, 1, 1, tzinfo=UTC))
TAKES_LAYERS = {"cuts", "layer_id"}


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A connection to a database without rows."""
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _parameters(of: Story[Any]) -> set[str]:
    return set(inspect.signature(of.run).parameters)


def test_every_module_of_stories_holds_one_story() -> None:
    modules = [
        found.name
        for found in pkgutil.walk_packages(stories.__path__, f"{stories.__name__}.")
        if not found.ispkg  # a package is the folder of a resource
    ]
    assert Counter(each.run.__module__ for each in STORIES.values()) == Counter(modules)


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_the_traits_of_a_story_say_what_its_coroutine_takes(kind: str) -> None:
    of = STORIES[kind]
    parameters = _parameters(of)
    assert of.kind == kind
    assert of.cuts == ("cuts" in parameters)
    assert of.names_layers == bool(TAKES_LAYERS & parameters)
    assert of.claims == ("instance_id" if "instance_id" in parameters else None)
    assert of.claims is not None or not of.may_be_hurried, "there is no guest to power off under it"
    assert not (of.cuts and of.may_be_hurried), "a guest that vanished would fail the cut"


def test_the_stories_that_a_vanished_guest_would_fail_may_not_be_hurried() -> None:
    boots = {"create_image", "reboot_instance", "replace_root", "run_instance", "start_instance", "recover_instance"}
    assert not {kind for kind in boots if STORIES[kind].may_be_hurried}


def test_two_stories_of_one_kind_are_refused() -> None:
    async def again(wf: Workflow) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="two stories are called copy_image"):
        story("copy_image")(again)
    assert STORIES["copy_image"] is copy_image


def test_a_story_that_claims_what_it_does_not_take_is_refused() -> None:
    async def lost(wf: Workflow, volume_id: str) -> None:
        raise AssertionError

    with pytest.raises(ValueError, match="claims what instance_id names"):
        story("lost_story", claims="instance_id")(lost)
    assert "lost_story" not in STORIES


def test_a_submission_keeps_its_arguments_and_claims_its_instance(connection: Connection) -> None:
    row = submit(connection, stop_instance, ORIGIN, instance_id="i-1", cause=Cause.ACTION, skip_os_shutdown=True)
    kept = connection.execute(select(tables.workflows)).one()
    assert (kept.id, kept.kind, kept.subject) == (row.id, "stop_instance", "i-1")
    assert kept.arguments == {"instance_id": "i-1", "cause": "action", "skip_os_shutdown": True}
    assert (kept.action, kept.request_id) == ("StopInstances", "req-1")


def test_a_submission_without_an_instance_claims_none(connection: Connection) -> None:
    assert submit(connection, modify_volume, ORIGIN, volume_id="vol-1", layer_id="l", instance_id=None).subject is None
    assert submit(connection, copy_image, ORIGIN, image_id="ami-1", snapshot_ids=[]).subject is None


def test_arguments_are_given_by_name(connection: Connection) -> None:
    with pytest.raises(TypeError, match="given by name"):
        submit(connection, copy_image, ORIGIN, "ami-1", [])
    with pytest.raises(AssertionError, match="no id"):
        submit(connection, cast(Any, modify_volume), ORIGIN, volume_id="vol-1", layer_id="l", instance_id=1)
    assert with_submitted(connection, lambda _: 7) == (7, Submitted([], {}))


def test_who_submits_in_a_transaction_is_told_whose_turn_it_is(connection: Connection) -> None:
    def work(connection: Connection) -> str:
        for _ in range(2):
            submit(connection, stop_instance, ORIGIN, instance_id="i-1", cause=Cause.ACTION, skip_os_shutdown=True)
        return "done"

    given, submitted = with_submitted(connection, work)
    assert (given, [row.state for row in submitted.rows]) == ("done", [WorkflowState.RUNNING, WorkflowState.WAITING])


def test_what_was_submitted_in_vain_is_forgotten(connection: Connection) -> None:
    def fail(connection: Connection) -> None:
        tell_first_step(connection, submit(connection, copy_image, ORIGIN, image_id="ami-1", snapshot_ids=[]), 7)
        raise LookupError

    with pytest.raises(LookupError):
        with_submitted(connection, fail)
    assert with_submitted(connection, lambda _: None) == (None, Submitted([], {}))


def test_what_first_steps_are_told_goes_to_who_starts_them(connection: Connection) -> None:
    def work(connection: Connection) -> str:
        row = submit(connection, copy_image, ORIGIN, image_id="ami-1", snapshot_ids=[])
        tell_first_step(connection, row, ["what was written"])
        return row.id

    workflow_id, submitted = with_submitted(connection, work)
    assert submitted.known == {workflow_id: ["what was written"]}
