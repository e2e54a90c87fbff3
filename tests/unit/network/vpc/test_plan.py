"""What a VPC's plan derives: names of devices, the block of its way out, members of groups, numbers."""

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from kumoniwa.network.vpc.plan import Address, Interface, Peering, Plan, Subnet, members, numbered, transit_address

PUBLIC = st.integers(min_value=0, max_value=2**24 - 1).map(lambda number: IPv4Address("127.0.0.0") + number)


def interface(identifier: str, *addresses: str, groups: tuple[str, ...] = ()) -> Interface:
    return Interface(
        id=identifier,
        subnet_id="subnet-0a",
        mac="0a:00:00:00:00:01",
        addresses=tuple(Address(IPv4Address(address)) for address in addresses),
        group_ids=groups,
    )


def plan(*cidrs: str, peers: tuple[str, ...] = ()) -> Plan:
    peering = Peering("pcx-0123456789abcdef0", "vpc-0b", tuple(map(IPv4Network, peers)))
    return Plan("vpc-0a", "us-east-1", tuple(map(IPv4Network, cidrs)), peerings={peering.id: peering})


def test_a_device_s_name_is_as_long_as_the_kernel_lets_it_be() -> None:
    assert interface("eni-0123456789abcdef0", "10.0.0.4").tap == "e3456789abcdef0"
    assert len(interface("eni-0123456789abcdef0", "10.0.0.4").tap) == 15
    assert len(Peering("pcx-0123456789abcdef0", "vpc-0b", ()).link) == 15


def test_the_router_and_the_resolver_have_the_addresses_that_ec2_keeps_for_them() -> None:
    assert Subnet("subnet-0a", IPv4Network("10.0.16.0/20"), "rtb-0a", "acl-0a").router == IPv4Address("10.0.16.1")
    assert plan("10.0.0.0/16", "10.1.0.0/16").resolver == IPv4Address("10.0.0.2")


def test_the_way_out_has_a_block_that_is_no_part_of_the_vpc() -> None:
    assert plan("10.0.0.0/16").transit == IPv4Network("100.64.0.0/24")
    assert plan("10.0.0.0/16", "100.64.0.0/16").transit == IPv4Network("100.65.0.0/24")
    assert plan("10.0.0.0/16", peers=("100.64.0.0/16",)).transit == IPv4Network("100.65.0.0/24")
    assert plan("100.65.0.0/16", peers=("100.64.0.0/16",)).transit == IPv4Network("100.66.0.0/24")
    assert plan("100.65.0.0/16", peers=("100.64.0.0/16",)).host == IPv4Address("100.66.0.2")


@given(st.sets(PUBLIC, min_size=2, max_size=50))
def test_two_public_addresses_never_stand_for_each_other_in_the_namespace(public: set[IPv4Address]) -> None:
    inside = {transit_address(address) for address in public}
    assert len(inside) == len(public)
    assert all(address in IPv4Network("240.0.0.0/8") for address in inside)


def test_the_members_of_a_group_are_all_addresses_of_its_interfaces_here_and_in_peered_vpcs() -> None:
    peered = {"sg-0c": (IPv4Address("10.9.0.4"),)}
    active = Peering("pcx-0a", "vpc-0b", (IPv4Network("10.9.0.0/16"),), members=peered)
    gone = Peering("pcx-0b", "vpc-0c", (), active=False, members={"sg-0d": (IPv4Address("10.8.0.4"),)})
    found = members(
        Plan(
            "vpc-0a",
            "us-east-1",
            (IPv4Network("10.0.0.0/16"),),
            interfaces={
                "eni-0a": interface("eni-0a", "10.0.0.9", "10.0.0.4", groups=("sg-0a", "sg-0b")),
                "eni-0b": interface("eni-0b", "10.0.0.5", groups=("sg-0a",)),
            },
            peerings={"pcx-0a": active, "pcx-0b": gone},
        )
    )
    assert {group: [str(address) for address in addresses] for group, addresses in found.items()} == {
        "sg-0a": ["10.0.0.4", "10.0.0.5", "10.0.0.9"],
        "sg-0b": ["10.0.0.4", "10.0.0.9"],
        "sg-0c": ["10.9.0.4"],
    }


@given(st.sets(st.integers(min_value=0, max_value=2**68 - 1).map(lambda number: f"rtb-{number:017x}"), max_size=30))
def test_numbers_are_distinct_and_within_their_bounds(ids: set[str]) -> None:
    found = numbered(ids, 1000, 30)
    assert set(found) == ids
    assert len(set(found.values())) == len(ids)
    assert all(1000 <= number < 1030 for number in found.values())


def test_a_number_is_the_id_s_own_where_no_two_meet() -> None:
    assert numbered({"rtb-0a", "rtb-1b"}, 1000, 1 << 16) == {"rtb-0a": 1010, "rtb-1b": 1027}
    assert numbered({"rtb-0a"}, 1000, 1 << 16)["rtb-0a"] == 1010
