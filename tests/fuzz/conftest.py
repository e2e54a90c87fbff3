"""Fuzzers go on for a few rounds, or for `--seconds`."""

import pytest
from rounds import Rounds


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """The rounds of this test."""
    option = request.config.option
    return Rounds(request.node.nodeid, option.seed, option.exhaustive, option.seconds, option.round)
