"""The bank as a process of its own: started as `make run` starts it, killed, started again."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from backoffice.sandbox.bank.config import read_config
from tests.sandbox.bank_office import MXN
from tests.sandbox.orders import order


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def bank(directory: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    port = free_port()
    command = [sys.executable, "-m", "backoffice.sandbox.bank", "--port", str(port), "--data-dir", str(directory), *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(port)
        token = (directory / "bank.token").read_text().strip()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}) as client:
            yield process, client
    finally:
        process.kill()
        process.wait()


def wait_until_open(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the bank did not open")


def wait_for(client: httpx.Client, path: str, wanted: str) -> None:
    deadline = time.monotonic() + 10
    while wanted not in client.get(path).text:
        assert time.monotonic() < deadline, f"{path} never showed {wanted}"
        time.sleep(0.05)


def test_a_killed_bank_keeps_its_promises_after_the_restart(tmp_path: Path) -> None:
    with bank(tmp_path, "--settle-delay", "3") as (_, client):
        assert "ACTC" in client.post("/payments", content=order()).text
    with bank(tmp_path, "--settle-delay", "3", "--statement-interval", "0.1") as (_, client):
        wait_for(client, "/payments/E1", "ACSC")
        wait_for(client, f"/statements/{MXN}", "<EndToEndId>E1</EndToEndId>")
        assert client.post("/payments", content=order()).text.count("ACTC") == 1
        assert len(client.get(f"/statements/{MXN}").json()["data"]) == 1


def test_it_stops_when_told_to(tmp_path: Path) -> None:
    with bank(tmp_path) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_its_token_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    with bank(tmp_path):
        first = (tmp_path / "bank.token").read_text()
    with bank(tmp_path):
        assert (tmp_path / "bank.token").read_text() == first
    assert stat.S_IMODE((tmp_path / "bank.token").stat().st_mode) == 0o600


ACCOUNT = {"iban": MXN, "holder": "House", "currency": "MXN", "opening_balance": "1"}


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"name": "B", "bic": "NOTABIC", "accounts": [ACCOUNT]},
        {"name": "B", "bic": "NORDSESSXXX", "accounts": []},
        {"name": "B", "bic": "NORDSESSXXX", "accounts": [ACCOUNT, ACCOUNT]},
        {"name": "B", "bic": "NORDSESSXXX", "accounts": [ACCOUNT | {"iban": "SE1290000000000000000001"}]},
        {"name": "B", "bic": "NORDSESSXXX", "accounts": [ACCOUNT | {"currency": "ABC"}]},
        {"name": "B", "bic": "NORDSESSXXX", "accounts": [ACCOUNT | {"opening_balance": "1.001"}]},
    ],
)
def test_a_configuration_that_describes_no_bank_is_refused(tmp_path: Path, described: dict[str, object]) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(described))
    with pytest.raises(ValueError, match=r"\S"):
        read_config(path)
