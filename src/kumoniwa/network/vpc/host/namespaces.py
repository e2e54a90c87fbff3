"""The kernel's calls for namespaces and taps, as far as Python 3.11 has none."""

import ctypes
import fcntl
import os
import struct
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_NS_GET_USERNS = 0xB701
_NS_GET_PARENT = 0xB702
_PR_SET_PDEATHSIG = 1
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITIES_3 = 0x20080522
_OF_NETWORKS = (10, 12, 13)  # CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW
_EVERY = (1 << 41) - 1  # up to CAP_CHECKPOINT_RESTORE, of Linux 5.9
_INSIDE = 1000  # the user's number in the namespace
_TUNSETIFF = 0x400454CA
_TUNSETPERSIST = 0x400454CB
_IFF_TAP = 0x0002
_IFF_NO_PI = 0x1000
_IFF_VNET_HDR = 0x4000
_LONGEST_NAME = 15  # bytes of an interface's name

_SELF = Path("/proc/self")
_TUN = "/dev/net/tun"
_LIBC = ctypes.CDLL(None, use_errno=True)


def become_root(network: int | None, user: int | None) -> None:
    """Move this process, which has one thread, into a user namespace of which it is root; nothing else of it changes.

    It is the one around the user namespace that the file `user` is, or that of the network namespace that `network` is;
    a new one where there is neither. Raises `OSError` where the host forbids it.
    """
    if network is None and user is None:
        _unshare(_CLONE_NEWUSER, as_user=0)
        return
    inner = user_namespace(network) if network is not None else os.dup(user or 0)
    around = fcntl.ioctl(inner, _NS_GET_PARENT)
    os.close(inner)
    try:
        _call("setns", around, _CLONE_NEWUSER)
    finally:
        os.close(around)


def enter_new(user: int | None = None) -> None:
    """Move this process, which has one thread, into a network namespace of its own, which it and what it runs rule.

    It is in the user namespace that the file `user` is, or in a new one: who rules one network of it can link it with
    the others. Its user there is not root, which dnsmasq would want to cease to be. Raises `OSError` where the host
    forbids it.
    """
    if user is not None:
        _call("setns", user, _CLONE_NEWUSER)
        _call("unshare", _CLONE_NEWNET)
    else:
        _unshare(_CLONE_NEWUSER | _CLONE_NEWNET, as_user=_INSIDE)
    _hand_capabilities_on()


def enter(network: int) -> None:
    """The same, into the network namespace that this file is. Raises `OSError`."""
    user = user_namespace(network)
    try:
        _call("setns", user, _CLONE_NEWUSER)
    finally:
        os.close(user)
    _call("setns", network, _CLONE_NEWNET)
    _hand_capabilities_on()


def user_namespace(network: int) -> int:
    """An open file of the user namespace whose is this network namespace. Raises `OSError`."""
    return fcntl.ioctl(network, _NS_GET_USERNS)


def end_with_parent(signal: int) -> None:
    """This process gets the signal when its parent ends."""
    _call("prctl", _PR_SET_PDEATHSIG, signal, 0, 0, 0)


def open_tap(name: str, *, lasting: bool = False, with_offload: bool = True) -> int:
    """The open file of a tap of this namespace, made where there is none; it goes with its last file unless `lasting`.

    `with_offload`: each frame has virtio's header, and may be longer than the wire's (QEMU). Raises `OSError`.
    """
    if not 0 < len(name.encode()) <= _LONGEST_NAME:
        raise ValueError(f"{name!r} cannot be the name of an interface")
    flags = _IFF_TAP | _IFF_NO_PI | (_IFF_VNET_HDR if with_offload else 0)
    tap = os.open(_TUN, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        if lasting:
            fcntl.ioctl(tap, _TUNSETPERSIST, 1)
    except OSError:
        os.close(tap)
        raise
    return tap


def _unshare(kinds: int, *, as_user: int) -> None:
    """Make namespaces of these kinds, a user namespace among them, in which our user is this one, and the only one."""
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", kinds)
    (_SELF / "setgroups").write_text("deny")
    (_SELF / "uid_map").write_text(f"{as_user} {uid} 1")
    (_SELF / "gid_map").write_text(f"{as_user} {gid} 1")


def _hand_capabilities_on() -> None:
    """Programs that this process starts have its capabilities over the network."""
    handed = sum(1 << capability for capability in _OF_NETWORKS)
    low, high = _EVERY & 0xFFFFFFFF, _EVERY >> 32
    _call("capset", struct.pack("Ii", _CAPABILITIES_3, 0), struct.pack("6I", low, low, handed, high, high, 0))
    for capability in _OF_NETWORKS:
        _call("prctl", _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _call(function: str, *arguments: int | bytes) -> None:
    if getattr(_LIBC, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
