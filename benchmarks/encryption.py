"""What encryption costs a layer: encrypted ones beside plain ones, in turns, through QEMU's own tools.

    python benchmarks/encryption.py [--rounds 5] [--mib 512] [--folder FOLDER]

Each round makes a layer of either kind, fills it in order, reads it, and writes to it at random, past the host's page
cache.
Prints medians with their least and greatest, and the ratios of the medians. Takes two minutes.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from measured import spread

from kumoniwa import run
from kumoniwa.hypervisor.driver import LayerId
from kumoniwa.hypervisor.qemu.disks import encryption, layer_checks
from kumoniwa.hypervisor.qemu.disks.qemu_disks import QcowDisks
from kumoniwa.logs import log_warnings

_MIB = 1 << 20
_BLOCK, _RANDOM_WRITES = 4096, 2000
_RAW = "random.raw"
_WITHIN = 600.0  # seconds


async def _measure(disks: QcowDisks, folder: Path, name: str, mib: int, *, encrypted: bool) -> dict[str, float]:
    """The seconds of each exercise, of a new layer."""
    layer, taken = LayerId(name), {}

    async def timed(what: str, *command: str) -> None:
        begun = time.monotonic()
        await run.run(list(command), timeout=_WITHIN)
        taken[what] = time.monotonic() - begun

    begun = time.monotonic()
    await disks.ensure_empty(layer, mib * _MIB, encrypted=encrypted)
    taken["make a layer"] = time.monotonic() - begun
    *key, image = layer_checks.image(folder, [layer])
    raw, nothing = str(folder / _RAW), f"driver=null-co,size={mib * _MIB}"
    target = f"driver=qcow2,file.filename={folder / f'{layer}.qcow2'}"
    target += f",encrypt.format=luks,encrypt.key-secret={encryption.SECRET}" if encrypted else ""
    copy = ["qemu-img", "convert", "-T", "none", "-t", "none", "-n", *key]
    await timed(f"write {mib} MiB in order", *copy, "-f", "raw", "--target-image-opts", raw, target)
    await timed(f"read {mib} MiB in order", *copy, "--target-image-opts", image, nothing)
    choose = random.Random(4)
    places = [choose.randrange(mib * _MIB // _BLOCK) * _BLOCK for _ in range(_RANDOM_WRITES)]
    writes = [word for place in places for word in ("-c", f"write -q -P 7 {place} {_BLOCK}")]
    await timed(f"{_RANDOM_WRITES} writes of 4 KiB", "qemu-io", "-t", "none", *key, *writes, image)
    await disks.ensure_deleted(layer)
    return taken


async def _rounds(count: int, mib: int, folder: Path) -> Mapping[bool, list[dict[str, float]]]:
    disks = QcowDisks(folder / "layers")
    disks.open()
    (folder / "layers" / _RAW).write_bytes(os.urandom(mib * _MIB))
    found: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for number in range(count):
        for encrypted in (False, True):
            name = f"layer-{number}-{encrypted:d}"
            found[encrypted].append(await _measure(disks, folder / "layers", name, mib, encrypted=encrypted))
    return found


def _shown(seconds: Sequence[float]) -> str:
    found = spread(seconds)
    return f"{found.median:.2f} ({found.low:.2f}–{found.high:.2f})"


def main() -> None:
    """See above."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5, help="of each kind (%(default)s)")
    arguments.add_argument("--mib", type=int, default=512, help="the size of a layer (%(default)s)")
    arguments.add_argument("--folder", type=Path, help="where the layers are made (a temporary folder)")
    asked = arguments.parse_args()
    log_warnings()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        found = asyncio.run(_rounds(asked.rounds, asked.mib, Path(folder)))
    print("| seconds | plain | encrypted | ratio |\n|---|---|---|---|")
    for what in found[False][0]:
        plain, sealed = ([one[what] for one in found[kind]] for kind in (False, True))
        ratio = statistics.median(sealed) / statistics.median(plain)
        print(f"| {what} | {_shown(plain)} | {_shown(sealed)} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
