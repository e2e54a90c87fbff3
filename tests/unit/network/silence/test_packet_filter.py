"""The table of the host's packet filter, as text."""

from kumoniwa.network.silence.admitted import Admitted
from kumoniwa.network.silence.packet_filter import objects
from kumoniwa.network.vpc.nft_objects import changing

_TABLE = "ip kumoniwa-1-2"
_BEFORE = {"127.20.0.1": Admitted((("tcp", 22, 22), ("udp", 1000, 2000)), echo=True), "127.20.0.2": None}


def test_it_names_addresses_of_the_cloud_alone_and_those_last() -> None:
    text = changing([], objects(_TABLE, _BEFORE)).text
    assert (
        text
        == """\
add set ip kumoniwa-1-2 admitted { type ipv4_addr . inet_proto . inet_service; flags interval; }
add set ip kumoniwa-1-2 echoing { type ipv4_addr; }
add set ip kumoniwa-1-2 addresses { type ipv4_addr; }
add chain ip kumoniwa-1-2 public
add chain ip kumoniwa-1-2 arriving { type filter hook input priority filter - 10; policy accept; }
add rule ip kumoniwa-1-2 public tcp flags & (syn | ack) != syn accept
add rule ip kumoniwa-1-2 public ip daddr . meta l4proto . th dport @admitted accept
add rule ip kumoniwa-1-2 public icmp type != echo-request accept
add rule ip kumoniwa-1-2 public icmp type echo-request ip daddr @echoing accept
add rule ip kumoniwa-1-2 public drop
add rule ip kumoniwa-1-2 arriving iifname "lo" ip daddr @addresses goto public
add element ip kumoniwa-1-2 admitted { 127.20.0.1 . tcp . 22, 127.20.0.1 . udp . 1000-2000 }
add element ip kumoniwa-1-2 echoing { 127.20.0.1 }
add element ip kumoniwa-1-2 addresses { 127.20.0.1, 127.20.0.2 }
"""
    )


def test_a_change_names_what_has_changed() -> None:
    after = {"127.20.0.1": Admitted((("tcp", 22, 22), ("tcp", 80, 80))), "127.20.0.3": None}
    assert (
        changing(objects(_TABLE, _BEFORE), objects(_TABLE, after)).text
        == """\
delete element ip kumoniwa-1-2 admitted { 127.20.0.1 . udp . 1000-2000 }
delete element ip kumoniwa-1-2 echoing { 127.20.0.1 }
delete element ip kumoniwa-1-2 addresses { 127.20.0.2 }
add element ip kumoniwa-1-2 admitted { 127.20.0.1 . tcp . 80 }
add element ip kumoniwa-1-2 addresses { 127.20.0.3 }
"""
    )
