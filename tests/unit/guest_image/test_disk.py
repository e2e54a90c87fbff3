"""The layout of the image's disk: where the parts of two boot loaders lie, and that none lies in another."""

import itertools
import re

from kumoniwa.guest_image.disk import MIB, filling_script, partition_table, root_span

_DISK = 8 * 1024 * MIB


def _partitions(table: str) -> dict[int, tuple[int, int]]:
    """Partition number to its first sector and the one after its last."""
    found = re.findall(r"^(\d+) : start=(\d+), size=(\d+)", table, re.MULTILINE)
    return {int(number): (int(start), int(start) + int(size)) for number, start, size in found}


def test_the_table_has_grub_for_a_bios_and_for_uefi_before_the_root() -> None:
    assert partition_table(_DISK) == (
        "label: gpt\n"
        "label-id: 6B756D6F-6E69-4777-8100-000000000000\n"
        "14 : start=2048, size=6144, type=21686148-6449-6E6F-744E-656564454649\n"
        "15 : start=8192, size=122880, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n"
        "1 : start=131072, size=16644096, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709,"
        " uuid=6B756D6F-6E69-4777-8101-000000000000\n"
    )


def test_the_root_is_the_last_on_the_disk_so_that_it_can_grow() -> None:
    partitions = _partitions(partition_table(_DISK))
    in_order = sorted(partitions.values())
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(in_order))
    assert partitions[1] == in_order[-1]
    assert partitions[1][1] * 512 <= _DISK - 33 * 512, "GPT's copy is at the end"


def test_the_file_system_fills_its_partition() -> None:
    root = root_span(_DISK)
    start, end = _partitions(partition_table(_DISK))[1]
    assert (root.start, root.start + root.size) == (start * 512, end * 512)
    assert f"offset={root.start}," in filling_script(_DISK)
    assert f"disk.raw {root.size // 1024}k" in filling_script(_DISK)


def test_grub_s_parts_for_a_bios_know_where_the_next_one_is() -> None:
    script = filling_script(_DISK)
    assert "of=disk.raw bs=512 seek=2048 " in script
    assert r"printf '\000\010\000\000\000\000\000\000' | put 92" in script, "boot.img: sector 2048"
    assert r"printf '\001\010\000\000\000\000\000\000' | put 1049076" in script, "core.img: sector 2049"


def test_the_efi_system_partition_is_formatted_where_the_table_has_it() -> None:
    start, end = _partitions(partition_table(_DISK))[15]
    assert f"mformat -i disk.raw@@{start * 512} -T {end - start} " in filling_script(_DISK)
    assert f"head -c 64 /dev/zero | put {start * 512 + 446}\n" in filling_script(_DISK)
