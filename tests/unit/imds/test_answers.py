"""Who may read metadata, and what the service says."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from example_guest import FACTS, INSTANCE, facts
from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.imds.answers import Answer, Request, answer
from kumoniwa.imds.tokens import Tokens
from kumoniwa.imds.tree import GuestFacts

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_TOKENS = Tokens(b"secret of this cloud")
_ID = "/latest/meta-data/instance-id"
_REQUIRED = facts(metadata_tokens_required=True)


def ask(
    method: str = "GET",
    target: str = _ID,
    of: GuestFacts | None = FACTS,
    now: datetime = _NOW,
    **headers: str,
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(Request(method, target, named), of, _TOKENS, now)


def token(seconds: int = 60, instance_id: str = INSTANCE.id) -> str:
    return _TOKENS.issue(instance_id, _NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("required", "sent", "status"),
    [
        (False, None, HTTPStatus.OK),
        (False, "good", HTTPStatus.OK),
        (False, "bad", HTTPStatus.UNAUTHORIZED),
        (True, None, HTTPStatus.UNAUTHORIZED),
        (True, "good", HTTPStatus.OK),
        (True, "bad", HTTPStatus.UNAUTHORIZED),
    ],
)
def test_tokens_are_asked_for_where_required_and_verified_always(
    *, required: bool, sent: str | None, status: HTTPStatus
) -> None:
    headers = {} if sent is None else {"x_aws_ec2_metadata_token": token() if sent == "good" else "bad"}
    assert ask("GET", _ID, _REQUIRED if required else FACTS, _NOW, **headers).status is status


@pytest.mark.parametrize("seconds", ["1", "21600"])
def test_a_token_is_given_for_one_second_to_six_hours(seconds: str) -> None:
    given_out = ask("PUT", "/latest/api/token", x_aws_ec2_metadata_token_ttl_seconds=seconds)
    assert given_out.status is HTTPStatus.OK
    assert given_out.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] == seconds
    assert len(given_out.body) == 56 and given_out.body.startswith(b"AQAA")
    assert ask(of=_REQUIRED, x_aws_ec2_metadata_token=given_out.body.decode()).body == INSTANCE.id.encode()


@pytest.mark.parametrize("seconds", ["", "0", "21601", "-1", "1.5", "sixty", "+60", "٦٠", "9" * 5000])
def test_a_token_for_any_other_time_is_a_bad_request(seconds: str) -> None:
    answered = ask("PUT", "/latest/api/token", x_aws_ec2_metadata_token_ttl_seconds=seconds)
    assert answered.status is HTTPStatus.BAD_REQUEST


def test_a_token_needs_its_time_to_be_said() -> None:
    assert ask("PUT", "/latest/api/token").status is HTTPStatus.BAD_REQUEST


def test_a_token_is_not_given_through_a_proxy() -> None:
    answered = ask("PUT", "/latest/api/token", x_aws_ec2_metadata_token_ttl_seconds="60", x_forwarded_for="10.0.0.1")
    assert answered.status is HTTPStatus.FORBIDDEN


def test_a_token_says_how_long_it_is_still_good_and_ends_then() -> None:
    later = ask(now=_NOW + timedelta(seconds=59), x_aws_ec2_metadata_token=token())
    assert later.headers["X-Aws-Ec2-Metadata-Token-Ttl-Seconds"] == "1"
    assert ask(now=_NOW + timedelta(seconds=60), x_aws_ec2_metadata_token=token()).status is HTTPStatus.UNAUTHORIZED


def test_another_instances_token_is_refused() -> None:
    assert ask(x_aws_ec2_metadata_token=token(instance_id="i-0another")).status is HTTPStatus.UNAUTHORIZED


def test_a_token_signed_with_another_clouds_secret_is_refused() -> None:
    foreign = Tokens(b"another").issue(INSTANCE.id, _NOW + timedelta(seconds=60))
    assert ask(x_aws_ec2_metadata_token=foreign).status is HTTPStatus.UNAUTHORIZED


@given(st.text())
def test_no_text_passes_for_a_token(text: str) -> None:
    assert _TOKENS.seconds_left(text, INSTANCE.id, _NOW) is None


@given(st.integers(min_value=0, max_value=53))  # the last two only fill the text up
def test_a_token_with_one_changed_character_is_refused(at: int) -> None:
    genuine = token()
    changed = genuine[:at] + ("A" if genuine[at] != "A" else "B") + genuine[at + 1 :]
    assert _TOKENS.seconds_left(changed, INSTANCE.id, _NOW) is None


def test_a_disabled_endpoint_forbids_everything() -> None:
    disabled = facts(metadata_endpoint=False)
    assert ask(of=disabled).status is HTTPStatus.FORBIDDEN
    asked = ask("PUT", "/latest/api/token", of=disabled, x_aws_ec2_metadata_token_ttl_seconds="60")
    assert asked.status is HTTPStatus.FORBIDDEN


def test_an_instance_that_is_gone_has_no_metadata() -> None:
    assert ask(of=None).status is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("method", "target", "allowed"),
    [
        ("GET", "/latest/api/token", "OPTIONS, PUT"),
        ("POST", "/latest/api/token", "OPTIONS, PUT"),
        ("PUT", _ID, "OPTIONS, GET, HEAD"),
        ("DELETE", "/", "OPTIONS, GET, HEAD"),
    ],
)
def test_another_method_is_told_which_are_allowed(method: str, target: str, allowed: str) -> None:
    answered = ask(method, target)
    assert answered.status is HTTPStatus.METHOD_NOT_ALLOWED
    assert answered.headers["Allow"] == allowed
    assert ask("OPTIONS", target).headers == {"Allow": allowed}


@pytest.mark.parametrize(
    "target",
    [
        _ID,
        f"{_ID}/",
        f"{_ID}?x=1",
        f"http://169.254.169.254{_ID}",
        "//latest/meta-data/instance-id",
        "/latest/%6deta-data/instance-id",
    ],
)
def test_a_path_may_be_written_in_several_ways(target: str) -> None:
    assert ask(target=target).body == INSTANCE.id.encode()


@pytest.mark.parametrize("target", ["*", "//[", "http://", "/%ff", "/%00"])
def test_a_strange_target_is_not_found_or_the_root(target: str) -> None:
    assert ask(target=target).status in (HTTPStatus.NOT_FOUND, HTTPStatus.OK)


def test_what_is_not_found_is_said_in_ec2s_page() -> None:
    missing = ask(target="/latest/meta-data/iam/")
    assert missing.status is HTTPStatus.NOT_FOUND
    assert missing.headers["Content-Type"] == "text/html"
    assert b"<title>404 - Not Found</title>" in missing.body


def test_text_is_plain_and_user_data_is_bytes() -> None:
    assert ask().headers["Content-Type"] == "text/plain"
    assert ask(target="/latest/user-data").headers["Content-Type"] == "application/octet-stream"
