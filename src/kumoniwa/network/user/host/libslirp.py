"""libslirp, the library by which QEMU carries packets of user networks: here without QEMU, for one guest.

It speaks Ethernet with the guest and the host's own sockets with the rest of the world. What is declared here is the
first version of its interface, which all later ones keep (libslirp.h).
"""

import ctypes
import os
import select
import sys
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network

LIBRARY = "libslirp.so.0"
_CONFIG_VERSION = 1
_IN, _OUT, _PRI, _ERR, _HUP = 1, 2, 4, 8, 16
_TO_POLL = {_IN: select.POLLIN, _OUT: select.POLLOUT, _PRI: select.POLLPRI, _ERR: select.POLLERR, _HUP: select.POLLHUP}
_FOREVER = 0xFFFFFFFF  # milliseconds

_Address = ctypes.c_uint32  # struct in_addr, in the network's order of bytes
_SEND = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p)
_SAY = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_void_p)
_CLOCK = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)
_TIMER_NEW = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_TIMER_FREE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
_TIMER_MOD = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
_OF_FILE = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p)
_NOTIFY = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_ADD_POLL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
_GET_EVENTS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)


class _Config(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint32),
        ("restricted", ctypes.c_int),
        ("in_enabled", ctypes.c_bool),
        ("vnetwork", _Address),
        ("vnetmask", _Address),
        ("vhost", _Address),
        ("in6_enabled", ctypes.c_bool),
        ("vprefix_addr6", ctypes.c_uint8 * 16),
        ("vprefix_len", ctypes.c_uint8),
        ("vhost6", ctypes.c_uint8 * 16),
        ("vhostname", ctypes.c_char_p),
        ("tftp_server_name", ctypes.c_char_p),
        ("tftp_path", ctypes.c_char_p),
        ("bootfile", ctypes.c_char_p),
        ("vdhcp_start", _Address),
        ("vnameserver", _Address),
        ("vnameserver6", ctypes.c_uint8 * 16),
        ("vdnssearch", ctypes.c_void_p),
        ("vdomainname", ctypes.c_char_p),
        ("if_mtu", ctypes.c_size_t),
        ("if_mru", ctypes.c_size_t),
        ("disable_host_loopback", ctypes.c_bool),
        ("enable_emu", ctypes.c_bool),
    )


class _Callbacks(ctypes.Structure):
    _fields_ = (
        ("send_packet", _SEND),
        ("guest_error", _SAY),
        ("clock_get_ns", _CLOCK),
        ("timer_new", _TIMER_NEW),
        ("timer_free", _TIMER_FREE),
        ("timer_mod", _TIMER_MOD),
        ("register_poll_fd", _OF_FILE),
        ("unregister_poll_fd", _OF_FILE),
        ("notify", _NOTIFY),
        ("init_completed", ctypes.c_void_p),  # of later versions from here on
        ("timer_new_opaque", ctypes.c_void_p),
    )


