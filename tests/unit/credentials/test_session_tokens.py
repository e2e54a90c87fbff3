"""Session tokens: only this cloud writes them, and each belongs to one access key."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.credentials.session_tokens import SessionTokens
from kumoniwa.model.principals import Principal, PrincipalKind, account_itself

UNTIL = datetime(2026, 1, 1, 13, tzinfo=UTC)
TOKENS = SessionTokens(bytes(32))
WHO = Principal(
    PrincipalKind.ASSUMED_ROLE,
    "123456789012",
    "AROAEXAMPLE:me",
    "arn:aws:sts::123456789012:assumed-role/r/me",
    "r",
    "arn:aws:iam::123456789012:role/p/r",
    datetime(2026, 1, 1, 12, tzinfo=UTC),
)


@pytest.mark.parametrize("who", [WHO, account_itself("123456789012")])
def test_a_token_says_whose_it_is_and_until_when(who: Principal) -> None:
    issued = TOKENS.issue(who, UNTIL)
    found = TOKENS.read(issued.access_key_id, issued.session_token)
    assert found is not None
    assert (found.principal, found.expires_at, found.secret) == (who, UNTIL, issued.secret)
    assert issued.access_key_id.startswith("ASIA") and len(issued.access_key_id) == 20 and len(issued.secret) == 40
    assert len(issued.session_token) < 1024


def test_no_two_are_alike_but_those_of_a_nonce() -> None:
    assert TOKENS.issue(WHO, UNTIL).access_key_id != TOKENS.issue(WHO, UNTIL).access_key_id
    assert TOKENS.issue(WHO, UNTIL, "n") == TOKENS.issue(WHO, UNTIL, "n")


def test_a_token_is_of_one_key_and_one_cloud() -> None:
    one, other = TOKENS.issue(WHO, UNTIL), TOKENS.issue(WHO, UNTIL)
    assert TOKENS.read(one.access_key_id, other.session_token) is None
    assert TOKENS.read("AKIA" + one.access_key_id[4:], one.session_token) is None
    assert SessionTokens(b"\1" * 32).read(one.access_key_id, one.session_token) is None


@given(st.data())
def test_a_token_that_was_changed_is_none(data: st.DataObject) -> None:
    issued = TOKENS.issue(WHO, UNTIL, "n")
    raw = bytearray(base64.b64decode(issued.session_token))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    assert TOKENS.read(issued.access_key_id, base64.b64encode(raw).decode()) is None


@given(st.text(max_size=3000))
def test_what_is_no_token_is_none(token: str) -> None:
    assert TOKENS.read(TOKENS.issue(WHO, UNTIL, "n").access_key_id, token) is None
