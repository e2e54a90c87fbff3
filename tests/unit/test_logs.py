"""What is written to the log: for a program and for a person, without secrets."""

import sys
from io import StringIO
from pathlib import Path

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from kumoniwa.client.access import Access
from kumoniwa.gateway.chain import Credential
from kumoniwa.imds.tokens import Tokens
from kumoniwa.logs import log_facts
from kumoniwa.store.engines.sqlite import make_engine

SECRET = "a/secret+key"


@pytest.fixture(params=[False, True], ids=["for a program", "for a person"])
def log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Standard error of a server, into a file or on a terminal."""
    written = StringIO()
    monkeypatch.setattr(written, "isatty", lambda: request.param)
    monkeypatch.setattr(sys, "stderr", written)
    before = structlog.get_config()
    request.addfinalizer(lambda: structlog.configure(**before))
    log_facts()
    return written


def test_tracebacks_name_lines_and_show_no_values(log: StringIO) -> None:
    def verify(secret: str) -> None:
        signing_key = f"AWS4{secret}"
        raise OverflowError(f"date value out of range, {len(signing_key)}")

    try:
        verify("".join(SECRET))
    except OverflowError:
        structlog.get_logger().exception("an unexpected error", call="DescribeInstances")
    said = log.getvalue()
    assert "date value out of range, 16" in said and "verify" in said and "test_logs.py" in said
    assert SECRET not in said


def test_what_holds_a_secret_does_not_show_it() -> None:
    access = Access(Path("/cloud"), "http://127.0.0.1:1", "us-east-1", "123456789012", "AKIATEST", SECRET, 1)
    holders = [Credential(SECRET, "123456789012"), access, Tokens(SECRET.encode())]
    assert [repr(holder) for holder in holders if SECRET in repr(holder)] == []


def test_errors_of_the_database_do_not_show_what_was_to_be_written(tmp_path: Path) -> None:
    with make_engine(tmp_path / "cloud.db").connect() as connection, pytest.raises(OperationalError) as failure:
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (?)", (SECRET,))
    assert "no such table: nowhere" in str(failure.value) and SECRET not in str(failure.value)
