"""How logs are written: facts with keys, on standard error; in colour for a person, as JSON lines for a file.

Tracebacks name lines and never show the values of variables: a secret key is among them.
"""

import logging
import sys

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor


def log_warnings() -> None:
    """For commands: nothing but what went wrong."""
    _configure(logging.WARNING)


def log_facts(*, debug: bool = False) -> None:
    """For a server: what happens; with `debug` every program that is run as well."""
    _configure(logging.DEBUG if debug else logging.INFO)


def _configure(level: int) -> None:
    for_a_person = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_rendering(for_a_person=for_a_person),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _rendering(*, for_a_person: bool) -> list[Processor]:
    if for_a_person:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    return [tracebacks, structlog.processors.JSONRenderer()]
