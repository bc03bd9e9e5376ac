"""The outside of a pipeline: the real signer with a database of its own, the quickest chain there can be, and a watch that tells
how long our side waits for the two."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

from django.conf import settings

from backoffice.bench.answering import until_it_answers
from backoffice.bench.load import CONTRACT
from backoffice.bench.pipeline.chain import CHAIN_ID
from backoffice.bench.scratch import Scratch, url_of
from backoffice.quickstart.grants import make_roles
from backoffice.quickstart.plan import free_port
from backoffice.sandbox.demo.company import HOT_WALLET
from transfers.commands.exchanges import keep
from transfers.commands.providers import nodes_set_aside
from transfers.health.gate import Gate
from transfers.rails import registry
from transfers.rails.registry import Connected, Rails, RailSettings

RailT = TypeVar("RailT")


@dataclass(frozen=True, slots=True)
class Outside:
    """Where it answers, and the address of the wallet that everything is paid from."""

    rails: RailSettings
    wallet: str


@contextmanager
def outside(scratch: Scratch) -> Iterator[Outside]:
    """Both processes, up and answering; gone afterwards, whatever happened."""
    with TemporaryDirectory(prefix="countersign-bench-") as scrap, ExitStack() as running:
        directory, chain_port, signer_port = Path(scrap), free_port(), free_port()
        environment = {
            "SIGNER_KEYSTORE_DIR": str(directory / "keys"),
            "SIGNER_TOKEN_FILE": str(directory / "signer.token"),
            "SIGNER_NETWORKS": str(directory / "network.json"),
            "SIGNER_DATABASE_URL": url_of(scratch.empty("signer")),
            "SIGNER_PORT": str(signer_port),
        }
        (directory / "network.json").write_text(_network(chain_port), encoding="utf-8")
        make_roles()
        _run("create-token", environment)
        wallet = _run("create-wallet", environment, HOT_WALLET)
        _run("init-db", environment | {"DATABASE_URL": environment["SIGNER_DATABASE_URL"]})
        place = ["--port", str(chain_port), "--data-dir", scrap, "--wallet", wallet]
        running.enter_context(_process(chain_port, "backoffice.bench.pipeline.chain", *place))
        running.enter_context(_process(signer_port, "transfers.signer", environment=environment))
        rails = RailSettings(
            chain_rpc_url=f"http://127.0.0.1:{chain_port}",
            chain_id=CHAIN_ID,
            confirmations=settings.CHAIN_CONFIRMATIONS,
            final_depth=settings.CHAIN_FINAL_DEPTH,
            block_time_s=0.4,
            signer_url=f"http://127.0.0.1:{signer_port}",
            signer_token=(directory / "signer.token").read_text().strip(),
        )
        yield Outside(rails, wallet)


class Watch:
    """Seconds that this process has waited for others."""

    def __init__(self) -> None:
        self.waited_s = 0.0


@contextmanager
def leading_to(rails: RailSettings) -> Iterator[Watch]:
    """The rails of this process lead there, gate and all, and the watch runs while an answer is awaited."""
    watch = Watch()
    before = registry.use(_Watched(rails, watch))
    try:
        yield watch
    finally:
        registry.use(before).close()


class _Watched(Rails):
    def __init__(self, given: RailSettings, watch: Watch) -> None:
        super().__init__(given, gate=Gate(), set_aside=nodes_set_aside, recorder=keep)
        self._watch = watch

    def _guarded(self, rail: RailT, known: Connected) -> RailT:
        return super()._guarded(cast("RailT", _Timed(rail, self._watch)), known)


class _Timed:
    """Stands in for a rail, as the gate does."""

    def __init__(self, rail: Any, watch: Watch) -> None:
        self._rail, self._watch = rail, watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._rail, name)
        return partial(self._call, found) if callable(found) else found

    def _call(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        try:
            return method(*args, **kwargs)
        finally:
            self._watch.waited_s += time.perf_counter() - begun


def _network(port: int) -> str:
    """What the signer needs to know."""
    known = {
        "name": "ethereum",
        "chain_id": CHAIN_ID,
        "rpc_url": f"http://127.0.0.1:{port}",
        "tokens": {"USDC.ethereum": CONTRACT},
        "max_fee_per_gas": "500000000000",
        "max_priority_fee_per_gas": "50000000000",
        "max_gas_limit": 150_000,
    }
    return json.dumps({"networks": [known]})


def _run(command: str, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "transfers.signer", command, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.strip()


@contextmanager
def _process(port: int, module: str, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=settings.BASE_DIR,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until_it_answers(process, port)
        yield
    finally:
        process.terminate()
        process.wait(20)
