"""libnftables, by which the program `nft` speaks with the kernel: here within this process, for a table of its own.

A table with the flag `owner` belongs to the connection that made it. Nobody else can change or flush it, and it goes
with the connection, however this process ends.
"""

import ctypes
import os
from typing import Any, Self

LIBRARY = "libnftables.so.1"


class NftRefused(Exception):
    """The kernel, or the library, does not take it. The text is theirs."""


class Nft:
    """A connection. Its methods wait for the kernel, and are called one at a time."""

    def __init__(self) -> None:
        """Raises `NftRefused` where this host has no such library."""
        try:
            self._library = _declared(ctypes.CDLL(LIBRARY, use_errno=True))
        except OSError as missing:
            raise NftRefused(str(missing)) from None
        if not (context := self._library.nft_ctx_new(0)):
            raise NftRefused(f"no connection: {os.strerror(ctypes.get_errno())}")
        self._context: int | None = context
        for buffer in (self._library.nft_ctx_buffer_output, self._library.nft_ctx_buffer_error):
            buffer(context)

    def run(self, text: str) -> None:
        """Do what these commands say, as a whole or not at all. Raises `NftRefused`."""
        if self._context is None:
            raise NftRefused("the connection is closed")
        if self._library.nft_run_cmd_from_buffer(self._context, text.encode()) != 0:
            said = self._library.nft_ctx_get_error_buffer(self._context).decode(errors="replace")
            raise NftRefused(next(iter(said.splitlines()), "it did not say why"))

    def close(self) -> None:
        """Afterwards none of its tables is there."""
        if self._context is not None:
            self._library.nft_ctx_free(self._context)
            self._context = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


def _declared(library: ctypes.CDLL) -> Any:
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_new.argtypes = (ctypes.c_uint32,)
    library.nft_ctx_free.restype = None
    library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
    library.nft_run_cmd_from_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p)
    for function in ("free", "buffer_output", "buffer_error", "get_error_buffer"):
        getattr(library, f"nft_ctx_{function}").argtypes = (ctypes.c_void_p,)
    return library
