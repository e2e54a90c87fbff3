"""What is written to the log: for a program and for a person, without secrets."""

import asyncio
import atexit
import errno
import json
import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from waiting import let_others_run

from kumoniwa.client.access import Access
from kumoniwa.credentials.credential import Credential
from kumoniwa.credentials.session_tokens import TemporaryCredentials
from kumoniwa.imds.tokens import Tokens
from kumoniwa.log_lines import LogLines, write_what_waits
from kumoniwa.logs import log_facts, printable
from kumoniwa.model.principals import account_itself
from kumoniwa.model.users import AccessKey, KeyStatus
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


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("/\x1b]0;X\x07", r"/\x1b]0;X\x07"),
        ("\x9b31m", r"\x9b31m"),  # a control sequence of one byte, where a terminal reads Latin-1
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\u202egnp", r"\u202egnp"),  # turns the direction of what follows
        ("\ud800", r"\ud800"),
        ("Überraschung 雲", "Überraschung 雲"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(said: str, shown: str) -> None:
    assert printable(said) == shown


def test_no_control_character_of_a_caller_or_a_guest_reaches_the_log(log: StringIO) -> None:
    evil = "\x1b]0;X\x07\x9b2J\nforged line"
    logger = structlog.get_logger()
    logger.info("answered", call=evil, reason=RuntimeError(evil), many=[evil])
    try:
        raise RuntimeError(evil)
    except RuntimeError:
        logger.exception("an unexpected error")
        logging.getLogger("asyncio").exception("Task of %s failed", evil)
    logging.getLogger("kumoniwa.http").warning("Invalid HTTP request received: %s", evil)
    said = log.getvalue()
    assert said.count("forged line") >= 7
    ours = said if not log.isatty() else re.sub(r"\x1b\[\d*m", "", said)  # without the colours of a person's log
    assert [character for character in ours if not character.isprintable() and character != "\n"] == []
    lines = [line for line in ours.splitlines() if not log.isatty()]
    assert all(isinstance(json.loads(line), dict) for line in lines)


def test_what_a_library_says_again_and_again_is_written_once_in_a_while(log: StringIO) -> None:
    for number in range(1000):
        logging.getLogger("asyncio").error(f"socket.accept() out of system resource\nsocket: <{number}>")
        logging.getLogger("kumoniwa.http").warning("Invalid HTTP request received.")
    assert log.getvalue().count("out of system resource") == 1
    assert log.getvalue().count("Invalid HTTP request") == 1


@pytest.fixture(autouse=True)
def own_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was logged in another test does not count as logged here."""
    root = logging.getLogger()
    kept = [known for known in root.handlers if not type(known).__module__.startswith("kumoniwa")]
    monkeypatch.setattr(root, "handlers", kept)


def test_what_holds_a_secret_does_not_show_it() -> None:
    access = Access(Path("/cloud"), "http://127.0.0.1:1", "us-east-1", "123456789012", "AKIATEST", SECRET, 1)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    holders = [
        Credential(SECRET, account_itself("123456789012")),
        AccessKey("AKIATEST", "123456789012", "AIDATEST", SECRET, KeyStatus.ACTIVE, at),
        TemporaryCredentials("ASIATEST", SECRET, SECRET, at),
        access,
        Tokens(SECRET.encode()),
    ]
    assert [repr(holder) for holder in holders if SECRET in repr(holder)] == []


def test_errors_of_the_database_do_not_show_what_was_to_be_written(tmp_path: Path) -> None:
    with make_engine(tmp_path / "cloud.db").connect() as connection, pytest.raises(OperationalError) as failure:
        connection.exec_driver_sql("INSERT INTO nowhere VALUES (?)", (SECRET,))
    assert "no such table: nowhere" in str(failure.value) and SECRET not in str(failure.value)


@pytest.mark.anyio
async def test_facts_that_an_event_loop_says_are_written_together_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writes: list[str] = []
    file = StringIO()
    monkeypatch.setattr(file, "write", writes.append)
    lines = LogLines(file)
    lines.info("one")
    lines.debug("two")
    assert writes == []
    await let_others_run()
    assert writes == ["one\ntwo\n"]
    lines.info("three")
    lines.warning("four")
    assert writes[1:] == ["three\nfour\n"], "what is worse than a fact does not wait, nor do those before it"
    await asyncio.to_thread(lines.info, "five")
    assert writes[2:] == ["five\n"], "another thread has no loop that would write it"


def test_facts_are_written_at_once_where_no_event_loop_runs() -> None:
    file = StringIO()
    LogLines(file).info("one")
    assert file.getvalue() == "one\n"


def test_the_last_facts_of_a_program_are_written_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_end: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", at_the_end.append)
    file = StringIO()
    lines = LogLines(file)

    async def main() -> None:
        lines.info("the last")

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    for write in at_the_end:
        write()
    assert file.getvalue() == "the last\n"


def test_what_a_full_disk_does_not_take_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    file = StringIO()
    lines = LogLines(file)
    with monkeypatch.context() as full:
        full.setattr(file, "write", partial(_refuse, OSError(errno.ENOSPC, "No space left on device")))
        lines.error("there is no room for this")
    lines.error("there is for this")
    assert file.getvalue() == "there is for this\n"


def _refuse(failure: Exception, *_: object) -> None:
    raise failure


@pytest.mark.anyio
async def test_whoever_is_answered_finds_in_the_log_what_was_said_before() -> None:
    file = StringIO()
    lines = LogLines(file)
    lines.info("one")
    assert file.getvalue() == ""
    write_what_waits()
    assert file.getvalue() == "one\n"
