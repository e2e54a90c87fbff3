"""The socket that the API is served on."""

import asyncio
import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kumoniwa.app.errors import CannotStart
from kumoniwa.app.serve import listening, serve
from kumoniwa.client.access import find_cloud
from kumoniwa.config import Config
from kumoniwa.folder import owned

pytestmark = pytest.mark.anyio


async def test_no_answer_waits_until_what_came_before_it_is_acknowledged(tmp_path: Path) -> None:
    accepted: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    with listening(Config(data_dir=tmp_path, port=0)) as listener:
        async with await asyncio.start_server(lambda _, writer: accepted.set_result(writer), sock=listener) as server:
            _, caller = await asyncio.open_connection(*listener.getsockname())
            async with asyncio.timeout(10):
                ours = await accepted
            assert ours.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            ours.close()
            caller.close()
            server.close()
            await asyncio.gather(ours.wait_closed(), caller.wait_closed())


async def test_the_endpoint_is_a_url_for_addresses_of_ipv6_too(tmp_path: Path) -> None:
    announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with owned(tmp_path):
        config = Config(data_dir=tmp_path, host="::1", port=0, driver="simulated")
        serving = asyncio.ensure_future(serve(config, announced.set_result))
        async with asyncio.timeout(30):
            endpoint = urlsplit(await announced)
        assert (endpoint.hostname, endpoint.netloc) == ("::1", f"[::1]:{endpoint.port}")
        assert find_cloud(tmp_path).endpoint == endpoint.geturl()
        reader, writer = await asyncio.open_connection("::1", endpoint.port)
        writer.write(f"GET /_kumoniwa/health HTTP/1.1\r\nHost: {endpoint.netloc}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(10):
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(30):
            await serving


@pytest.mark.parametrize("host", ["h" * 64, "nowhere.invalid", "a b"])
async def test_a_host_that_is_no_address_is_told_in_a_sentence(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotStart, match="--host takes an address of this machine"):
        await serve(Config(data_dir=tmp_path, host=host, port=0, driver="simulated"))


@pytest.mark.parametrize("host", ["", " "])
async def test_a_host_that_is_empty_is_not_every_address(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotStart, match="--host names no address"):
        await serve(Config(data_dir=tmp_path, host=host, port=0, driver="simulated"))
