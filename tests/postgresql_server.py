"""PostgreSQL for tests: servers of Debian's package, in folders of their own, on unix sockets. They end with the test.

Where the tests run as root, which PostgreSQL refuses, its servers run as the user `postgres`.
"""

import contextlib
import functools
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from kumoniwa.store.engines.postgresql_driver import make_engine
from kumoniwa.store.schema import ensure_schema

USER = "kumoniwa"
_PORT = 5432  # of a unix socket: a part of its name
_READY = "database system is ready to accept"
_TEMPLATE = "laid"
_KEPT = 120  # databases of clouds, some megabytes each: those of the tests before are not needed
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "lc_messages": "C",
}
UNSYNCED = {"fsync": "off", "full_page_writes": "off"}
"""For tests that are not about power failures."""


@dataclass
class PostgresqlServer:
    """A cluster in a folder, and the server that runs on it."""

    folder: Path
    process: "subprocess.Popen[str] | None" = None
    _copying: "subprocess.Popen[bytes] | None" = None

    def address(self, database: str) -> str:
        """What `--database` takes."""
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def start(self, settings: Mapping[str, str] = UNSYNCED) -> None:
        """Run it, and wait until it answers."""
        all_settings = {**_SETTINGS, "unix_socket_directories": str(self.folder), **settings}
        options = [part for pair in all_settings.items() for part in ("-c", "=".join(pair))]
        argv = _as_ordinary_user([str(_programs() / "postgres"), "-D", "data", *options])
        self.process = subprocess.Popen(argv, cwd=self.folder, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        said: list[str] = []
        for line in self.process.stderr:
            said.append(line)
            if _READY in line:
                break
        else:
            raise AssertionError(f"PostgreSQL does not start: {''.join(said)}")
        # It goes on writing, and is not to wait for a reader.
        with (self.folder / "log").open("a") as log:
            self._copying = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=log)
        self.process.stderr.close()

    def stand_by(self) -> "PostgresqlServer":
        """A synchronous standby of this one: a commit is answered once both have it. It is the caller's to end."""
        standby = PostgresqlServer(new_folder())
        run_as_ordinary_user(
            standby.folder,
            *("pg_basebackup", "-D", "data", "-R", "-X", "stream", "-c", "fast", "--no-sync"),
            *("-h", str(self.folder), "-U", USER),
        )
        standby.start()
        self.ask("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.ask("SELECT pg_reload_conf()")
        return standby

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: by SIGINT at once, by SIGQUIT as if it had crashed."""
        if self.process is not None:
            self.process.send_signal(how)
            self._ended()

    def kill(self) -> None:
        """As if its host had lost its power, but for what the kernel has to write: every process of it dies."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in [self.process.pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._ended()

    def _ended(self) -> None:
        assert self.process is not None and self._copying is not None
        self.process.wait(30)
        self._copying.wait(30)  # until the last of its processes has ended
        self.process = self._copying = None

    def ask(self, query: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """What a person's own client gets."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def make(self, database: str, template: str = "template0") -> str:
        """A new database; gives its address."""
        self.ask(f"CREATE DATABASE {database} TEMPLATE {template}")
        return self.address(database)


@contextlib.contextmanager
def postgresql_server(settings: Mapping[str, str] = UNSYNCED) -> Iterator[PostgresqlServer]:
    """A new cluster, whose server runs while the block does."""
    folder = new_folder()
    server = PostgresqlServer(folder)
    try:
        made = ["-D", "data", "-U", USER, "-A", "trust", "--no-sync", "--locale", "C", "-E", "UTF8"]
        run_as_ordinary_user(folder, "initdb", *made)
        server.start(settings)
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder)


def new_folder() -> Path:
    """A folder that the user who runs PostgreSQL may write to."""
    folder = Path(tempfile.mkdtemp(prefix="kumoniwa-pg-"))
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def run_as_ordinary_user(folder: Path, program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs; gives what it says."""
    argv = _as_ordinary_user([str(_programs() / program), *arguments])
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _as_ordinary_user(argv: list[str]) -> list[str]:
    """A server ends with the tests, whatever ends them."""
    dropped = ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", *dropped, "--pdeathsig", "QUIT", *argv]


def _programs() -> Path:
    """The newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    assert found, "PostgreSQL is not installed: scripts/install does it"
    return found[-1].parent


class LaidDatabases:
    """Databases of test clouds: the schema is copied, not made anew."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._known: dict[str, Path] = {}

    def of(self, data_dir: Path) -> str:
        """The address of the one that belongs to this data folder."""
        name = _name(data_dir)
        if name not in self._known:
            self._make(data_dir, self._template())
        self._known[name] = self._known.pop(name)  # it is the last that was used
        return self._server.address(name)

    def copy(self, data_dir: Path, to: Path) -> None:
        """What a copy of the folder has, it has too. Nobody uses it now, nor what a folder of that name had."""
        self.of(data_dir)
        if _name(to) in self._known:
            self._drop(_name(to))
        self._make(to, _name(data_dir))

    def rows(self, data_dir: Path) -> Iterator[tuple[str, list[Any]]]:
        """All that it has, table by table."""
        tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'cloud_state'"
        with psycopg.connect(self.of(data_dir)) as connection:
            for (table,) in connection.execute(f"{tables} ORDER BY 1".encode()).fetchall():
                found = connection.execute(f'SELECT each::text FROM "{table}" AS each ORDER BY 1'.encode())
                yield table, found.fetchall()

    def _make(self, data_dir: Path, template: str) -> None:
        self._server.make(_name(data_dir), template)
        self._known[_name(data_dir)] = data_dir
        if len(self._known) > _KEPT:
            gone = [name for name, folder in self._known.items() if not folder.exists()]
            for name in gone or [next(iter(self._known))]:
                self._drop(name)

    def _drop(self, name: str) -> None:
        del self._known[name]
        self._server.ask(f"DROP DATABASE {name} WITH (FORCE)")

    @functools.cache  # noqa: B019 - there is one of them
    def _template(self) -> str:
        engine = make_engine(self._server.make(_TEMPLATE))
        ensure_schema(engine)
        engine.dispose()
        return _TEMPLATE


def _name(data_dir: Path) -> str:
    return f"k{hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]}"
