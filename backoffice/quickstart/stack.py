"""Bringing a sandbox up, keeping it up, and taking it down. What `make run` and the tests against a running stack both use."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from backoffice.environment import Misconfigured
from backoffice.quickstart import programs, services
from backoffice.quickstart.plan import Plan, PortTaken, port_is_free
from backoffice.quickstart.programs import Program
from backoffice.quickstart.supervisor import Supervisor

READY_TIMEOUT_S = 180.0
PORT_TIMEOUT_S = 90.0


class AlreadyRunning(RuntimeError):
    """Another process runs this data directory."""


class StepFailed(RuntimeError):
    """A step of the set-up failed; the message names the log."""


class Stack:
    """Use as a context manager: entering starts everything up to /readyz, leaving stops everything that was started."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.supervisor = Supervisor(plan.data_dir)
        self._leaving = ExitStack()
        # Held until services.json says where everything is: a command that comes meanwhile waits instead of starting its own.
        self._starting = ExitStack()

    def __enter__(self) -> "Stack":
        try:
            with self._starting:
                self._claim()
                self._start_stores()
            self._start_rest()
        except BaseException:
            self._leaving.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._leaving.close()

    def _claim(self) -> None:
        """Make this directory ours: alone among `make run`s, and after the commands that started the servers for themselves."""
        check(self.plan)
        self.plan.logs.mkdir(mode=0o755, parents=True, exist_ok=True)
        mine = self._leaving.enter_context(services.open_lock(self.plan.data_dir, "run"))
        if not services.try_alone(mine):
            raise AlreadyRunning(f"{self.plan.data_dir} is in use by another `make run`")
        # What is left of a run that was killed.
        self.supervisor.shut_down()
        users = self._leaving.enter_context(services.open_lock(self.plan.data_dir, "users"))
        services.wait_alone(users)
        self._starting.enter_context(services.locked(self.plan.data_dir, "starting"))
        services.stop_servers(self.plan)
        if not port_is_free(self.plan.port):
            raise PortTaken(f"port {self.plan.port} is in use: set PORT to another one")
        services.share(users)

    def _start_stores(self) -> None:
        plan = self.plan
        everything = programs.every(plan)
        self._leaving.callback(services.services_file(plan.data_dir).unlink, missing_ok=True)
        self._leaving.callback(self.supervisor.shut_down)
        self.supervisor.start(everything, dict(plan.environ))
        if "valkey" in plan.embedded:
            plan.valkey.prepare()
        if "postgres" in plan.embedded:
            plan.postgres.prepare()
        self._begin(programs.stores(plan))
        if "postgres" in plan.embedded:
            _wait_for(plan.postgres.answers, "PostgreSQL", plan.logs / "postgres.log")
            plan.postgres.provide_database(plan.keys.value("postgres.owner"))
        services.write(plan.data_dir, {"environment": plan.owner(), "ports": plan.ports, "started_by": "make run"})

    def _start_rest(self) -> None:
        plan = self.plan
        self._begin(programs.outside(plan))
        with ThreadPoolExecutor(max_workers=1) as beside:
            wallets = beside.submit(self._make_wallets)
            self.manage("prepare")
            wallets.result()
        self._begin(programs.application(plan))
        self._wait_for_ports(programs.outside(plan))
        if "signer" in plan.embedded:
            self._start_signer()
        if plan.environ.get("SEED", "demo") != "none":
            self.manage("seed_demo")
            self._begin(programs.traffic(plan))
        _wait_for(self.is_ready, "the application (see /readyz)", plan.logs, READY_TIMEOUT_S, pause_s=0.5)

    def manage(self, command: str) -> None:
        """Run a management command as owner, with its output in a log. Raises StepFailed."""
        self._run(command, ["manage.py", command], {**self.plan.owner(), **self.plan.static()})

    def _run(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        log = self.plan.logs / f"{name}.log"
        with log.open("ab") as output:
            done = subprocess.run(
                [sys.executable, *arguments],
                cwd=programs.root(),
                env=programs.inherited(self.plan.environ) | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode != 0:
            tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            raise StepFailed(f"`{' '.join(arguments)}` failed; the end of {log}:\n{tail}")

    def _make_wallets(self) -> None:
        """The house's wallets, where they are not made yet, and the list of whom those pay that are bound."""
        bound = programs.recipients_file(self.plan)
        if "signer" in self.plan.embedded and not bound.exists():
            listed = {"recipients": programs.RECIPIENTS, "sweep_to": programs.SWEEP_TO}
            bound.write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
        for wallet in programs.WALLETS if "signer" in self.plan.embedded else ():
            if not (self.plan.data_dir / "signer" / f"{wallet}.json").exists():
                self._run("signer", ["-m", "transfers.signer", "create-wallet", wallet], programs.signer_environment(self.plan))

    def _start_signer(self) -> None:
        """Its schema is made by the owner, after the roles and before it starts."""
        environment = programs.signer_environment(self.plan) | {"DATABASE_URL": self.plan.owner_url}
        self._run("signer", ["-m", "transfers.signer", "init-db"], environment)
        self._begin(programs.signer(self.plan))
        self._wait_for_ports(programs.signer(self.plan))

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.plan.port}/readyz", timeout=10) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def watch(self) -> list[str]:
        """Programs that supervisord has given up on, after starting them once more. Raises OSError when supervisord is gone."""
        lost = [name for name, state in self.supervisor.states().items() if state["statename"] == "FATAL"]
        for program in programs.every(self.plan):
            if program.name in lost:
                self.supervisor.start_program(program)
        return lost

    def _begin(self, wanted: Iterable[Program]) -> None:
        for program in wanted:
            self.supervisor.start_program(program)

    def _wait_for_ports(self, wanted: Iterable[Program]) -> None:
        for program in wanted:
            if program.port:
                _wait_for(partial(_listens, program.port), program.name, self.plan.logs / f"{program.name}.log", PORT_TIMEOUT_S)


def check(plan: Plan) -> None:
    """What must be true of the machine and the environment before anything is started. Raises Misconfigured."""
    if plan.environ.get("ENVIRONMENT", "sandbox") != "sandbox":
        raise Misconfigured("quickstart runs the sandbox only; production starts its own processes (docs/operations.md)")
    port = plan.environ.get("PORT", "") or "8000"
    if not (port.isdigit() and 0 < int(port) < 65536):
        raise Misconfigured(f"PORT must be a port number, not {port!r}")
    plan.data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(plan.data_dir, os.W_OK):
        raise Misconfigured(f"DATA_DIR {plan.data_dir} cannot be written to")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(condition: Callable[[], bool], what: str, log: Path, timeout_s: float = 60.0, pause_s: float = 0.1) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise StepFailed(f"{what} did not come up within {timeout_s:.0f} s; see {log}")
        time.sleep(pause_s)
