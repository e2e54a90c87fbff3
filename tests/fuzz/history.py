"""One cloud that is asked at random, and what its guests do meanwhile. It must come to rest whole."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from asgi import Answer, Caller
from beginning import BEGINNING
from judge import Fault, Watch, judged, watched
from known import Known
from plausible import Pairs, Plausible
from stack import Stack, stack_on
from whole import whole

from kumoniwa.api.registry import ACTIONS
from kumoniwa.clock import ManualClock
from kumoniwa.config import Config
from kumoniwa.hypervisor.driver import GuestId, GuestLost
from kumoniwa.hypervisor.simulated import SimulatedDriver, Timing
from kumoniwa.store import journal

ACTIONS_OF_EC2 = sorted(ACTIONS["ec2"])
_DEADLINE = 30  # seconds for one request, however busy the host: one that takes longer hangs


@dataclass
class History:
    """A cloud, and what was asked of it so far."""

    stack: Stack
    elsewhere: Caller
    """The same account in another region."""
    watch: Watch
    random: Random
    known: Known
    plausible: Plausible
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Counter[str]] = field(default_factory=dict)
    """By action, how often each code came."""
    answered: bytes = b""
    """The last answer."""

    async def ask(self, action: str, body: bytes, way: str = "post") -> str:
        """Send a request and judge its answer; gives its code. Raises `Fault` with the request."""
        line = f"{way} {body.decode('latin-1')}"
        self.asked.append(line)
        try:
            with self.watch.quick():
                async with asyncio.timeout(_DEADLINE):
                    answer = await self._send(body, way)
            code, root = judged(action, answer)
            self.answered = answer.body
            if code == "ok" and b"&DryRun=true" in body:
                raise Fault("a dry run was granted")
        except Exception as failure:
            failure.add_note(f"The request: {line[:2000]}")
            raise
        self.asked[-1] = f"{code} {line}"
        self.codes.setdefault(action, Counter())[code] += 1
        if code == "ok":
            self.known.learn(root)
            token = root.findtext("{*}nextToken")
            asked = [
                pair for pair in parse_qsl(body.decode("latin-1")) if pair[0] not in ("Action", "Version", "NextToken")
            ]
            if token:
                self.known.pages[action] = [*asked, ("NextToken", token)]
        return code

    @property
    def is_idle(self) -> bool:
        """Whether nothing goes on that was asked for before."""
        return self.stack.running.cloud.engine.is_idle

    async def _send(self, body: bytes, way: str) -> Answer:
        if way == "elsewhere":
            return await self.elsewhere.post(body)
        if way == "post" or len(body) > 20_000:
            return await self.stack.caller.post(body)
        target = f"/?{body.decode('ascii')}"
        return await (self.stack.caller.get(target) if way == "get" else self.stack.caller.presigned(target))

    async def populate(self) -> None:
        """Some of everything, so that requests can name it."""
        for action, pairs in BEGINNING:
            asked = [(name, self._filled(value)) for name, value in pairs]
            await self.ask(action, form(action, asked))
            await self.pass_time(20)
        await self.describe_all()

    async def describe_all(self) -> None:
        """Every listing, whole: all of it must work, and its ids become known."""
        for action in ACTIONS_OF_EC2:
            is_listing = action.startswith("Describe") and not action.endswith("Attribute")
            if is_listing and "ClassicLink" not in action:  # which is refused, whatever it asks for
                code = await self.ask(action, form(action, []))
                assert code in ("ok", "MissingParameter"), f"{action}: {code}"

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and what it brings about."""
        with self.watch.quick():
            await self._database_done()
            await self.stack.clock.advance(seconds)
            await self._database_done()

    async def _database_done(self) -> None:
        """Let what waits for the database's threads go on for some steps: of what nobody waits for, its writer does one
        thing after another."""
        for _ in range(4):
            await self.stack.running.cloud.world.database.write(lambda _: None, patient=True)

    async def settle(self) -> None:
        """Everything that goes on comes to its end, and the cloud is whole."""
        for identifier in self.known.ids("i"):
            with suppress(GuestLost):
                self.stack.driver.guest(GuestId(identifier)).find_space()
        await self._come_to_rest()
        for _ in range(3):  # what the host refused to delete is tried again once a minute
            await self.pass_time(61)
        await self._come_to_rest()
        await self.describe_all()
        at: str | None = ""
        while at is not None:
            told = await self.stack.get("/_kumoniwa/storage/check" + (f"?from={at}" if at else ""))
            if told["faults"]:
                raise Fault(f"its storage has faults: {told['faults']}")
            at = told["next"]
        await whole(self.stack)
        self.watch.check()

    async def _come_to_rest(self) -> None:
        for _ in range(400):
            await self.stack.followed()
            with suppress(TimeoutError):
                await self.stack.running.cloud.engine.idle(timeout=0.05)
            if self.is_idle:
                return
            await self.pass_time(10)
        live = await self.stack.running.cloud.read(lambda connection: journal.running(connection))
        raise Fault(f"workflows do not end: {len(live)} {live[:2]}")

    def _filled(self, value: str) -> str:
        """A value in which `{i}` is the first id of its kind, `{i2}` the second."""
        if not value.startswith("{"):
            return value
        prefix = value.strip("{}").rstrip("23")
        return self.known.ids(prefix)[int(value[-2]) - 1 if value[-2].isdigit() else 0]


@asynccontextmanager
async def history_on(folder: Path, random: Random) -> AsyncIterator[History]:
    """A cloud with some of everything; its ids and its time are by the seed."""
    disk = _laid_disk(folder)
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    timing = random.choice((Timing.instant(), Timing()))
    driver = SimulatedDriver(clock, timing=timing)
    driver.world.memory_mib = 32 * 1024  # so that nobody launches a thousand guests
    config = Config(data_dir=folder / "cloud", import_from=(folder,))
    with pytest.MonkeyPatch.context() as patch, watched() as watch:
        patch.setattr("kumoniwa.ids._random", Random(random.random()))
        patch.setattr("kumoniwa.ids._counted", count())
        patch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: clock.now())
        async with stack_on(config, driver, clock) as stack:
            known = Known()
            key = stack.running.key
            elsewhere = Caller(stack.running.gateway, key["access_key_id"], key["secret_access_key"], "eu-central-1")
            history = History(
                stack, elsewhere, watch, random, known, Plausible(random, known, clock.now, disk.as_uri())
            )
            await history.populate()
            yield history
    assert driver.world.layers.broken == []


def _laid_disk(folder: Path) -> Path:
    """The folder, with one for the cloud, and a disk that may be imported."""
    (folder / "cloud").mkdir(parents=True)
    disk = folder / "a disk.raw"
    disk.write_bytes(bytes(4096))
    return disk


def form(action: str, pairs: Pairs) -> bytes:
    """The body of a request."""
    return urlencode([("Action", action), ("Version", "2016-11-15"), *pairs], quote_via=quote).encode()


def report(histories: list[dict[str, Counter[str]]]) -> str:
    """By action: how many requests, how many of them were granted, and the refusals that came."""
    lines, sums = [], Counter[str]()
    for action in ACTIONS_OF_EC2:
        codes: Counter[str] = sum((one.get(action, Counter()) for one in histories), Counter[str]())
        sums.update(codes)
        refusals = ", ".join(f"{code} {count}" for code, count in codes.most_common() if code != "ok")
        lines.append(f"{action:45} {codes.total():6} {codes['ok']:6}  {refusals}")
    return "\n".join([*lines, f"{'together':45} {sums.total():6} {sums['ok']:6}"])
