"""The server's end of the network of a guest that is alone (`lone_network.py`)."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import structlog

from kumoniwa import run, sockets
from kumoniwa.network.user.host.lone_network import GUEST_SOCKET
from kumoniwa.network.user.host.lone_port import LonePort
from kumoniwa.network.vpc.host.errors import KeeperSilent, NetworkFailed
from kumoniwa.network.vpc.host.keeper_link import KeeperLink
from kumoniwa.tasks import Tasks

log = structlog.get_logger(__name__)

_PROGRAM = "kumoniwa.network.user.host.lone_network"
_SOCKET = "network.sock"
_LOG = "network.log"
_AGAIN_AFTER, _AGAIN_AFTER_MOST = 1.0, 30.0  # seconds
_RAN = 10.0  # seconds; one that ended sooner did not get on
_SAID = 300  # bytes of why it does not start
_ENDS_WITHIN = 5.0  # seconds after QEMU, or after it was killed
_ANSWERS_WITHIN, _STARTS_WITHIN = 5.0, 30.0  # seconds; one that takes longer is killed
_PROC = Path("/proc")


class LoneLink:
    """The network of a guest of which QEMU listens in this folder: there from `begin`, or `ensure_there`, on, and as
    long as QEMU lives. `lives` says whether it does. One that ends before is begun again, with its ports; one that does
    not answer is killed, and counts as ended.
    """

    def __init__(
        self, folder: Path, mac: str, subnet: IPv4Network, address: IPv4Address, lives: Callable[[], bool], tasks: Tasks
    ) -> None:
        self._folder = folder
        self._interface = (mac, str(subnet), str(address))
        self._lives = lives
        self._tasks = tasks
        self._link: KeeperLink | None = None
        self._pid: int | None = None
        self._began, self._again_after = 0.0, _AGAIN_AFTER
        self._ports: Collection[LonePort] = ()
        self._starts = False  # until it has answered for the first time
        self._connecting = asyncio.Lock()
        self._released = False
        self._gone = asyncio.Event()

    @staticmethod
    def is_of(folder: Path) -> bool:
        """Whether the guest of this folder has such a network: those that earlier versions started have another."""
        return (folder / GUEST_SOCKET).exists()

    async def begin(self) -> None:
        """A new network for a new QEMU; see `ready`. Raises `NetworkFailed`."""
        async with self._connecting:
            self._link = self._begun()

    async def ready(self) -> None:
        """Return once one that was begun carries packets. Raises `NetworkFailed` where it does not."""
        try:
            await self.ensure_ports(())
        except NetworkFailed as failure:
            said = (self._folder / _LOG).read_bytes()[-_SAID:].decode(errors="replace").strip()
            last = said.rpartition("\n")[2] or str(failure)
            raise NetworkFailed(f"The guest's network does not start: {last}") from failure

    async def ensure_there(self) -> None:
        """Afterwards it is there: the one that an earlier server began, or a new one. Raises `NetworkFailed`."""
        async with self._connecting:
            if self._link is None or not self._link.alive:
                try:
                    self._link = self._linked()
                except (FileNotFoundError, ConnectionRefusedError):
                    self._link = self._begun()
                except BlockingIOError:  # it accepts nobody
                    await self._ensure_killed()
                    self._link = self._begun()
                except OSError as failure:
                    raise NetworkFailed(f"The guest's network is not reached: {failure}") from failure

    async def ensure_ports(self, wanted: Collection[LonePort]) -> Mapping[LonePort, str]:
        """Afterwards exactly these ports lead to the guest, those of TCP while it listens there, but for those given
        back, each with the reason. Raises `NetworkFailed`."""
        self._ports = ordered = tuple(wanted)
        try:
            refused = await self._asked(ordered)
        except KeeperSilent:
            refused = await self._asked(ordered)  # another one
        return {ordered[number]: why for number, why in refused}

    async def gone(self) -> None:
        """Return once it has ended, after QEMU, by itself or killed: then none of its ports is open."""
        try:
            async with asyncio.timeout(_ENDS_WITHIN):
                await self._gone.wait()
        except TimeoutError:
            await self._ensure_killed()

    def release(self) -> None:
        """Let go of it: it goes on as long as QEMU."""
        self._released = True
        if self._link is not None:
            self._link.close()

    async def _asked(self, wanted: Sequence[LonePort]) -> Sequence[tuple[int, str]]:
        """What is refused of these ports, by number. Raises `NetworkFailed`; `KeeperSilent` when it was killed."""
        await self.ensure_there()
        link, within = self._link, _STARTS_WITHIN if self._starts else _ANSWERS_WITHIN
        assert link is not None, "it is there"
        try:
            answer, _ = await link.ask("ports", within=within, wanted=[port.as_json for port in wanted])
        except KeeperSilent:
            log.warning("a guest's network does not answer, and is killed", guest=self._folder.name)
            async with self._connecting:
                if self._link is link:  # else another one was begun meanwhile
                    await self._ensure_killed()
            raise
        self._starts = False
        refused: Sequence[tuple[int, str]] = answer["refused"]
        return refused

    async def _ensure_killed(self) -> None:
        """Afterwards no process carries this guest's packets, also none that an earlier server began."""
        for ended in _held(self._folder):
            try:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(ended, signal.SIGKILL)
                if not await _readable(ended, within=_ENDS_WITHIN):
                    log.error("a guest's network does not end, though it was killed", guest=self._folder.name)
            finally:
                os.close(ended)
        if self._pid is not None:
            run.reap(self._pid)

    def _begun(self) -> KeeperLink:
        try:
            with sockets.listen(self._folder / _SOCKET) as listening, (self._folder / _LOG).open("ab") as output:
                argv = [sys.executable, "-I", "-m", _PROGRAM, str(listening.fileno()), *self._interface]
                self._began, self._starts = time.monotonic(), True
                self._pid = run.start_detached(argv, cwd=self._folder, output=output, pass_fds=[listening.fileno()])
                return self._linked()
        except OSError as failure:
            raise NetworkFailed(f"The guest's network does not start: {failure}") from failure

    def _linked(self) -> KeeperLink:
        connected = sockets.connect(self._folder / _SOCKET)
        self._gone.clear()
        return KeeperLink(connected, on_event=lambda event: None, on_end=self._ended)

    def _ended(self) -> None:
        self._gone.set()
        if not self._released:
            self._tasks.start(self._again(), f"the network of {self._folder.name} again")

    async def _again(self) -> None:
        ran = time.monotonic() - self._began > _RAN
        self._again_after = _AGAIN_AFTER if ran else min(2 * self._again_after, _AGAIN_AFTER_MOST)
        await asyncio.sleep(self._again_after)  # it ends with QEMU, of whose end we may hear later
        if self._pid is not None:
            run.reap(self._pid)
        if self._released or not self._lives():
            return
        log.warning("a guest's network ended", guest=self._folder.name)
        try:
            await self.ensure_ports(self._ports)
        except NetworkFailed as failure:  # its end has us try again, if it had begun
            log.error("a guest has no network", guest=self._folder.name, reason=str(failure))


def _held(folder: Path) -> Sequence[int]:
    """The processes that carry packets of this folder's guest, as open files (pidfds), which are the caller's."""
    held = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and _carries(entry, folder):
            with contextlib.suppress(ProcessLookupError):
                process = os.pidfd_open(int(entry.name))
                if _carries(entry, folder):  # looked at again: from now on the number cannot change hands
                    held.append(process)
                else:
                    os.close(process)
    return held


def _carries(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").samefile(folder) and _PROGRAM.encode() in (entry / "cmdline").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile, or is another user's
        return False


async def _readable(file: int, *, within: float) -> bool:
    """Whether an open file becomes readable within so many seconds: a pidfd does when its process has ended."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(file, readable.set)
    try:
        async with asyncio.timeout(within):
            await readable.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(file)
    return True
