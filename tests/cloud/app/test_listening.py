"""The socket that the API is served on."""

import asyncio
import socket
from pathlib import Path

import pytest

from kumoniwa.app.serve import _listening
from kumoniwa.config import Config

pytestmark = pytest.mark.anyio


async def test_no_answer_waits_until_what_came_before_it_is_acknowledged(tmp_path: Path) -> None:
    accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    with _listening(Config(data_dir=tmp_path, port=0)) as listener:
        async with await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listener) as server:
            _, caller = await asyncio.open_connection(*listener.getsockname())
            async with asyncio.timeout(10):
                ours = await accepted
            assert ours.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            ours.close()
            caller.close()
            server.close()
            await asyncio.gather(ours.wait_closed(), caller.wait_closed())
