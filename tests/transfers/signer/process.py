"""The signer as tests use it: the real process, on a Unix socket, with a database and a database role of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.sandbox.chain import ROOT
from transfers.rails.signing import SignerClient

MAKE_ROLE = """
DO $$ BEGIN
    CREATE ROLE countersign_signer LOGIN NOINHERIT;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
PASSWORD = "only-for-tests"


@contextmanager
def database() -> Iterator[tuple[str, str]]:
    """An empty database: the owner's URL, and that of a login which has countersign_signer's privileges and no others."""
    base = os.environ["DATABASE_URL"]
    name = f"signer_test_{os.getpid()}_{time.time_ns()}"
    admin = make_conninfo(base, dbname="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(MAKE_ROLE)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        login = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE countersign_signer")
        connection.execute(login.format(sql.Identifier(name), sql.Literal(PASSWORD)))
    try:
        yield _url(base, name), _url(base, name, user=name, password=PASSWORD)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _url(base: str, name: str, **fields: str) -> str:
    parts = {key: str(value) for key, value in conninfo_to_dict(base, dbname=name, **fields).items() if value is not None}
    return make_conninfo(**parts)


class Signer:
    """One signer process. Several may run on the same keys and the same database."""

    def __init__(self, directory: Path, *, owner_url: str, url: str, networks: Path, name: str = "signer") -> None:
        self.directory, self.owner_url, self.url, self.networks = directory, owner_url, url, networks
        self.socket, self.token_file = directory / f"{name}.sock", directory / "token"
        self.bound = directory / "recipients.json"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        mine = {
            "SIGNER_KEYSTORE_DIR": str(self.directory / "keys"),
            "SIGNER_DATABASE_URL": self.url,
            "SIGNER_TOKEN_FILE": str(self.token_file),
            "SIGNER_NETWORKS": str(self.networks),
            "SIGNER_SOCKET": str(self.socket),
        }
        if self.bound.exists():
            mine["SIGNER_RECIPIENTS"] = str(self.bound)
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("SIGNER_", "DATABASE_"))}
        return rest | mine

    def run(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A command of the signer's."""
        command = [sys.executable, "-m", "transfers.signer", *arguments]
        given = self.environment | environment
        return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60, check=False)

    def must(self, *arguments: str, **environment: str) -> str:
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def prepare(self, *wallets: str) -> list[str]:
        """Schema, token and wallets: the addresses."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.must("init-db", DATABASE_URL=self.owner_url)
        self.must("create-token")
        return [self.must("create-wallet", wallet) for wallet in wallets]

    def start(self) -> "Signer":
        self.socket.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "transfers.signer", "serve"]
            self._process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "the signer did not start"
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(self.socket)) != 0:
                return False
        return self.get("/readyz").status_code == 200

    def get(self, path: str, *, token: str = "") -> httpx.Response:
        with self._http() as client:
            return client.get(path, headers=_shown(token))

    def post(self, body: bytes, *, token: str) -> httpx.Response:
        with self._http() as client:
            return client.post("/v1/sign-transfer", content=body, headers=_shown(token))

    def _http(self) -> httpx.Client:
        transport = httpx.HTTPTransport(uds=str(self.socket))
        return httpx.Client(transport=transport, base_url="http://signer", timeout=30, trust_env=False)

    @property
    def log(self) -> Path:
        return self.socket.with_suffix(".log")

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    def client(self) -> SignerClient:
        return SignerClient(f"unix://{self.socket}", self.token)

    def kill(self) -> None:
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=30)
            self._process = None


def _shown(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
