"""The files of a guest image that configure its network interfaces: a part of `guest_files.py`."""

# Where Kumoniwa's machines have the primary network interface, as udev tells it.
_PRIMARY_PATH = "pci-0000:00:02.0"

_PRIMARY = f"""\
# The primary interface, addressed by the cloud. The hardware address identifies it, as on EC2: machine ids change with
# images. (further-interface@.service configures what is at another place.)
[Match]
Type=ether
Path={_PRIMARY_PATH}

[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no

[DHCPv4]
ClientIdentifier=mac
UseHostname=no
UseMTU=yes
"""

_NETWORKD = """\
# Rules come from interface-addresses: networkd is to leave them.
[Network]
ManageForeignRoutingPolicyRules=no
"""

_UDEV_RULES = f"""\
# What an interface needs beside an address by DHCP, whether it is there at boot or comes later.
SUBSYSTEM!="net", GOTO="end"
ENV{{ID_PATH}}!="pci-*", GOTO="end"
ENV{{ID_PATH}}!="{_PRIMARY_PATH}", ENV{{SYSTEMD_WANTS}}+="further-interface@$name.service"
ENV{{SYSTEMD_WANTS}}+="interface-addresses@$name.service"
LABEL="end"
"""

_FURTHER_SERVICE = """\
[Unit]
Description=Network interface %I, beside the primary one
BindsTo=sys-subsystem-net-devices-%i.device
After=sys-subsystem-net-devices-%i.device systemd-networkd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/kumoniwa/further-interface start %I
ExecStop=/usr/local/lib/kumoniwa/further-interface stop %I
# Some seconds of an emulated processor that others share.
TimeoutStopSec=60s
"""

_FURTHER = """\
#!/bin/sh
# further-interface start|stop NAME: an interface beside the primary one has its address by DHCP too, but its routes in
# a table of its own: those of the main table stay the primary one's. interface-addresses adds the rules.
set -eu
file=/run/systemd/network/40-$2.network
case $1 in
    start)
        read -r index < "/sys/class/net/$2/ifindex"
        read -r mac < "/sys/class/net/$2/address"
        mkdir -p "${file%/*}"
        cat > "$file.new" <<EOF
[Match]
MACAddress=$mac

[Network]
DHCP=ipv4
LinkLocalAddressing=no
IPv6AcceptRA=no

[DHCPv4]
ClientIdentifier=mac
UseHostname=no
UseDNS=no
UseDomains=no
UseMTU=yes
RouteTable=$((10000 + index))
EOF
        mv "$file.new" "$file"
        ;;
    stop)
        table=$(sed -n 's/^RouteTable=//p' "$file")
        while ip -4 rule del priority "$table" 2> /dev/null; do :; done
        rm "$file"
        ;;
esac
networkctl reload
"""

_ADDRESSES_SERVICE = """\
[Unit]
Description=Private addresses of the network interface %I
BindsTo=sys-subsystem-net-devices-%i.device
After=sys-subsystem-net-devices-%i.device further-interface@%i.service multi-user.target

[Service]
ExecStart=/usr/local/lib/kumoniwa/interface-addresses %I
Restart=on-failure
Nice=15
"""

_ADDRESSES = """\
#!/bin/sh
# interface-addresses NAME [SECONDS]: the interface has all private addresses that the metadata lists of it (DHCP gives
# the first only). Where its routes are in a table of its own (further-interface), a rule for each address leads there:
# who is asked at an address answers by its interface. Looks every minute, as EC2's images do, or as often as told.
set -u
name=$1
every=${2:-60}
metadata=http://169.254.169.254/latest
read -r mac < "/sys/class/net/$name/address"
token=
secondary=

asked() {
    curl -s -f -m 10 "$@"
}

listed() {
    [ "$token" ] || return
    asked -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/network/interfaces/macs/$mac/local-ipv4s"
}

# has LIST WORD
has() {
    case " $(echo $1) " in *" $2 "*) ;; *) return 1 ;; esac
}

# Where the metadata says nothing, all stays as it is.
set_addresses() {
    if ! wanted=$(listed); then
        token=$(asked -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600' "$metadata/api/token") || return
        wanted=$(listed) || return
    fi
    wanted=$(echo "$wanted" | tail -n +2)
    for address in $secondary; do
        has "$wanted" "$address" || ip addr del "$address/32" dev "$name"
    done
    for address in $wanted; do
        ip addr replace "$address/32" dev "$name" noprefixroute
    done
    secondary=$wanted
}

set_rules() {
    addresses=$(ip -o -4 addr show dev "$name" | awk '{ sub("/.*", "", $4); print $4 }')
    table=$(sed -n 's/^RouteTable=//p' "/run/systemd/network/40-$name.network" 2> /dev/null)
    [ -n "$table" ] || return 0
    ruled=$(ip -4 rule show priority "$table" | awk '{ print $3 }')
    for address in $ruled; do
        has "$addresses" "$address" || ip -4 rule del from "$address" priority "$table"
    done
    for address in $addresses; do
        has "$ruled" "$address" || ip -4 rule add from "$address" lookup "$table" priority "$table"
    done
}

# The metadata, or DHCP, may be a moment behind the device.
soon=30
while :; do
    set_addresses && told=yes || told=
    set_rules
    if [ "$soon" -eq 0 ] || { [ "$told" ] && [ "$addresses" ]; }; then
        soon=0
        sleep "$every"
    else
        soon=$((soon - 1))
        sleep 2
    fi
done
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
    "etc/systemd/network/50-primary.network": _PRIMARY,
    "etc/systemd/networkd.conf.d/kumoniwa.conf": _NETWORKD,
    "etc/udev/rules.d/90-interfaces.rules": _UDEV_RULES,
    "etc/systemd/system/further-interface@.service": _FURTHER_SERVICE,
    "usr/local/lib/kumoniwa/further-interface": _FURTHER,
    "etc/systemd/system/interface-addresses@.service": _ADDRESSES_SERVICE,
    "usr/local/lib/kumoniwa/interface-addresses": _ADDRESSES,
    "etc/systemd/system/systemd-networkd-wait-online.service.d/any.conf": _WAIT_ONLINE,
    "usr/local/lib/kumoniwa/write-resolv-conf": _WRITE_RESOLV_CONF,
    "etc/resolv.conf": "# Written at boot from what DHCP said.\n",
}

MODES: dict[str, int] = {
    "usr/local/lib/kumoniwa/further-interface": 0o755,
    "usr/local/lib/kumoniwa/interface-addresses": 0o755,
    "usr/local/lib/kumoniwa/write-resolv-conf": 0o755,
}
