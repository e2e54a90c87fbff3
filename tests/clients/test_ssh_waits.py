"""`kumoniwa ssh` waits for a guest's SSH server, which runs some seconds after the guest is reachable."""

import socket
import threading

import pytest

from kumoniwa.client.ssh import await_ssh

pytestmark = [pytest.mark.clients, pytest.mark.timeout(30)]


def test_ssh_is_waited_for_until_it_says_its_first_words() -> None:
    waited: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = [b"", b"", b"SSH-2.0-OpenSSH_9.2\r\n"]  # QEMU accepts for a guest that does not listen, and hangs up

        def serve() -> None:
            while answers:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(answers.pop(0))

        serving = threading.Thread(target=serve)
        serving.start()
        await_ssh(server.getsockname(), within=20, on_wait=lambda: waited.append("once"))
        serving.join()
    assert (answers, waited) == ([], ["once"])


def test_where_ssh_never_answers_ssh_itself_may_say_why() -> None:
    waited: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()
    await_ssh(nobody, within=0, on_wait=lambda: waited.append("once"))
    assert waited == []
