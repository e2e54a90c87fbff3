"""A cloud whose AMI was booted once, into memory. Whoever launches from there has a copy of its data folder.

To prepare a machine takes a processor as long as a boot does, and it is the same for whichever server launches from it.
"""

import os
import shutil
from pathlib import Path

from debian_guest import debian_ami, prepare
from server import Server
from without_cloud_init import debian_without_cloud_init

_NEVER_WRITTEN_AGAIN = {"layers", "prepared"}
"""Folders of which a copy has links: their files stay as they are once they are whole."""


class PreparedCloud:
    """The data folder of a server that has ended, and the AMI in it of which guests go on from memory."""

    def __init__(self, folder: Path, *, cold: bool = False, cloud_init: bool = True) -> None:
        """`cold`: nothing is prepared, and its guests boot: to measure what launch from memory saves. That takes
        `cloud_init`, which they are spared otherwise where tests are about something else."""
        self.evidence_folder = folder
        self._data_dir = folder / "cloud"
        server = Server(self._data_dir, "qemu", folder, options=("--network", "user"))
        try:
            cloud = server.start()
            self.image = debian_ami(cloud) if cold or cloud_init else debian_without_cloud_init(cloud, folder)
            if not cold:
                prepare(cloud, self.image)
            server.stop()
        finally:
            server.end()

    def copied(self, data_dir: Path) -> None:
        """Make another cloud of it, which has no server yet."""
        shutil.copytree(self._data_dir, data_dir, copy_function=self._copied)

    def _copied(self, source: str, target: str) -> None:
        folder = Path(source).relative_to(self._data_dir).parts[0]
        (os.link if folder in _NEVER_WRITTEN_AGAIN else shutil.copy2)(source, target)
