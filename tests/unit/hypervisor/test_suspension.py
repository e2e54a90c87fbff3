"""When a guest that was suspended cannot go on: it would be another machine."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from kumoniwa.hypervisor.driver import (
    DiskBus,
    GuestDisk,
    GuestId,
    GuestNic,
    GuestSpec,
    LayerId,
    NetworkPort,
)
from kumoniwa.hypervisor.driver.suspension import why_not_the_same

_ROOT, _DATA = GuestDisk(LayerId("layer-1"), "vol1"), GuestDisk(LayerId("layer-2"), "vol2")
_FIRST = GuestNic("02:00:00:00:00:01", IPv4Address("172.31.0.4"), NetworkPort("vpc-1", "eni-1"))
_SECOND = GuestNic("02:00:00:00:00:02", IPv4Address("172.31.0.5"), NetworkPort("vpc-1", "eni-2"))
_SPEC = GuestSpec(
    id=GuestId("i-1"),
    uuid="ec200000-0000-0000-0000-000000000000",
    product="t2.micro",
    vcpus=1,
    memory_mib=1024,
    disks=(_ROOT, _DATA),
    nics=(_FIRST, _SECOND),
    bus=DiskBus.VIRTIO,
)


def test_other_layers_and_another_order_are_the_same_machine() -> None:
    disks = (replace(_ROOT, layer=LayerId("layer-3")), _DATA)
    third = GuestDisk(LayerId("layer-4"), "vol3")
    assert why_not_the_same(_SPEC, replace(_SPEC, disks=disks)) is None
    assert why_not_the_same(replace(_SPEC, disks=(*disks, third)), replace(_SPEC, disks=(_ROOT, third, _DATA))) is None


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(_SPEC, vcpus=2), "Its instance type, or its CPU options, were changed since."),
        (replace(_SPEC, memory_mib=2048), "Its instance type, or its CPU options, were changed since."),
        (replace(_SPEC, product="t2.small"), "Its instance type, or its CPU options, were changed since."),
        (replace(_SPEC, bus=DiskBus.NVME), "Its machine is another one since."),
        (replace(_SPEC, uuid="ec200000-0000-0000-0000-000000000001"), "Its machine is another one since."),
        (replace(_SPEC, disks=(_ROOT,)), "Its volumes are others since."),
        (replace(_SPEC, disks=(_DATA, _ROOT)), "Its volumes are others since."),
        (replace(_SPEC, nics=(_FIRST,)), "Its network interfaces are others since."),
        (replace(_SPEC, nics=(_SECOND, _FIRST)), "Its network interfaces are others since."),
        (
            replace(_SPEC, nics=tuple(replace(nic, port=None) for nic in _SPEC.nics)),
            "It was saved in the other network mode, and this server connects guests otherwise.",
        ),
    ],
)
def test_what_makes_it_another_machine(other: GuestSpec, why: str) -> None:
    assert why_not_the_same(_SPEC, other) == why
