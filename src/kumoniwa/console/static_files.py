"""The console's files, as the build left them in the package: compressed, and known by name before any is asked for.

No path of a request is ever joined to a folder: what was not there at start is not found.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

BUILT = Path(__file__).parent / "static"
"""Where `scripts/console` puts what it builds."""

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_FOREVER = "public, max-age=31536000, immutable"  # their names hold a digest of their contents
_HASHED = "assets/"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is sent."""

    compressed: Path
    media_type: str
    caching: str

    def response(self, accepted: str) -> Response:
        """The file, compressed where `Accept-Encoding` accepts that."""
        content, headers = self.compressed.read_bytes(), {"Cache-Control": self.caching, "Vary": "Accept-Encoding"}
        if "gzip" in accepted:
            headers["Content-Encoding"] = "gzip"
        else:
            content = gzip.decompress(content)
        return Response(content, headers=headers, media_type=self.media_type)


def static_files(folder: Path = BUILT) -> Mapping[str, StaticFile]:
    """The built files, by the path below the console's own. Empty where none were built.

    Raises `KeyError` for a file whose type is not known here.
    """
    found = {}
    for path in sorted(folder.rglob("*.gz")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        caching = _FOREVER if name.startswith(_HASHED) else "no-cache"
        found[name] = StaticFile(path, _TYPES[Path(name).suffix], caching)
    return found
