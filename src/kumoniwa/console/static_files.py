"""The console's files, as the build left them in the package: compressed, and known by name once one is asked for.

No path of a request is ever joined to a folder: what was not there then is not found. Each file is in memory once,
and is sent in pieces: a crowd of callers that do not read costs a piece each.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

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
_PIECE = 64 * 1024  # bytes


class _InPieces(Response):
    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), _PIECE):
            piece = bytes(self.body[start : start + _PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})


@dataclass(frozen=True)
class StaticFile:
    """One file as it is sent."""

    compressed: bytes = field(repr=False)
    media_type: str
    caching: str

    @cached_property
    def _plain(self) -> bytes:
        return gzip.decompress(self.compressed)

    def response(self, accepted: str) -> Response:
        """The file, compressed where `Accept-Encoding` accepts that."""
        headers = {"Cache-Control": self.caching, "Vary": "Accept-Encoding"}
        if "gzip" not in accepted:
            return _InPieces(self._plain, headers=headers, media_type=self.media_type)
        return _InPieces(self.compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=self.media_type)


def static_files(folder: Path = BUILT) -> Mapping[str, StaticFile]:
    """The built files, by the path below the console's own. Empty where none were built.

    Raises `KeyError` for a file whose type is not known here.
    """
    found = {}
    for path in sorted(folder.rglob("*.gz")):
        name = path.relative_to(folder).with_suffix("").as_posix()
        caching = _FOREVER if name.startswith(_HASHED) else "no-cache"
        found[name] = StaticFile(path.read_bytes(), _TYPES[Path(name).suffix], caching)
    return found
