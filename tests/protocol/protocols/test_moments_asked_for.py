"""Moments in requests: every parameter of EC2's model that is one takes every form that clients write, at any depth."""

from typing import Any

import pytest
from moments import FORMS, NO_MOMENTS, Path, at, in_json, moments_in, refusal, with_moment
from service_models import service_model

from kumoniwa.errors import InvalidParameterValue
from kumoniwa.gateway.protocols.ec2 import ec2_codec

MODEL = service_model("ec2", "2016-11-15")
CODEC = ec2_codec()
MOMENTS = [
    (action, path)
    for action in MODEL.operation_names
    for path in moments_in(MODEL.operation_model(action).input_shape)
]  # fmt: skip


def _parsed(action: str, path: Path, text: str) -> dict[str, Any]:
    return CODEC.parse(action, with_moment(MODEL.operation_model(action).input_shape, path, text))


def _in_json(action: str, path: Path, given: object) -> dict[str, Any]:
    return in_json(_parsed(action, path, "0"), path, given)


def test_there_are_moments_to_walk_in_structures_and_in_lists() -> None:
    assert {"EnableImageDeprecation", "ImportSnapshot", "RunInstances"} <= {action for action, _ in MOMENTS}
    assert len(MOMENTS) >= 50
    assert sum(("1", "") in path for _, path in MOMENTS) >= 2


@pytest.mark.parametrize("text", FORMS)
def test_every_form_of_a_moment_is_understood(text: str) -> None:
    for action, path in MOMENTS:
        assert at(path, _parsed(action, path, text)) == FORMS[text], (action, path)


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_refused_and_named(text: str) -> None:
    for action, path in MOMENTS:
        with pytest.raises(InvalidParameterValue) as refused:
            _parsed(action, path, text)
        assert refused.value.message == refusal(path, text), (action, path)


@pytest.mark.parametrize("given", [*FORMS, 1893585600, 1893585600.25, 0, -1])
def test_every_form_of_a_moment_is_understood_in_json(given: str | float) -> None:
    for action, path in MOMENTS:
        read = CODEC.parse(action, CODEC.written(action, _in_json(action, path, given)))
        assert at(path, read) == FORMS[str(given)], (action, path)


@pytest.mark.parametrize("given", [*NO_MOMENTS, 1e400, 1e30, 10**30, -(10**30)])
def test_what_is_no_moment_is_refused_and_named_in_json(given: str | float) -> None:
    for action, path in MOMENTS:
        with pytest.raises(InvalidParameterValue) as refused:
            CODEC.parse(action, CODEC.written(action, _in_json(action, path, given)))
        assert refused.value.message == refusal(path, str(given)), (action, path)


@pytest.mark.parametrize("given", [True, None, [], {}, ["2030-01-02T12:00:00Z"]])
def test_what_is_of_another_type_in_json_is_refused(given: object) -> None:
    for action, path in MOMENTS:
        with pytest.raises(InvalidParameterValue, match="Invalid type for parameter"):
            CODEC.written(action, _in_json(action, path, given))