class Slirp:
    """A network of one guest, which is given `address` by DHCP, and frames by `send`.

    The host's loopback services are not reached by the router's address. For a process of one thread, which calls
    `fill`, polls, and calls `go_on`. Raises `OSError` where the host has no such library.
    """

    def __init__(
        self,
        network: IPv4Network,
        router: IPv4Address,
        resolver: IPv4Address,
        address: IPv4Address,
        mtu: int,
        send: Callable[[bytes], None],
    ) -> None:
        self._library = _loaded()
        self._files: list[tuple[int, int]] = []
        self._events: dict[int, int] = {}

        def send_packet(buffer: int, length: int, _: object) -> int:
            send(ctypes.string_at(buffer, length))
            return length

        config = _Config(
            version=_CONFIG_VERSION,
            in_enabled=True,
            vnetwork=_in_addr(network.network_address),
            vnetmask=_in_addr(network.netmask),
            vhost=_in_addr(router),
            vdhcp_start=_in_addr(address),
            vnameserver=_in_addr(resolver),
            vdomainname=b"ec2.internal",
            if_mtu=mtu,
            if_mru=mtu,
            disable_host_loopback=True,
        )
        # Timers are IPv6's alone, which is off. The library keeps what it is called back by, and so do we.
        self._callbacks = _Callbacks(
            _SEND(send_packet),
            _SAY(lambda message, _: None),  # a guest's nonsense is its own affair
            _CLOCK(lambda _: time.monotonic_ns()),
            _TIMER_NEW(lambda *_: None),
            _TIMER_FREE(lambda *_: None),
            _TIMER_MOD(lambda *_: None),
            _OF_FILE(lambda *_: None),
            _OF_FILE(lambda *_: None),
            _NOTIFY(lambda _: None),
        )
        self._add_poll = _ADD_POLL(self._note_file)
        self._get_events = _GET_EVENTS(self._events_of)
        self._slirp = self._library.slirp_new(ctypes.byref(config), ctypes.byref(self._callbacks), None)
        if not self._slirp:
            raise OSError(f"{LIBRARY} takes no such network")

    def lead_to_socket(self, address: IPv4Address, port: int, path: str) -> None:
        """Have what the guest connects to at this place of its network reach a unix socket. Raises `OSError`."""
        place = _Address(_in_addr(address))
        if self._library.slirp_add_unix(self._slirp, path.encode(), ctypes.byref(place), port) < 0:
            raise OSError(f"{LIBRARY} cannot have {address}:{port} lead to a socket")

    def input(self, frame: bytes) -> None:
        """A frame of the guest's."""
        self._library.slirp_input(self._slirp, frame, len(frame))

    def open(self, protocol: str, host: tuple[IPv4Address, int], guest: tuple[IPv4Address, int]) -> None:
        """Open a port of the host, of `tcp` or `udp`, that leads to one of the guest. Raises `OSError`."""
        ctypes.set_errno(0)
        there, here = (_in_addr(host[0]), host[1]), (_in_addr(guest[0]), guest[1])
        if self._library.slirp_add_hostfwd(self._slirp, protocol == "udp", *there, *here) < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def close(self, protocol: str, host: tuple[IPv4Address, int]) -> None:
        """Close a port of the host. Connections that were made by it go on."""
        self._library.slirp_remove_hostfwd(self._slirp, protocol == "udp", _in_addr(host[0]), host[1])

    def fill(self, poller: select.poll, *, rests: bool = False) -> int | None:
        """Have a poller look at what is waited for; gives for how long at most, in milliseconds: None for no limit.

        `rests`: but for files that are only read, as those are by which clients connect, and those of UDP.
        """
        self._files.clear()
        wait = ctypes.c_uint32(_FOREVER)
        self._library.slirp_pollfds_fill(self._slirp, ctypes.byref(wait), self._add_poll, None)
        wanted: dict[int, int] = {}
        for file, events in self._files:
            wanted[file] = wanted.get(file, 0) | events
        for file, events in wanted.items():
            if rests and events & (_IN | _OUT | _PRI) == _IN:
                continue
            poller.register(file, sum(there for ours, there in _TO_POLL.items() if events & ours))
        return None if wait.value == _FOREVER else wait.value

    def go_on(self, events: dict[int, int]) -> None:
        """Do what is to be done: for the files of the last `fill` with what happened to them, and for the time."""
        self._events = events
        self._library.slirp_pollfds_poll(self._slirp, 0, self._get_events, None)

    def _note_file(self, file: int, events: int, _: object) -> int:
        self._files.append((file, events))
        return len(self._files) - 1

    def _events_of(self, index: int, _: object) -> int:
        if not 0 <= index < len(self._files):
            return 0
        happened = self._events.get(self._files[index][0], 0)
        return sum(ours for ours, there in _TO_POLL.items() if happened & there)


def _in_addr(address: IPv4Address) -> int:
    return int.from_bytes(address.packed, sys.byteorder)


def _loaded() -> ctypes.CDLL:
    library = ctypes.CDLL(LIBRARY, use_errno=True)
    port, pointer = ctypes.c_int, ctypes.c_void_p
    for name, result, arguments in (
        ("slirp_new", pointer, (pointer, pointer, pointer)),
        ("slirp_input", None, (pointer, ctypes.c_char_p, ctypes.c_int)),
        ("slirp_add_unix", ctypes.c_int, (pointer, ctypes.c_char_p, pointer, port)),
        ("slirp_add_hostfwd", ctypes.c_int, (pointer, ctypes.c_int, _Address, port, _Address, port)),
        ("slirp_remove_hostfwd", ctypes.c_int, (pointer, ctypes.c_int, _Address, port)),
        ("slirp_pollfds_fill", None, (pointer, pointer, _ADD_POLL, pointer)),
        ("slirp_pollfds_poll", None, (pointer, ctypes.c_int, _GET_EVENTS, pointer)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
