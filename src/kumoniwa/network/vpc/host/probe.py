"""Whether this host lets us carry packets between guests: tried, step by step, in a network that is gone afterwards."""

import os
import tempfile
from ipaddress import IPv4Network
from pathlib import Path

from kumoniwa.network.vpc.host.errors import NetworkFailed
from kumoniwa.network.vpc.host.host_network import DHCP_HOSTS, HOSTS, Family, HostNetwork, Texts
from kumoniwa.refusal import Refusal, happened
from kumoniwa.run import ProgramMissing, find
from kumoniwa.tasks import Tasks

PROGRAMS = ("ip", "nft", "dnsmasq", "slirp4netns")
_TUN = Path("/dev/net/tun")
_SYSCTL = Path("/proc/sys")
_FORBIDDEN_BY = {  # what forbids a user namespace, and the value with which it does
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "kernel/unprivileged_userns_clone": "0",
    "user/max_user_namespaces": "0",
    "user/max_net_namespaces": "0",
}
_READY_WITHIN = 10.0  # seconds; it takes a tenth of one
_RULES = """table inet probe {
  map public { type ipv4_addr : ipv4_addr; }
  chain in { type nat hook prerouting priority dstnat; dnat ip to ip daddr map @public; }
  chain through { type filter hook forward priority filter; policy drop; ct state established,related accept; }
}
"""
_TRANSIT = IPv4Network("100.64.0.0/24")
_NAMES = "pid-file=\nno-resolv\nno-hosts\nbind-dynamic\ninterface=lo\n"


async def probe() -> Refusal | None:
    """What stands before mode `vpc` on this host first, with the way out; None where it works."""
    for program in PROGRAMS:
        try:
            find(program)
        except ProgramMissing as missing:
            return missing
    tasks = Tasks("probe of networks")
    with tempfile.TemporaryDirectory(prefix="kumoniwa-probe-") as folder:
        family = Family()
        network = HostNetwork("probe", Path(folder), tasks, lambda: None, family)
        try:
            return await _tried(network)
        finally:
            await network.ensure_gone()
            family.close()
            await tasks.close()


async def _tried(network: HostNetwork) -> Refusal | None:
    try:
        await network.ensure_kept()
    except NetworkFailed as failure:
        return _no_namespace(failure)
    try:
        await network.apply(Texts(ip="link set lo up\n", nft=[_RULES]))
    except NetworkFailed as failure:
        way_out = "A kernel with nf_tables, nf_conntrack and nf_nat; modules are loaded by: sudo modprobe nft_chain_nat"
        return Refusal(f"the kernel does not take the rules of a VPC: {happened(failure)}", way_out=way_out)
    try:
        (await network.tap("e0")).close()
    except NetworkFailed as failure:
        return _no_tap(failure)
    try:
        await network.apply(Texts(files={"dnsmasq.conf": _NAMES, f"{HOSTS}/none": "", f"{DHCP_HOSTS}/none": ""}))
        await network.ensure_way_out(_TRANSIT)
        await network.ready(within=_READY_WITHIN)
    except NetworkFailed as failure:
        return Refusal(happened(failure), way_out="dnsmasq and slirp4netns, run in a terminal, may say more.")
    return None


def _no_namespace(failure: NetworkFailed) -> Refusal:
    for setting, value in _FORBIDDEN_BY.items():
        if _value(setting) == value:
            allowed = {"0": "1", "1": "0"}[value] if not setting.startswith("user/") else "10000"
            what = f"this host forbids network namespaces: {setting.replace('/', '.')} is {value}"
            return Refusal(what, way_out=f"sudo sysctl {setting.replace('/', '.')}={allowed}")
    what = f"this host lets us have no network namespace: {happened(failure)}"
    return Refusal(
        what, way_out="In a container: one that may make user namespaces (a seccomp profile that allows it)."
    )


def _no_tap(failure: NetworkFailed) -> Refusal:
    if not _TUN.exists():
        return Refusal(f"this host has no {_TUN}", way_out="sudo modprobe tun; in a container: --device /dev/net/tun")
    if not os.access(_TUN, os.R_OK | os.W_OK):
        return Refusal(f"this user may not open {_TUN}", way_out=f"sudo chmod 0666 {_TUN}, as most systems have it")
    return Refusal(f"no tap can be made: {happened(failure)}", way_out="A kernel with CONFIG_TUN.")


def _value(setting: str) -> str | None:
    try:
        return (_SYSCTL / setting).read_text().strip()
    except OSError:
        return None
