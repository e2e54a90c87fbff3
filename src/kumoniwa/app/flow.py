"""What is paused of a connection: what its caller sends, and what is written to it."""

import asyncio


class Flow:
    """One connection's."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reads = True
        self._taken = asyncio.Event()
        self._taken.set()

    def pause_reading(self) -> None:
        if self._reads:
            self._reads = False
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._reads:
            self._reads = True
            self._transport.resume_reading()

    @property
    def write_paused(self) -> bool:
        """Whether what was written is not taken yet."""
        return not self._taken.is_set()

    def pause_writing(self) -> None:
        self._taken.clear()

    def resume_writing(self) -> None:
        self._taken.set()

    async def drain(self) -> None:
        """Wait until what was written is taken."""
        await self._taken.wait()
