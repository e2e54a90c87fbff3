"""Which resets of a machine are new boots: its firmware resets it once or twice more, some 80 ms after a reset."""

import asyncio

_FIRMWARE_RESETS = 2.0  # seconds; no guest boots and reboots in less


class Resets:
    """The resets of one guest's machine."""

    def __init__(self) -> None:
        self._heard = asyncio.Event()
        self._boot_at = -_FIRMWARE_RESETS  # the loop's time

    def expect(self) -> None:
        """A reset is about to be asked for: `wait` is for the next one."""
        self._heard.clear()

    async def wait(self, *, within: float) -> None:
        """Return once the machine was reset. Raises `TimeoutError` after `within` seconds."""
        async with asyncio.timeout(within):
            await self._heard.wait()

    def begin_boot(self) -> None:
        """A boot that was asked for begins: resets that follow at once are its firmware's."""
        self._boot_at = asyncio.get_running_loop().time()

    def hear(self) -> bool:
        """The machine was reset. Gives whether a boot began with it."""
        self._heard.set()
        now = asyncio.get_running_loop().time()
        if now - self._boot_at < _FIRMWARE_RESETS:
            return False
        self._boot_at = now
        return True
