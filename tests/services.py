"""Gives the tests a real PostgreSQL and a real broker before anything reads the settings. Loaded by `-p` in the pytest options.

With DATABASE_URL (or REDIS_URL) set, that server is used, and is left as it was. Otherwise throw-away ones are started once per
run, in a temporary directory; the workers of pytest-xdist inherit the addresses from the process that started them.

Where memory is plenty, all temporary files of a run are in memory: hundreds of databases are made and dropped, of 1,700 files each,
and sandboxes wait for the disk at every commit. Set TMPDIR to have them elsewhere.
"""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from backoffice.quickstart.embedded import DATABASE, Postgres, Valkey

MEMORY = Path("/dev/shm")
# A run takes less than two; the other is for the programs.
ROOM_GB = 4

_undo: list[Callable[[], object]] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """A wrapper runs before pytest-django's own hook, which imports the settings."""
    if _may_use_memory() and _memory_is_plenty():
        _work_in_memory()
    directory = Path(tempfile.mkdtemp(prefix="countersign-tests-"))
    _undo.append(lambda: shutil.rmtree(directory))
    try:
        os.environ["DATA_DIR"] = str(directory / "var")
        if "DATABASE_URL" not in os.environ:
            _start_postgres(directory)
        elif "TEST_TEMPLATE" not in os.environ:
            _undo.append(_drop_template)
        os.environ.setdefault("TEST_TEMPLATE", f"test_migrated_{secrets.token_hex(4)}")
        if "REDIS_URL" not in os.environ:
            _start_valkey(directory)
    except BaseException:
        pytest_unconfigure()
        raise
    return (yield)


def pytest_unconfigure() -> None:
    while _undo:
        _undo.pop()()


def _may_use_memory() -> bool:
    """Not where somebody chose a place, or wants to look at what a test leaves behind."""
    return not {"TMPDIR", "COUNTERSIGN_KEEP_STACK"} & os.environ.keys() and MEMORY.is_dir() and os.access(MEMORY, os.W_OK)


def _memory_is_plenty() -> bool:
    room = min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available // 2)
    return room >= ROOM_GB * 2**30


def _work_in_memory() -> None:
    """For this process and all that it starts, until the run is over. The name is short, since the paths of sockets must be."""
    directory = Path(tempfile.mkdtemp(prefix="cs-", dir=MEMORY))
    os.environ["TMPDIR"] = tempfile.tempdir = str(directory)
    _undo.append(lambda: _leave_memory(directory))


def _leave_memory(directory: Path) -> None:
    del os.environ["TMPDIR"]
    tempfile.tempdir = None
    shutil.rmtree(directory, ignore_errors=True)


def _start_postgres(directory: Path) -> None:
    server = Postgres(directory / "postgres", directory / "postgres.log", durable=False)
    process = server.start()
    _undo.append(process.wait)
    _undo.append(server.stop)
    if _files_can_be_cloned(directory):
        _let_it_clone(server)
    os.environ["DATABASE_URL"] = server.url(database=DATABASE)


def _files_can_be_cloned(directory: Path) -> bool:
    """Whether system and file system copy files without reading them."""
    source, target = directory / "a-file", directory / "its-copy"
    source.write_bytes(b"x")
    try:
        with source.open("rb") as given, target.open("wb") as taken:
            return os.copy_file_range(given.fileno(), taken.fileno(), 1) == 1
    except (AttributeError, OSError):
        return False


def _let_it_clone(server: Postgres) -> None:
    """Hundreds of tests work on a copy of the database, see databases.py."""
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET file_copy_method = 'clone'")
        connection.execute("SELECT pg_reload_conf()")


def _start_valkey(directory: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Valkey(directory / "valkey", directory / "valkey.log", port, secrets.token_hex(16))
    process = server.start()
    _undo.append(process.wait)
    _undo.append(server.stop)
    os.environ["REDIS_URL"] = server.url


def _drop_template() -> None:
    """What the workers copied, see databases.py."""
    with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(os.environ["TEST_TEMPLATE"])))
