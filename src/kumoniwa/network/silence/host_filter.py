"""The table of one cloud in the host's packet filter: kept as long as its server runs, and gone with it."""

from pathlib import Path

import structlog

from kumoniwa.network.silence.admitted import Admitted, ByAddress
from kumoniwa.network.silence.libnftables import Nft, NftRefused
from kumoniwa.network.silence.packet_filter import objects
from kumoniwa.network.vpc.nft_objects import Commands, Objects, changing
from kumoniwa.refusal import Refusal

log = structlog.get_logger(__name__)

_STATUS = Path("/proc/self/status")
_CAP_NET_ADMIN = 12
_TRIED_WITH: ByAddress = {"127.0.0.0": Admitted((("tcp", 1, 2),), echo=True)}  # an address that nothing has


class HostFilter:
    """See above. Its methods wait for the kernel, and are called one at a time."""

    def __init__(self, table: str) -> None:
        self._table = f"ip {table}"
        self._nft: Nft | None = None
        self._there: Objects = []

    @classmethod
    def of_folder(cls, folder: Path) -> "HostFilter":
        """That of the cloud in this folder, which exists: its name is of the folder, wherever that is seen from."""
        status = folder.stat()
        return cls(f"kumoniwa-{status.st_dev:x}-{status.st_ino:x}")

    def ensure(self, admitted: ByAddress) -> None:
        """Afterwards what is sent to these addresses, and not admitted there, is dropped. Raises `NftRefused`."""
        wanted = objects(self._table, admitted)
        if self._nft is not None:
            try:
                self._run(self._nft, changing(self._there, wanted))
            except NftRefused as refused:
                log.warning("the table of the packet filter is made anew", table=self._table, reason=str(refused))
                self.close()
        if self._nft is None:
            nft = Nft()
            try:
                nft.run(f"add table {self._table} {{ flags owner; }}\n")
                self._run(nft, changing([], wanted))
            except BaseException:
                nft.close()
                raise
            self._nft = nft
        self._there = wanted

    def close(self) -> None:
        """Afterwards it is gone."""
        if self._nft is not None:
            self._nft.close()
            self._nft = None

    def _run(self, nft: Nft, commands: Commands) -> None:
        for batch in commands.batches:
            nft.run(batch)


def obstacle() -> Refusal | None:
    """Why this process cannot have a table in the host's packet filter, found by trying; None where it can."""
    if not _may_change_network():
        return Refusal(
            "this user may not change the host's packet filter",
            way_out="Run the server as root, or with the capability CAP_NET_ADMIN.",
        )
    trial = HostFilter.of_folder(Path("/proc/self"))
    try:
        trial.ensure(_TRIED_WITH)
    except NftRefused as refused:
        return Refusal(
            f"the host's packet filter takes no table of ours: {refused}",
            way_out="libnftables, and a kernel from 5.12 on with nf_tables.",
        )
    finally:
        trial.close()
    return None


def _may_change_network() -> bool:
    for line in _STATUS.read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "CapEff":
            return bool(int(value, 16) >> _CAP_NET_ADMIN & 1)
    return False
