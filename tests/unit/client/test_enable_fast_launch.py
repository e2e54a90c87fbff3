"""`kumoniwa ami build --fast`: what it asks for, and how it waits."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from kumoniwa.client import fast_launch
from kumoniwa.client.access import CommandFailed
from kumoniwa.client.cloud import CloudClient

_IMAGE = "ami-0123456789abcdef0"


class _Cloud:
    """Answers that the image is in one of these states after another; None: it has no fast launch."""

    def __init__(self, states: Sequence[str | None]) -> None:
        self._states = list(states)
        self.asked: list[str] = []

    def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append(action)
        if action == "EnableFastLaunch":
            return {}
        assert parameters == {"ImageIds": [_IMAGE]}
        state = self._states.pop(0)
        found = [] if state is None else [{"State": state, "StateTransitionReason": "The guest is silent."}]
        return {"FastLaunchImages": found}


def _enable(cloud: _Cloud, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    shown: list[str] = []
    fast_launch.enable_fast_launch(cast(CloudClient, cloud), _IMAGE, lambda what, percent: shown.append(what))
    return shown


def test_it_waits_until_instances_can_be_launched_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = _Cloud([None, "enabling", "enabling", "enabled"])
    assert len(_enable(cloud, monkeypatch)) == 2
    assert cloud.asked.count("EnableFastLaunch") == 1


def test_what_is_enabled_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = _Cloud(["enabled", "enabled"])
    _enable(cloud, monkeypatch)
    assert "EnableFastLaunch" not in cloud.asked


@pytest.mark.parametrize(("states", "text"), [(["enabling-failed"], "The guest is silent."), ([None], "is disabled")])
def test_a_failure_is_told_with_its_reason(
    states: list[str | None], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandFailed, match=text):
        _enable(_Cloud([None, "enabling", *states]), monkeypatch)
