"""The image's scripts for network interfaces, in a network and mount namespace: what they make of an interface.

A program that the test runs as root of such namespaces; it prints what it saw as JSON. The kernel, `ip` and curl are
real, one end of a pair is the interface, and a small server at 169.254.169.254 is the metadata service.
"""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from waiting import NotYet, eventually

from kumoniwa.guest_image.network_files import FILES

NAME = "ens9"
_TOKEN = "a-token"
_RUN = Path("/run")


class Metadata(BaseHTTPRequestHandler):
    """Answers to those that have a token, unless it is told not to."""

    listed: str | None = ""
    asked = 0

    def do_PUT(self) -> None:
        self._say(200, _TOKEN)

    def do_GET(self) -> None:
        Metadata.asked += 1
        if self.headers["X-aws-ec2-metadata-token"] != _TOKEN:
            self._say(401, "")
        elif Metadata.listed is None:
            self._say(503, "")
        elif self.path != f"/latest/meta-data/network/interfaces/macs/{_mac()}/local-ipv4s":
            self._say(404, "")
        else:
            self._say(200, Metadata.listed)

    def _say(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


def main() -> None:
    folder = Path(sys.argv[1])
    _ip("link", "add", NAME, "type", "veth", "peer", "name", "wire")
    for name in ("lo", NAME, "wire"):
        _ip("link", "set", name, "up")
    _ip("addr", "add", "169.254.169.254/32", "dev", "lo")
    server = ThreadingHTTPServer(("169.254.169.254", 80), Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    saw: dict[str, Any] = {}
    further, addresses = (_script(folder, name) for name in ("further-interface", "interface-addresses"))
    subprocess.run([further, "start", NAME], check=True)
    saw["index"] = int(Path(f"/sys/class/net/{NAME}/ifindex").read_text())
    saw["mac"] = _mac()
    saw["file"] = (_RUN / f"systemd/network/40-{NAME}.network").read_text()
    _ip("addr", "add", "10.0.1.31/24", "dev", NAME)  # networkd would, by DHCP

    Metadata.listed = "10.0.1.31\n10.0.1.40\n10.0.1.41"
    keeping = subprocess.Popen([addresses, NAME, "0.2"])
    try:
        saw["all listed"] = _once(lambda: len(_rules()) == 3)
        Metadata.listed = "10.0.1.31\n10.0.1.41\n10.0.1.42"
        saw["one replaced"] = _once(lambda: "10.0.1.42" in _rules())
        Metadata.listed = None
        before = Metadata.asked
        saw["nothing listed"] = _once(lambda: Metadata.asked > before + 4)
        _ip("addr", "del", "10.0.1.41/32", "dev", NAME)  # networkd may, when it configures anew
        Metadata.listed = "10.0.1.31\n10.0.1.41\n10.0.1.42"
        saw["put back"] = _once(lambda: len(_addresses()) == len(_rules()) == 3)
        saw["ended"] = keeping.poll()
    finally:
        keeping.terminate()
        keeping.wait()
    subprocess.run([further, "stop", NAME], check=True)
    saw["stopped"] = _seen()
    saw["files"] = [path.name for path in (_RUN / "systemd/network").iterdir()]
    saw["reloads"] = (folder / "reloads").read_text()
    print(json.dumps(saw))


def _script(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text(FILES[f"usr/local/lib/kumoniwa/{name}"])
    path.chmod(0o755)
    return str(path)


def _once(true: Any) -> dict[str, list[str]]:
    """What is seen once this holds."""

    def look() -> dict[str, list[str]]:
        if not true():
            raise NotYet("not yet")
        return _seen()

    return eventually(look, within=60, every=0.05)


def _seen() -> dict[str, list[str]]:
    return {"addresses": _addresses(), "rules": _rules()}


def _addresses() -> list[str]:
    return sorted(line.split()[3] for line in _ip("-o", "-4", "addr", "show", "dev", NAME).splitlines())


def _rules() -> list[str]:
    """The addresses from which a rule leads into the interface's table."""
    lines = _ip("-4", "rule", "show").splitlines()
    return sorted(line.split()[2] for line in lines if line.startswith("10"))


def _mac() -> str:
    return Path(f"/sys/class/net/{NAME}/address").read_text().strip()


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
