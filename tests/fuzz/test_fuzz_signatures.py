"""Requests whose signatures are odd: what was not signed is never granted, what was is, and nothing breaks.

The signer is our own (`signing.py`), as no client can be made to err like this.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree

import pytest
from asgi import Answer, send
from judge import Fault, watched
from odd_signatures import SIGNED
from oddities import May
from rounds import Rounds
from signing import FORM, Plan, Written
from stack import Stack, stack_on
from tampering import ON_THE_WAY

from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(0)]

_REQUESTS = 3_000
_ASKED = [("Action", "DescribeRegions"), ("Version", "2016-11-15")]
_CODES = {
    *("AuthFailure", "IncompleteSignature", "InvalidAction", "InvalidClientTokenId", "InvalidParameterValue"),
    *("InvalidRequest", "MethodNotAllowed", "MissingAuthenticationToken", "MissingParameter", "NoSuchVersion"),
    *("NotFound", "RequestExpired", "SignatureDoesNotMatch", "UnknownParameter"),
}


async def test_what_is_not_signed_is_never_granted(
    rounds: Rounds, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    clock = ManualClock()
    verdicts, codes = Counter[May](), Counter[str]()
    async with stack_on(Config(data_dir=tmp_path), SimulatedDriver(clock, timing=Timing.instant()), clock) as stack:
        with watched() as watch:
            for number, random in rounds(_REQUESTS):
                with rounds.of(number):
                    sent, may, odd = _request(stack, random)
                    with watch.quick():
                        pieces = _pieces(sent.body, random)
                        headers = [(name, _on_wire(value)) for name, value in sent.headers]
                        target = _on_wire(sent.target)
                        answer = await send(stack.running.gateway, sent.method, target, headers, pieces)
                    codes[_judged(sent, answer, may, odd)] += 1
                    verdicts[may] += 1
    print({verdict.value: count for verdict, count in verdicts.items()}, codes.most_common())
    assert codes["ok"] > 0
    record_property("fuzzed signatures", verdicts.total())


def _request(stack: Stack, random: Random) -> tuple[Written, May, list[str]]:
    """A request, whether it may be granted, and what is odd about it."""
    key = stack.running.key
    plan = Plan(key["access_key_id"], key["secret_access_key"], stack.clock.now())
    if random.random() < 0.5:
        plan.headers.append(("Content-Type", FORM))
        plan.body = "&".join(f"{name}={value}" for name, value in _ASKED).encode()
    else:
        plan.method, plan.query = "GET", list(_ASKED)
    plan.presigned = random.random() < 0.3
    how_many = random.choice(((0, 1), (1, 0), (1, 0), (2, 0), (1, 1), (0, 2), (2, 2)))
    signed, later = random.sample(SIGNED, how_many[0]), random.sample(ON_THE_WAY, how_many[1])
    for oddity in signed:
        oddity.change(plan, random)
    sent = plan.written()
    for after in later:
        after.change(sent, random)
    # Two of one kind may undo each other.
    told = {*(one.may for one in signed), *(one.may for one in later)}
    may = told.pop() if len(told) == 1 and max(how_many) == 1 else May.MAY
    return sent, may, [*(one.name for one in signed), *(one.name for one in later)]


def _on_wire(text: str) -> str:
    """The text as HTTP carries it: one character for each byte."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("latin-1")
    return text


def _pieces(body: bytes, random: Random) -> bytes | list[bytes]:
    if random.random() < 0.8:
        return body
    at = random.randrange(len(body) + 1)
    return [body[:at], b"", body[at:]]


def _judged(sent: Written, answer: Answer, may: May, odd: list[str]) -> str:
    """The code of the answer. Raises `Fault`."""
    told = f"{odd}: {may.value}; it was answered {answer.status} {answer.body[:500]!r}\nThe request: {sent!r}"
    if answer.status == 200:
        if may is May.NEVER or b"DescribeRegionsResponse" not in answer.body:
            raise Fault(told)
        return "ok"
    code = _code(answer)
    if may is May.MUST or not 400 <= answer.status < 500 or code not in _CODES:
        raise Fault(told)
    return code


def _code(answer: Answer) -> str | None:
    kind = answer.headers["content-type"]
    if kind.startswith("application/json"):
        return str(json.loads(answer.body).get("code"))
    if kind.startswith("application/x-amz-json"):  # by a header, services with JSON are called
        return str(json.loads(answer.body)["__type"]).removesuffix("Exception")
    return ElementTree.fromstring(answer.body).findtext(".//{*}Code")
