"""The real stack for tests: `manage.py quickstart` as a user would run it, in a directory of its own, with short waits.

Single processes can be stopped, killed and started; a worker can be run by hand with more in its environment, such as
`COUNTERSIGN_CRASH`. What a test breaks it mends again: the stack is shared by the whole session.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from backoffice.quickstart import programs
from backoffice.quickstart.plan import Plan, free_port
from backoffice.quickstart.supervisor import Supervisor

START_TIMEOUT_S = 240.0
# Everything that a real sandbox does at a human pace. Nothing here changes what is done.
QUICK = {
    "CHAIN_BLOCK_TIME": "0.3",
    "CHAIN_CONFIRMATIONS": "2",
    "CHAIN_FINAL_DEPTH": "4",
    "BANK_STATEMENT_INTERVAL": "2",
    "BANK_SETTLE_DELAY": "0.5",
    "HEARTBEAT_INTERVAL": "1",
    "DRIVER_LEASE": "3",
    "TRICKLE_BURST": "0",
    "TRICKLE_MOST": "0",
    # One test starts them itself; elsewhere transfers are counted.
    "SYNTHETIC_TRANSFERS": "",
}
_NOT_INHERITED = (
    *("DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL", "BANK_URL", "SIGNER_URL", "AUDIT_"),
    *("DATA_DIR", "COUNTERSIGN_", "PYTEST_"),
)


class RunningStack:
    """One sandbox. `url` is where its web process answers; `demo` is what seeding wrote to demo.json."""

    def __init__(self, data_dir: Path, extra: Mapping[str, str]) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
        self.environ = {**inherited, **QUICK, "SEED": "demo", "PORT": str(free_port()), "DATA_DIR": str(data_dir), **extra}
        self.data_dir = data_dir
        self.plan = Plan(data_dir, self.environ)
        self.supervisor = Supervisor(data_dir)
        self.output = data_dir / "quickstart.out"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self.plan.url

    @cached_property
    def services(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "services.json").read_text(encoding="utf-8"))
        return found

    @cached_property
    def demo(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "demo.json").read_text(encoding="utf-8"))
        return found

    # --- the whole ---

    def start(self) -> float:
        """Run quickstart until it says that it is ready; returns the seconds that took."""
        begun = time.monotonic()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "quickstart"],
                cwd=programs.root(),
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.wait_until(self._said_ready, "quickstart to say that it is ready", START_TIMEOUT_S)
        return time.monotonic() - begun

    def interrupt(self) -> int:
        """What Ctrl-C does; returns the exit status."""
        if self._process is None:
            raise RuntimeError("the stack was not started")
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(120)

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def _said_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise AssertionError(f"quickstart ended instead of getting ready:\n{self.said()}")
        return "is ready after" in self.said()

    # --- single processes ---

    def pid(self, name: str) -> int:
        """Of a supervised program; 0 while it is not running."""
        return int(self.supervisor.states()[name]["pid"])

    def runs(self, name: str) -> bool:
        """Whether it has stayed up long enough to count as started."""
        return bool(self.supervisor.states()[name]["statename"] == "RUNNING")

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to one program alone; returns its process id. The supervisor starts a killed one again."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def kill_tree(self, name: str) -> bool:
        """SIGKILL to a program and everything it forked, at once: what losing the machine under it looks like. False when it is
        between two lives and there is nothing to kill."""
        pid = self.pid(name)
        if pid <= 0:
            return False
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            # It died by itself since supervisord was asked.
            return False
        return True

    def stop(self, *names: str) -> None:
        """Stop programs and keep them down until `begin`."""
        for name in names:
            self.supervisor.call("supervisor.stopProcess", f"{self._program(name).group}:{name}")

    def begin(self, *names: str) -> None:
        for name in names:
            self.supervisor.start_program(self._program(name))
            self.wait_until(lambda name=name: self.pid(name) > 0, f"{name} to run")  # type: ignore[misc]

    @contextmanager
    def without(self, *names: str) -> Iterator[None]:
        """These programs are down inside the block."""
        self.stop(*names)
        try:
            yield
        finally:
            self.begin(*names)

    @contextmanager
    def worker(self, **extra: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker of our own, beside or instead of the supervised one, with `extra` in its environment. Use it inside
        `without("worker", "sweeper")` when nobody else may do the work. One child, so that a crash point is met once."""
        program = self._program("worker")
        command = [*program.command, "-c", "1", "-n", f"test{time.monotonic_ns()}@%h"]
        environment = programs.inherited(self.environ) | program.environment | extra
        with (self.data_dir / "logs" / "test-worker.log").open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=programs.root(),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)

    def _program(self, name: str) -> programs.Program:
        # The plan remembers the ports the stack was started with.
        self.plan.__dict__["ports"] = self.services["ports"]
        return next(program for program in programs.every(self.plan) if program.name == name)

    # --- looking in ---

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A management command with nothing but DATA_DIR to go by, as somebody at a shell runs it."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=programs.root(),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=check,
        )

    def query(self, sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """Rows as the owner sees them."""
        with psycopg.connect(self.services["environment"]["DATABASE_URL"], autocommit=True) as connection:
            cursor = connection.execute(sql, parameters)
            return list(cursor.fetchall()) if cursor.description else []

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Status and body; 0 while nobody answers."""
        request = urllib.request.Request(self.url + path, headers=dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def wait_ready(self, timeout_s: float = 60.0) -> None:
        self.wait_until(lambda: self.get("/readyz")[0] == 200, "/readyz", timeout_s)

    def wait_until(self, condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
        """Raises AssertionError that names what was waited for, with the end of the output."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"waited {timeout_s:.0f} s in vain for {what}; logs are in {self.data_dir / 'logs'}\n{self.said()[-2000:]}"
                )
            time.sleep(0.2)


@contextmanager
def running_stack(**extra: str) -> Iterator[RunningStack]:
    """A stack from an empty directory; `extra` goes into its environment. Everything is stopped and removed afterwards; with
    COUNTERSIGN_KEEP_STACK in the environment of the tests the directory stays, to be looked at."""
    data_dir = Path(tempfile.mkdtemp(prefix="countersign-stack-"))
    stack = RunningStack(data_dir, extra)
    try:
        stack.start()
        yield stack
    finally:
        if stack._process is not None and stack._process.poll() is None:
            stack.interrupt()
        stack.supervisor.shut_down()
        if not os.environ.get("COUNTERSIGN_KEEP_STACK"):
            shutil.rmtree(data_dir)
