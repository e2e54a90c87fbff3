"""How logs are written: facts with keys, on standard error; in colour for a person, as JSON lines for a file.

Tracebacks name lines and never show the values of variables: a secret key is among them. What callers and guests say is
written with its control characters escaped, whatever is logged and whichever library logs it: this is the one place.
"""

import json
import logging
import sys
from collections.abc import Callable
from io import StringIO
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

_SAME_AGAIN = 5.0  # seconds until a library may log the same again
_REMEMBERED = 100  # of what they logged
_JSON = json.JSONEncoder(default=repr)  # kept: one is made for each line otherwise


def log_warnings() -> None:
    """For commands: nothing but what went wrong."""
    _configure(logging.WARNING, structlog.WriteLoggerFactory(sys.stderr))


def log_facts(*, debug: bool = False) -> None:
    """For a server: what happens; with `debug` every program that is run as well."""
    from kumoniwa.log_lines import LogLines  # which needs asyncio, and commands do not

    lines = LogLines(sys.stderr)
    _configure(logging.DEBUG if debug else logging.INFO, lambda *_: lines)


def printable(text: str, *, lines: bool = False) -> str:
    """The text, with what a terminal would obey instead of showing escaped: newlines too, unless it has `lines`."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or (lines and one == "\n") else one.encode("unicode_escape").decode() for one in text
    )


def _configure(level: int, loggers: Callable[..., WrappedLogger]) -> None:
    for_a_person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_rendering(for_a_person=for_a_person),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=loggers,
        cache_logger_on_first_use=False,
    )
    libraries = logging.getLogger()
    if not any(isinstance(known, _OfLibraries) for known in libraries.handlers):
        libraries.addHandler(_OfLibraries())


def _rendering(*, for_a_person: bool) -> list[Processor]:
    if for_a_person:
        return [_escape_values, structlog.dev.ConsoleRenderer(exception_formatter=_plain_traceback)]
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    return [tracebacks, lambda _logger, _method, event: _JSON.encode(event)]


def _escape_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For a terminal. In JSON everything but ASCII is escaped as it is."""
    for key, value in event.items():
        if key != "exc_info" and not isinstance(value, bool | int | float | None):
            event[key] = printable(value if isinstance(value, str) else repr(value))
    return event


def _plain_traceback(out: TextIO, failure: ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, failure)
    out.write(printable(text.getvalue(), lines=True))


class _OfLibraries(logging.Handler):
    """What libraries log (asyncio, uvicorn) is written like our own, and the same at a bounded rate.

    Anybody can make them log: by connecting where no more files can be opened, by speaking no HTTP.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._written: dict[tuple[str, str], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        about = (record.name, str(record.msg).partition("\n")[0])
        if record.created - self._written.get(about, 0.0) < _SAME_AGAIN:
            return
        if len(self._written) >= _REMEMBERED:
            self._written.clear()
        self._written[about] = record.created
        said = {"exc_info": record.exc_info} if record.exc_info else {}
        structlog.get_logger().log(record.levelno, record.getMessage(), library=record.name, **said)
