"""EC2's instance types: a table of facts that is read a line at a time."""

from collections import Counter

import pytest

from kumoniwa.model.instance_types import DEFAULT_INSTANCE_TYPE, INSTANCE_TYPES, USUAL_INSTANCE_TYPE, InstanceTypes


def test_only_types_that_were_asked_for_are_kept() -> None:
    types = InstanceTypes()
    assert types._known == {}
    assert (types["t3.micro"].vcpus, types["t3.micro"].memory_mib) == (2, 1024)
    assert "t3.huge" not in types and types.get("t3.micro\tx86_64") is None
    every = types.every()
    assert len(every) == len(types) == len(list(types))
    assert types._known.keys() == {"t3.micro"}


def test_every_line_is_a_type_that_a_guest_could_have() -> None:
    every = INSTANCE_TYPES.every()
    assert [kind.name for kind in every] == sorted(INSTANCE_TYPES)
    for kind in every:
        assert INSTANCE_TYPES[kind.name] == kind
        assert kind.vcpus >= 1 and kind.memory_mib >= 512 and kind.most_interfaces >= 1 and kind.most_addresses >= 1
        assert kind.cores * kind.threads_per_core == kind.vcpus or kind.threads_per_core == 1 or kind.vcpus == 1
        assert kind.hypervisor in ("nitro", "xen", "") and kind.boot_modes
        assert not kind.valid_cores or max(kind.valid_cores) <= kind.cores
    assert {DEFAULT_INSTANCE_TYPE, USUAL_INSTANCE_TYPE} <= {kind.name for kind in every}
    assert max(Counter(kind.name for kind in every).values()) == 1


@pytest.mark.parametrize(
    "family", ["m8g", "c8i", "r8a", "t4g", "g6", "p5en", "i8g", "hpc7a", "x8g", "trn2", "u7i-12tb"]
)
def test_families_of_today_are_there(family: str) -> None:
    assert any(kind.family == family for kind in INSTANCE_TYPES.every())


def test_devices_are_read_as_they_are_written() -> None:
    large = INSTANCE_TYPES["p5.48xlarge"]
    assert [(gpu.count, gpu.maker, gpu.name, gpu.memory_mib) for gpu in large.gpus] == [(8, "NVIDIA", "H100", 81920)]
    assert (large.storage_gb, large.storage_is_nvme) == (8 * 3800, True)
    assert INSTANCE_TYPES["m1.small"].storage_is_nvme is False
