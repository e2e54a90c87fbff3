"""What happens next to a cloud: a request or several, some time, something in a guest, a fault of the host."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import quote_from_bytes
from xml.etree import ElementTree

from broken import NASTY, body_of, broken
from history import ACTIONS_OF_EC2, History, form
from judge import Fault
from plausible import MODEL

from kumoniwa.gateway.dispatch import DRY_RUNS_UNCHECKED
from kumoniwa.hypervisor.driver import (
    CutRefused,
    DetachRefused,
    DiskRefused,
    DriverError,
    GuestLost,
    HostExhausted,
)

_WEIGHTS = {
    "TerminateInstances": 0.2,
    "DeregisterImage": 0.4,
    "DeleteVolume": 0.4,
    "DeleteSnapshot": 0.4,
    "RunInstances": 3,
    "CreateVolume": 3,
    "AttachVolume": 3,
    "CreateSecurityGroup": 2,
    "CreateImage": 2,
}
_NOT_BUILT = sorted(set(MODEL.operation_names) - set(ACTIONS_OF_EC2))
_ROUTES = ("instances", "instances", "images", "snapshots", "storage", "storage/check", "storage/repair", "nothing", "")
_FAULTS: tuple[tuple[str, DriverError], ...] = (
    ("ensure_running", HostExhausted("There is no memory left.", way_out="Ask again.")),
    ("ensure_running", GuestLost("Its monitor does not answer.")),
    ("ensure_shut_down", GuestLost("Its monitor does not answer.")),
    ("ensure_off", DriverError("The host said no.", way_out="Ask again.")),
    ("ensure_cut", CutRefused("The disk is busy.")),
    ("ensure_cut", GuestLost("It does not answer.")),
    ("ensure_attached", DriverError("The host said no.", way_out="Ask again.")),
    ("ensure_detached", DetachRefused("The guest did not let it go.")),
    ("ensure_empty", HostExhausted("No room.", way_out="Ask again.")),
    ("ensure_grown", DriverError("The host's file system takes no file so long.", way_out="Ask again.")),
    ("ensure_imported", DiskRefused("The disk's second half is missing.", way_out="Ask again.")),
    ("ensure_deleted", DriverError("The disk is away.", way_out="Ask again.")),
    ("ensure_compacted", GuestLost("It does not answer.")),
    ("observe", GuestLost("It does not answer.")),
)


async def turn(history: History) -> None:
    """The next thing that happens."""
    doing, weights = zip(*_TURNS, strict=True)
    await history.random.choices(doing, weights)[0](history)


async def _one(history: History) -> None:
    await history.ask(*_request(history))


async def _several(history: History) -> None:
    """Some requests at once."""
    asked = [_request(history) for _ in range(history.random.randrange(2, 6))]
    await asyncio.gather(*(history.ask(*one) for one in asked))


async def _tried(history: History) -> None:
    """A dry run says what the call does, where nothing else goes on that could change it."""
    random = history.random
    action = random.choice([one for one in ACTIONS_OF_EC2 if _takes(one, "DryRun") and one not in DRY_RUNS_UNCHECKED])
    pairs = [pair for pair in history.plausible.request(action) if pair[0] != "DryRun"]
    if any(name in ("ClientToken", "NextToken") for name, _ in pairs) or not history.is_idle:
        return
    said = await history.ask(action, form(action, [*pairs, ("DryRun", "true")]))
    done = await history.ask(action, form(action, pairs))
    if said != {"ok": "DryRunOperation"}.get(done, done):
        raise Fault(f"a dry run said {said}, and the call {done}: {action} {pairs}")


async def _again(history: History) -> None:
    """What was granted with a ClientToken is answered the same when it is asked again."""
    random = history.random
    action = random.choice([one for one in ACTIONS_OF_EC2 if _takes(one, "ClientToken")])
    pairs = [pair for pair in history.plausible.request(action) if pair[0] not in ("DryRun", "ClientToken")]
    body = form(action, [*pairs, ("ClientToken", f"again {random.random()}")])
    if await history.ask(action, body) != "ok":
        return
    first = history.answered
    if await history.ask(action, body) != "ok" or _without_id(history.answered) != _without_id(first):
        raise Fault(f"asked again, {action} is answered {history.answered!r} after {first!r}")


async def _not_built(history: History) -> None:
    """An action that EC2 has and this cloud has not."""
    action = history.random.choice(_NOT_BUILT)
    code = await history.ask(action, form(action, [("InstanceId.1", "i-0123456789abcdef0"), ("DryRun", "x")]))
    if code != "InvalidAction":
        raise Fault(f"{action} is answered {code}")


async def _of_sts(history: History) -> None:
    random = history.random
    bent = broken([("Action", "GetCallerIdentity"), ("Version", "2011-06-15")], random, history.known.all_ids())
    with history.watch.quick():
        answer = await history.stack.caller.post(body_of(bent, random, odd=random.random() < 0.5), service="sts")
    root = ElementTree.fromstring(answer.body)
    code = root.findtext("{*}Error/{*}Code")
    if (answer.status == 200) != (code is None) or answer.status >= 500:
        raise Fault(f"STS was asked {bent!r} and answered {answer.status} {answer.body[:1000]!r}")


async def _of_ours(history: History) -> None:
    """Kumoniwa's own routes."""
    random = history.random
    nasty = random.choice(NASTY)
    parts = [one.encode() for one in history.known.all_ids()[-20:]]
    part = quote_from_bytes(random.choice((*parts, nasty if isinstance(nasty, bytes) else nasty.encode())))
    route = f"/_kumoniwa/{random.choice(_ROUTES)}"
    target = random.choice((f"{route}/{part}", f"{route}/{part}/boots", route, f"{route}?from={part}"))
    with history.watch.quick():
        if random.random() < 0.2:
            answer = await history.stack.caller.post("", target=target)
        else:
            answer = await history.stack.caller.get(target)
    told = json.loads(answer.body)
    if answer.status != 200 and not (400 <= answer.status < 500 and told["code"] and told["message"]):
        raise Fault(f"{target} is answered {answer.status} {answer.body[:1000]!r}")


