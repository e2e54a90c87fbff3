"""What stands before mode `vpc` on a host is named, the first thing of it, with the way out."""

from pathlib import Path

import pytest

from kumoniwa.network.vpc.host import probe as probing
from kumoniwa.network.vpc.host.errors import NetworkRefused
from kumoniwa.network.vpc.host.probe import PROGRAMS, probe
from kumoniwa.refusal import Refusal
from kumoniwa.run import ProgramMissing

pytestmark = pytest.mark.anyio

_SAID = "Operation not permitted"


class _Taps:
    def close(self) -> None: ...


class _Host:
    """Stands for a network of a host that allows every step but one."""

    refuses = ""

    def __init__(self, *_: object) -> None:
        self._applied = 0

    async def ensure_kept(self) -> None:
        self._try("namespace")

    async def apply(self, texts: object) -> None:
        if not self._applied:
            self._try("rules")
        self._applied += 1

    async def tap(self, name: str) -> _Taps:
        self._try("tap")
        return _Taps()

    async def ensure_way_out(self, transit: object) -> None:
        self._try("programs")

    async def ready(self, within: float) -> None: ...

    async def ensure_gone(self) -> None: ...

    def _try(self, step: str) -> None:
        if step == self.refuses:
            raise NetworkRefused(_SAID)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host on which it works. Its settings are files below this folder, its `/dev/net/tun` is `tun` there."""
    monkeypatch.setattr(_Host, "refuses", "")
    monkeypatch.setattr(probing, "HostNetwork", _Host)
    monkeypatch.setattr(probing, "find", lambda program: program)
    monkeypatch.setattr(probing, "_SYSCTL", tmp_path)
    monkeypatch.setattr(probing, "_TUN", tmp_path / "tun")
    (tmp_path / "tun").touch()
    return tmp_path


async def _obstacle() -> Refusal:
    found = await probe()
    assert found is not None
    return found


@pytest.mark.usefixtures("host")
async def test_a_host_that_allows_all_of_it_has_no_obstacle() -> None:
    assert await probe() is None


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("missing", PROGRAMS)
async def test_a_program_that_is_not_installed_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    def find(program: str) -> str:
        if program == missing:
            raise ProgramMissing(program)
        return program

    monkeypatch.setattr(probing, "find", find)
    monkeypatch.setattr(_Host, "refuses", "namespace")
    found = await _obstacle()
    assert found.what == f"{missing} is not installed."
    assert "apt-get install" in found.way_out


@pytest.mark.parametrize(
    ("setting", "value", "way_out"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
        ("user/max_net_namespaces", "0", "user.max_net_namespaces=10000"),
    ],
)
async def test_a_setting_that_forbids_namespaces_is_named_with_the_one_that_allows_them(
    host: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, way_out: str
) -> None:
    monkeypatch.setattr(_Host, "refuses", "namespace")
    (host / setting).parent.mkdir()
    (host / setting).write_text(f"{value}\n")
    found = await _obstacle()
    assert found.what == f"this host forbids network namespaces: {setting.replace('/', '.')} is {value}"
    assert found.way_out == f"sudo sysctl {way_out}"


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("step", "way_out"),
    [("namespace", "container"), ("rules", "modprobe"), ("tap", "CONFIG_TUN"), ("programs", "dnsmasq")],
)
async def test_what_the_kernel_refuses_is_told_in_its_words(
    monkeypatch: pytest.MonkeyPatch, step: str, way_out: str
) -> None:
    monkeypatch.setattr(_Host, "refuses", step)
    found = await _obstacle()
    assert _SAID in found.what
    assert way_out in found.way_out


async def test_a_host_without_taps_is_told_apart_from_one_that_refuses_them(
    host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Host, "refuses", "tap")
    (host / "tun").unlink()
    found = await _obstacle()
    assert found.what == f"this host has no {host / 'tun'}"
    assert "modprobe tun" in found.way_out
