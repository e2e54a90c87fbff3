"""One network of this host: a namespace with its keeper, its name service and its way out."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import structlog

from kumoniwa import run, sockets
from kumoniwa.network.doors import Door, Doors
from kumoniwa.network.host import own_addresses
from kumoniwa.network.silent_ports import SilentPorts
from kumoniwa.network.vpc.host import namespaces
from kumoniwa.network.vpc.host.errors import KeeperLost, NetworkFailed
from kumoniwa.network.vpc.host.keeper import WAY_OUT
from kumoniwa.network.vpc.host.keeper_link import KeeperLink
from kumoniwa.network.vpc.host.way_out import HostPort, Slirp, WayOut, ensure_ports
from kumoniwa.sockets import why_not
from kumoniwa.tasks import Tasks
from kumoniwa.values import dataclass

log = structlog.get_logger(__name__)

_KEEPER = "kumoniwa.network.vpc.host.keeper"
_SOCKET = "keeper.sock"
_LOG = "keeper.log"
_READY_WITHIN = 30.0  # seconds for a keeper, or a program, to be there
_NAMES, _OUT = "names", "way-out"  # what the programs are called
_PROGRAMS = {_NAMES: "dnsmasq", _OUT: "the way out"}
_NAMES_FILE = "dnsmasq.conf"
_LEASES = "leases"
DHCP_HOSTS = "dhcp-hosts"
HOSTS = "hosts"
"""The folders of the files of hosts that dnsmasq reads, for DHCP and for DNS."""


def _closed_to(addresses: Collection[IPv4Address]) -> str:
    """Rules by which no guest reaches the host at these addresses, as it would any other host of the internet."""
    rule = f'oifname "{WAY_OUT}" ip daddr {{ {", ".join(map(str, sorted(addresses)))} }} drop;' if addresses else ""
    chain = f"chain forward {{ type filter hook forward priority filter - 20; {rule} }}"
    return f"table inet host\ndelete table inet host\ntable inet host {{\n {chain}\n}}\n"


LetsIn = Callable[[IPv4Address, int], bool]
"""Whether clients on this host come to a port of TCP of a guest's address, and the answers back, as far as the network
decides that, beside the guest's security groups."""


def _everybody(address: IPv4Address, port: int) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Texts:
    """What a network is to be, or what is to change of it, as the host's programs read it.

    `settings`: the kernel's, by their path below /proc/sys. `ip`: a batch for `ip`. `nft`: batches for nft, each as a
    whole or not at all. `files`: by their path in the network's folder, all that dnsmasq reads; `dnsmasq.conf` is its
    configuration.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    ip: str = ""
    nft: Sequence[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TapFiles:
    """The open files of a tap, and of the namespace that it is in. They are the caller's to close."""

    tap: int
    network: int

    def close(self) -> None:
        """Close both."""
        os.close(self.tap)
        os.close(self.network)


@dataclass(frozen=True, slots=True)
class Devices:
    """The names of the taps that guests have, and of the links to other networks."""

    taps: frozenset[str]
    links: frozenset[str]


