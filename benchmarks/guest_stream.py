"""Runs inside a guest, or in its network: sends a stream of bytes, or one byte there and back.

guest_stream.py serve PORT              takes what is sent, until it is ended
guest_stream.py send HOST PORT SECONDS  prints the bytes a second that were taken
guest_stream.py ask HOST PORT TIMES     prints the median of the seconds there and back
"""

import socket
import statistics
import sys
import threading
import time

_CHUNK = bytes(1 << 20)
_STREAM, _ECHO = b"s", b"e"


def serve(port: int) -> None:
    """Answer any number of connections at once, each a stream whose length is told at its end, or an echo."""
    with socket.create_server(("0.0.0.0", port)) as listening:
        print("listening", flush=True)
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_take, args=(connection,), daemon=True).start()


def _take(connection: socket.socket) -> None:
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kind, taken, room = connection.recv(1), 0, bytearray(1 << 20)
        while read := connection.recv_into(room):
            taken += read
            if kind == _ECHO:
                connection.sendall(room[:read])
        if kind == _STREAM:
            connection.sendall(b"%d" % taken)


def send(host: str, port: int, seconds: float) -> float:
    """The bytes a second of a stream, from its first byte until the other end has told that it has the last one."""
    with _connected(host, port, _STREAM) as connection:
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            connection.sendall(_CHUNK)
        connection.shutdown(socket.SHUT_WR)
        taken = int(connection.recv(64))
        return taken / (time.monotonic() - begun)


def ask(host: str, port: int, times: int) -> float:
    """The median time of a byte there and back, in seconds."""
    with _connected(host, port, _ECHO) as connection:
        taken = []
        for _ in range(times):
            begun = time.monotonic()
            connection.sendall(b"?")
            connection.recv(1)
            taken.append(time.monotonic() - begun)
        return statistics.median(taken)


def _connected(host: str, port: int, kind: bytes) -> socket.socket:
    connection = socket.create_connection((host, port), 60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(kind)
    return connection


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", port]:
            serve(int(port))
        case ["send", host, port, seconds]:
            print(send(host, int(port), float(seconds)))
        case ["ask", host, port, times]:
            print(ask(host, int(port), int(times)))
        case _:
            sys.exit(__doc__)