async def _time(history: History) -> None:
    await history.pass_time(history.random.choice((0.1, 1, 5, 5, 30, 300, 4000)))


async def _in_a_guest(history: History) -> None:
    """Something happens in a guest that runs, or it does something by itself."""
    if not (ids := history.known.ids("i")):
        return
    guest = history.stack.guest(history.random.choice(ids))
    with suppress(GuestLost):
        match history.random.randrange(9):
            case 0:
                guest.power_off_from_inside()
            case 1:
                guest.reboot_from_inside()
            case 2:
                guest.panic()
            case 3:
                guest.die()
            case 4:
                guest.run_out_of_space()
            case 5:
                guest.find_space()
            case 6:
                guest.ignore_power_button = not guest.ignore_power_button
            case 7:
                guest.agent_answers = not guest.agent_answers
            case _:
                guest.holds_disk(history.random.choice(history.known.ids("vol") or ["vol-ffffffff"]))


async def _fault(history: History) -> None:
    """Something that the driver is asked to do next fails."""
    history.stack.driver.fail_next(*history.random.choice(_FAULTS))


_TURNS: tuple[tuple[Callable[[History], Awaitable[None]], float], ...] = (
    (_one, 70),
    (_several, 5),
    (_tried, 8),
    (_again, 4),
    (_not_built, 1),
    (_of_sts, 1),
    (_of_ours, 3),
    (_time, 10),
    (_in_a_guest, 2),
    (_fault, 0.5),
)


def _request(history: History) -> tuple[str, bytes, str]:
    """A request that looks right, or one that is broken: its action, its body, and how it is sent."""
    random = history.random
    action = random.choices(ACTIONS_OF_EC2, [_WEIGHTS.get(name, 1) for name in ACTIONS_OF_EC2])[0]
    pairs = history.plausible.request(action)
    way = random.choice(("post",) * 8 + ("get", "presigned", "elsewhere"))
    if random.random() < 0.5:
        return action, form(action, pairs), way
    bent = broken(pairs, random, history.known.all_ids())
    odd = random.random() < 0.15
    return action, form(action, []) + b"&" + body_of(bent, random, odd=odd), "post" if odd else way


def _takes(action: str, parameter: str) -> bool:
    return parameter in MODEL.operation_model(action).input_shape.members


def _without_id(body: bytes) -> bytes:
    return re.sub(rb"<requestId>[^<]*</requestId>", b"", body)