class Family:
    """The user namespace that the networks of one cloud share, so that they can be linked. Each cloud has its own."""

    def __init__(self) -> None:
        self.file = -1
        self.growing = asyncio.Lock()
        """To be held while a network is made: the first one makes the namespace."""

    def learn(self, network: int) -> None:
        """It is the one that this network namespace is in, if none was known."""
        if self.file < 0:
            self.file = namespaces.user_namespace(network)

    def close(self) -> None:
        """Let go of it: it lives as long as a network of it."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


class HostNetwork:
    """A network, from `ensure` until `let_go` or `ensure_gone`. Its folder is its own.

    `on_lost` is called when its keeper has ended and it is to be ensured again.
    """

    def __init__(
        self,
        key: str,
        folder: Path,
        tasks: Tasks,
        on_lost: Callable[[], None],
        family: Family,
        *,
        way_out: Callable[[Path], WayOut] | None = None,
    ) -> None:
        self.key = key
        self._folder = folder
        self._tasks = tasks
        self._on_lost = on_lost
        self._family = family
        self._way_out: WayOut = Slirp(folder) if way_out is None else way_out(folder)
        self._link: KeeperLink | None = None
        self._file = -1  # of the namespace
        self._inner = 0
        self._ready: dict[str, asyncio.Event] = {_NAMES: asyncio.Event(), _OUT: asyncio.Event()}
        self._starts: dict[str, int] = {}
        self._why: dict[str, str] = {}  # a program ended last
        self._ports: dict[str, frozenset[HostPort]] = {}
        self._stand_ins: Mapping[IPv4Address, IPv4Address] = {}
        self._lets_in: LetsIn = _everybody
        self._doors, self._silent = Doors(), SilentPorts()
        self._is_behind = False
        """Whether ports are not as they are to be, for the way out did not answer or a client was in the way."""
        self._watching: asyncio.Task[object] | None = None
        self._connecting = asyncio.Lock()
        self._opening = asyncio.Lock()

    @property
    def is_there(self) -> bool:
        """Whether it has a keeper that we are connected to."""
        return self._link is not None and self._link.alive

    def found(self, file: int) -> None:
        """A guest that lives is in this network's namespace, which this open file is; from now on the file is ours."""
        if self._file < 0:
            self._file = file
            self._family.learn(file)
        else:
            os.close(file)

    async def ensure_kept(self) -> None:
        """Afterwards it has a keeper. Raises `NetworkFailed`."""
        await self._ensure_link()

    async def ensure_way_out(self, transit: IPv4Network) -> None:
        """Afterwards it has a way out, in this block, which leads to none of the host's own addresses.

        Raises `NetworkFailed`.
        """
        link = await self._ensure_link()
        await self._ask(link, "way_out")
        own = await asyncio.to_thread(own_addresses)
        await self._ask(link, "apply", settings={}, ip=self._way_out.link(transit), nft=[_closed_to(own)])
        argv = self._way_out.command_line(self._inner, transit)
        await self._ask(link, "keep", name=_OUT, argv=list(argv), outside=True)

    async def apply(self, texts: Texts) -> None:
        """Afterwards the kernel has it, and dnsmasq serves it, as these texts do. Raises `NetworkFailed`."""
        link = await self._ensure_link()
        answer, _ = await link.ask("apply", settings=texts.settings, ip=texts.ip, nft=list(texts.nft))
        if answer["said"]:
            log.warning("the kernel refused something", network=self.key, said=answer["said"])
        if texts.files:
            await self._ensure_names(link, texts.files)

    async def ready(self, *, within: float = _READY_WITHIN) -> None:
        """Return once both programs run. Raises `NetworkFailed` where they do not within so many seconds."""
        for program, event in self._ready.items():
            try:
                async with asyncio.timeout(within):
                    await event.wait()
            except TimeoutError:
                why = self._why.get(program, "time is up")
                raise NetworkFailed(f"{_PROGRAMS[program]} does not start: {why}") from None

    async def devices(self) -> Devices:
        """The taps and links that there are. Raises `NetworkFailed`."""
        answer, _ = await (await self._ensure_link()).ask("taps")
        return Devices(frozenset(answer["names"]), frozenset(answer["links"]))

    async def ensure_link(self, name: str, other: "HostNetwork") -> None:
        """Afterwards there is a link with another network of the family, which is there, of one name at both ends.

        Raises `NetworkFailed`.
        """
        await self._ask(await self._ensure_link(), "link", name=name, peer=name, pid=other._inner)

    async def ensure_no_link(self, name: str) -> None:
        """Afterwards there is no link of this name, at either end. Raises `NetworkFailed`."""
        await self._ask(await self._ensure_link(), "unlink", name=name)

    async def tap(self, name: str) -> TapFiles:
        """A new tap of this name, for a guest that has none. Raises `NetworkFailed`."""
        link = await self._ensure_link()
        [tap] = await self._ask(link, "tap", name=name)
        return TapFiles(tap, os.dup(self._file))

    async def listen(self, address: IPv4Address, port: int, backlog: int) -> socket.socket:
        """A socket that listens in the network, at the same place as the one that an earlier server had.

        Raises `NetworkFailed`.
        """
        link = await self._ensure_link()
        [file] = await self._ask(link, "listen", address=str(address), port=port, backlog=backlog)
        listening = socket.socket(fileno=file)
        listening.setblocking(False)
        return listening

    async def stand_for(self, stand_ins: Mapping[IPv4Address, IPv4Address], lets_in: LetsIn | None = None) -> None:
        """From now on these addresses of the inside stand for these addresses of guests: one that has stood for another
        guest leads to no port until the guest listens there. At ports of TCP to which the network lets no client in
        (`lets_in`) nobody is answered. Raises `NetworkFailed`.
        """
        asked_for = self._asked_for()
        moved = {inside for inside, guest in self._stand_ins.items() if stand_ins.get(inside) != guest}
        shut = set(filter(self._is_barred, asked_for))
        self._stand_ins, self._lets_in = stand_ins, lets_in or _everybody
        if shut != set(filter(self._is_barred, asked_for)) or any(port.inside_address in moved for port in asked_for):
            async with self._opening:
                await self._open(())

    async def ensure_ports(self, owner: str, wanted: Collection[HostPort]) -> Mapping[HostPort, str]:
        """Afterwards exactly these ports of the host are open for this owner, but for those given back, each with the
        reason it is not. One of TCP that leads to a guest is open while the guest listens there, and only then; silent
        while the guest is, or the network lets nobody in.

        Raises `NetworkFailed`.
        """
        async with self._opening:
            asked_for = self._asked_for()
            before = self._ports.pop(owner, frozenset())
            if wanted:
                self._ports[owner] = frozenset(wanted)
            if not wanted and not before:
                return {}
            refused = await self._open(wanted, left=frozenset(wanted) - asked_for)
        if self._watching is None or self._watching.done():
            self._watching = self._tasks.start(self._watch(), f"knock at guests of {self.key}")
        return refused

    async def settle(self) -> None:
        """Close the ports of the host that an earlier server opened, and that this one was not asked for.

        Raises `NetworkFailed`.
        """
        async with self._opening:
            await self._open(())

    def let_go(self) -> None:
        """Let go of it: it goes on as long as a guest is in it."""
        self._silent.keep(())
        link, self._link = self._link, None
        if link is not None:
            link.close()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    async def ensure_gone(self) -> None:
        """Afterwards nothing of it is left, but what a guest that lives holds of it."""
        if (link := self._link or await self._found_keeper()) is not None:
            self._link = None
            with contextlib.suppress(KeeperLost):  # it has ended already
                await self._ask(link, "end")
            link.close()
        self.let_go()

    async def _open(
        self, wanted: Collection[HostPort], *, left: Collection[HostPort] = frozenset()
    ) -> Mapping[HostPort, str]:
        """Have those ports open that are to be; of those that are wanted now, gives back why they cannot be.

        `left`: those that an earlier server may have opened, if they are open.
        """
        self._is_behind = True
        await self.ready()
        of_all = self._asked_for()
        for port in (await self._way_out.open_ports()).keys() & left:
            if (door := self._door(port)) is not None:
                self._doors.trust(door)  # it is closed where nobody answers
        open_now = set(filter(self._is_to_be_open, of_all))
        silent = {(port.host_address, port.host_port) for port in of_all - open_now if self._is_silent(port)}
        self._silent.keep(silent)
        refused = dict(await ensure_ports(self._way_out, open_now))
        all_silent = self._silent.ensure(sorted(silent))
        for port in of_all - open_now:
            if (port.host_address, port.host_port) in self._silent:
                continue
            if (why := why_not(port.protocol, port.host_address, port.host_port)) is not None:
                refused[port] = why
        self._is_behind = not all_silent
        return {port: why for port, why in refused.items() if port in wanted}

    def _asked_for(self) -> frozenset[HostPort]:
        return frozenset[HostPort]().union(*self._ports.values())

    def _is_to_be_open(self, port: HostPort) -> bool:
        """UDP has no handshake; a port of TCP is open where the guest listens, and clients come to it."""
        if port.protocol != "tcp":
            return True
        return (door := self._door(port)) is not None and self._doors.listens(door) and not self._is_barred(port)

    def _is_silent(self, port: HostPort) -> bool:
        """Whether the guest answers nobody there, though it is there, or nobody comes to it."""
        return (door := self._door(port)) is not None and (self._doors.is_silent(door) or self._is_barred(port))

    def _is_barred(self, port: HostPort) -> bool:
        """Whether the network lets no client in to this port of a guest, or no answer out. Of UDP it is not asked: it
        has no handshake, so what is sent there is lost in silence."""
        guest = self._stand_ins.get(port.inside_address)
        return port.protocol == "tcp" and guest is not None and not self._lets_in(guest, port.inside_port)

    def _door(self, port: HostPort) -> Door | None:
        """Where it is asked whether something listens; None for UDP, and where the address leads to no guest."""
        guest = self._stand_ins.get(port.inside_address)
        return None if guest is None or port.protocol != "tcp" else (str(guest), port.inside_port)

    async def _watch(self) -> None:
        """Follow what guests listen to, as long as ports lead to them: no event tells of it."""
        while self._ports:
            doors = {door for port in self._asked_for() if (door := self._door(port)) is not None}
            try:
                if self._link is not None and self._link.alive:
                    asked = self._doors.turn(doors)
                    answer, _ = await self._link.ask("knock", doors=asked)
                    heard = {(address, port): listens for address, port, listens in answer["answers"]}
                    if self._doors.hear(asked, heard) or self._is_behind:
                        async with self._opening:
                            await self._open(())
            except NetworkFailed as failure:  # it is ensured again, and asked again then
                log.info("it is not known what guests listen to", network=self.key, reason=str(failure))
            await asyncio.sleep(self._doors.pause)

    async def _ensure_link(self) -> KeeperLink:
        """The connection to the keeper, made anew where there is none, with a new keeper where there is none."""
        async with self._connecting:
            if self._link is not None and self._link.alive:
                return self._link
            for event in self._ready.values():
                event.clear()
            async with self._family.growing:
                self._link = await self._found_keeper() or await self._new_keeper()
                self._family.learn(self._file)
            return self._link

    async def _found_keeper(self) -> KeeperLink | None:
        """A keeper that an earlier server began; None where there is none."""
        try:
            connected = sockets.connect(self._folder / _SOCKET)
        except OSError:
            return None
        try:
            return await self._greeted(connected)
        except KeeperLost:  # it had no guest any more, and ended as we came
            return None

    async def _new_keeper(self) -> KeeperLink:
        """A new keeper: of the namespace that a guest holds, else of a new one."""
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True, mode=0o700)
        (self._folder / _LOG).unlink(missing_ok=True)
        # Each line is written at the file's end, wherever that is: the keeper cuts it when it is too long.
        with sockets.listen(self._folder / _SOCKET) as listening, (self._folder / _LOG).open("ab") as output:
            kind, file = ("network", self._file) if self._file >= 0 else ("user", self._family.file)
            argv = [sys.executable, "-I", "-m", _KEEPER, str(listening.fileno())]
            files = [listening.fileno()]
            if file >= 0:
                argv += [kind, str(file)]
                files.append(file)
            pid = run.start_detached(argv, cwd=self._folder, output=output, pass_fds=files)
            connected = sockets.connect(self._folder / _SOCKET)
        log.debug("network kept", network=self.key, pid=pid, again=self._file >= 0)
        ended = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(ended, self._reap, ended, pid)
        try:
            return await self._greeted(connected)
        except KeeperLost as lost:
            said = (self._folder / _LOG).read_text(errors="replace").strip()[-1000:] or "it said nothing"
            raise NetworkFailed(f"The network of {self.key} has no keeper: {said}") from lost

    async def _greeted(self, connected: socket.socket) -> KeeperLink:
        """The link to the keeper at the other end. Raises `NetworkFailed`; then nothing of the link is left."""
        link = KeeperLink(connected, on_event=self._hear, on_end=lambda: self._ended(link))
        try:
            answer, [file] = await link.ask("hello")
        except BaseException:
            link.close()
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file, self._inner = file, int(answer["pid"])
        return link

    def _reap(self, file: int, pid: int) -> None:
        asyncio.get_running_loop().remove_reader(file)
        os.close(file)
        run.reap(pid)

    async def _ask(self, link: KeeperLink, do: str, **arguments: Any) -> list[int]:
        _, files = await link.ask(do, **arguments)
        return files

    async def _ensure_names(self, link: KeeperLink, files: Mapping[str, str]) -> None:
        """Afterwards dnsmasq runs on these files: it reads hosts again, and starts anew for another configuration."""
        changed = await asyncio.to_thread(self._write, files)
        argv = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--pid-file="]
        argv += [f"--conf-file={self._folder}/{_NAMES_FILE}", f"--dhcp-leasefile={self._folder}/{_LEASES}"]
        argv += [f"--dhcp-hostsfile={self._folder}/{DHCP_HOSTS}", f"--addn-hosts={self._folder}/{HOSTS}"]
        answer, _ = await link.ask("keep", name=_NAMES, argv=argv, outside=False)
        if changed and not answer["began"]:
            number = signal.SIGTERM if _NAMES_FILE in changed else signal.SIGHUP
            await self._ask(link, "signal", name=_NAMES, number=number)

    def _write(self, files: Mapping[str, str]) -> set[str]:
        """Write what has changed, and delete what is no more; gives the paths of both."""
        changed = {path for path, text in files.items() if self._holds(path) != text}
        for path in changed:
            target = self._folder / path
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = self._folder / ".new"
            draft.write_text(files[path])
            draft.rename(target)
        gone = {path for path in self._there(files) if path not in files}
        for path in gone:
            (self._folder / path).unlink(missing_ok=True)
        return changed | gone

    def _holds(self, path: str) -> str | None:
        try:
            return (self._folder / path).read_text()
        except FileNotFoundError:
            return None

    def _there(self, files: Mapping[str, str]) -> Iterator[str]:
        """The files in the folders that these files are in."""
        for folder in {Path(path).parent for path in files} - {Path()}:
            for each in (self._folder / folder).iterdir():
                yield str(folder / each.name)

    def _hear(self, event: Mapping[str, Any]) -> None:
        program, starts = str(event["program"]), int(event["starts"])
        if program not in self._ready:
            return
        if event["event"] == "ended":
            log.warning("a network's program ended", network=self.key, program=program, why=event["why"])
            self._ready[program].clear()
            self._why[program] = str(event["why"])
            return
        if program == _OUT and self._starts.get(_OUT, starts) != starts and self._ports:
            self._tasks.start(self._open_again(), f"open the ports of {self.key} again")
        self._starts[program] = starts
        self._ready[program].set()

    async def _open_again(self) -> None:
        """The way out is another than before: nothing is open there."""
        async with self._opening:
            refused = await self._open(frozenset[HostPort]().union(*self._ports.values()))
        if refused:
            log.warning("ports are not open any more", network=self.key, refused=len(refused))

    def _ended(self, link: KeeperLink) -> None:
        if link is self._link:
            log.warning("a network's keeper ended", network=self.key)
            self._link = None
            self._on_lost()
