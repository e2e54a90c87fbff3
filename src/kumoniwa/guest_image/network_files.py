"""The files of a guest image that configure its network interfaces: a part of `guest_files.py`."""

_NETWORK = """\
# One interface, addressed by the cloud. The hardware address identifies it, as on EC2: machine ids change with images.
[Match]
Type=ether

[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no

[DHCPv4]
ClientIdentifier=mac
UseHostname=no
UseMTU=yes
"""

_WAIT_ONLINE = """\
# One interface with an IPv4 address is enough; then the name servers that came with it are written down.
[Service]
ExecStart=
ExecStart=/lib/systemd/systemd-networkd-wait-online --any --ipv4 --timeout=60
ExecStartPost=/usr/local/lib/kumoniwa/write-resolv-conf
"""

_WRITE_RESOLV_CONF = """\
#!/bin/sh
# Name servers and search domains that networkd was given, into /etc/resolv.conf (there is no resolved here).
set -eu
{
    echo "# Written at boot from what DHCP said."
    while IFS='=' read -r key value; do
        case $key in
            DNS) for server in $value; do echo "nameserver $server"; done ;;
            DOMAINS) [ -z "$value" ] || echo "search $value" ;;
        esac
    done < /run/systemd/netif/state
} > /etc/resolv.conf.new
mv /etc/resolv.conf.new /etc/resolv.conf
"""

FILES: dict[str, str] = {
    "etc/systemd/network/50-ethernet.network": _NETWORK,
    "etc/systemd/system/systemd-networkd-wait-online.service.d/any.conf": _WAIT_ONLINE,
    "usr/local/lib/kumoniwa/write-resolv-conf": _WRITE_RESOLV_CONF,
    "etc/resolv.conf": "# Written at boot from what DHCP said.\n",
}

MODES: dict[str, int] = {
    "usr/local/lib/kumoniwa/write-resolv-conf": 0o755,
}
