"""What an answer must be, whatever was asked; and what a cloud must not have logged."""

import logging
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from asgi import Answer
from botocore.parsers import create_parser
from plausible import MODEL
from structlog.testing import capture_logs

from kumoniwa.errors import MOST_MESSAGE
from kumoniwa.workflows.workflow import StepUnknown

MOST_SECONDS = 2.0
"""Of the processor, for a request and what goes on beside it: another program's load does not count."""
_CODE = re.compile(r"[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*")
_FULL = frozenset({"InsufficientInstanceCapacity", "InsufficientVolumeCapacity"})
"""What EC2 refuses for want of room, with a status above 500."""
_INSIDE = re.compile(r"Traceback|object at 0x|<class |<function |<built-in|sqlite3|sqlalchemy|\.py\b")
_PARSER = create_parser("ec2")
_IN_EC2S_TEXT = {
    "AttachmentStatus": ("available",),
    "NetworkInterfaceStatus": ("pending",),
    "NetworkInterfaceType": ("nat_gateway",),
}
"""Words that the model's enumerations do not have, and its text does: an internet gateway's attachment is so,
a new network interface in the example of create-network-interface, and a NAT gateway's in the filter interface-type."""


class Fault(AssertionError):
    """What must not be."""


def judged(action: str, answer: Answer) -> tuple[str, ElementTree.Element]:
    """The code of an answer of EC2, `ok` where it is granted, and the answer. Raises `Fault`."""
    root = _read(answer.body)
    told = answer.headers.get("x-amzn-requestid")
    if answer.status != 200:
        return _refusal(answer, root, told), root
    if root.tag.partition("}")[2] != f"{action}Response":
        raise Fault(f"{action} is answered by {root.tag}")
    if root.findtext("{*}requestId") != told:
        raise Fault(f"the answer names another request than {told}")
    shape = MODEL.operation_model(action).output_shape
    parsed = _PARSER.parse({"status_code": 200, "headers": answer.headers, "body": answer.body}, shape)
    parsed.pop("ResponseMetadata", None)
    if shape is not None:
        for wrong in _not_in_model(parsed, shape, action):
            raise Fault(wrong)
    return "ok", root


def _read(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)
    except ElementTree.ParseError as broken:
        raise Fault(f"an answer is no XML ({broken}): {body[:2000]!r}") from broken


def _refusal(answer: Answer, root: ElementTree.Element, told: str | None) -> str:
    code, message = root.findtext("Errors/Error/Code"), root.findtext("Errors/Error/Message")
    if root.tag != "Response" or not code or not message or _CODE.fullmatch(code) is None:
        raise Fault(f"a refusal without code or message: {answer.body[:2000]!r}")
    if root.findtext("RequestID") != told:
        raise Fault(f"the refusal names another request than {told}")
    if _INSIDE.search(message):
        raise Fault(f"a refusal shows what is inside: {message[:2000]}")
    if len(message) > MOST_MESSAGE + 1:
        raise Fault(f"a refusal of {len(message)} characters: {message[:300]}")
    if not 400 <= answer.status < 500 and code not in _FULL:
        raise Fault(f"{code} has the status {answer.status}")
    return code


def _not_in_model(value: Any, shape: Any, path: str) -> Iterator[str]:
    """Words of an answer that the model's enumerations do not have."""
    match shape.type_name:
        case "structure":
            for name, inner in value.items():
                yield from _not_in_model(inner, shape.members[name], f"{path}.{name}")
        case "list":
            for item in value:
                yield from _not_in_model(item, shape.member, path)
        case "string" if (words := shape.metadata.get("enum")) and value not in (
            *words,
            *_IN_EC2S_TEXT.get(shape.name, ()),
        ):
            yield f"{path} is {value!r}, which is none of the model's words"


@dataclass
class Watch:
    """What was logged since the last look, and by what the processor was used."""

    lines: list[Any]
    of_libraries: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raises `Fault` for what was logged as an error, or with a traceback, since the last check."""
        for line in self.lines:
            if _is_of_the_host(line):
                continue
            if line["log_level"] in ("error", "critical") or line.get("exc_info"):
                raise Fault(f"logged: {line}") from _failure(line.get("exc_info"))
        if self.of_libraries:
            raise Fault(f"a library logged: {self.of_libraries}")
        self.lines.clear()

    @contextmanager
    def quick(self) -> Iterator[None]:
        """What is done inside must use the processor for no longer than `MOST_SECONDS`, and log no error."""
        began = time.process_time()
        yield
        used = time.process_time() - began
        self.check()
        if used > MOST_SECONDS:
            raise Fault(f"it took {used:.1f} s of the processor")


def _is_of_the_host(line: Any) -> bool:
    """Whether it says that the host refused what must be done, and that it is tried again: the host was made to."""
    failure = _failure(line.get("exc_info"))
    return isinstance(failure, StepUnknown) or (line["event"] == "a step failed" and failure is None)


def _failure(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as failure, _):
            return failure
        case _:
            return None


@contextmanager
def watched() -> Iterator[Watch]:
    """Everything that is logged inside is looked at by `check`."""
    with capture_logs([_with_exception]) as lines:
        watch = Watch(lines)
        handler = _Library(watch)
        logging.getLogger().addHandler(handler)
        try:
            yield watch
        finally:
            logging.getLogger().removeHandler(handler)


def _with_exception(_logger: object, _method: str, event: Any) -> Any:
    """The exception that is logged, as long as it is known."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()
    return event


class _Library(logging.Handler):
    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.WARNING)
        self._watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self._watch.of_libraries.append(f"{record.name}: {record.getMessage()}")
