"""Commands of `manage.py` as forks of a process that has loaded everything: an interpreter of its own would take seconds to load it
for each, and dies of SIGKILL just the same.

Run as a program this takes orders, one a line, and answers each with a line.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backoffice.quickstart import programs

COMMANDS = {"drive": "transfers", "reconcile": "reconciliation", "sweep": "backoffice.alerts"}
_POLL_S = 0.02


class Forks:
    """Starts and awaits them. `environment` is what all of them have."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as said:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "tests.stack.forks"],
                cwd=programs.root(),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )

    def start(self, *arguments: str, **environment: str) -> int:
        """Like `manage.py ARGUMENTS` with `environment` added; gives back the process's id."""
        return int(self._ask({"start": arguments, "environment": environment}))

    def wait(self, pid: int, within_s: float = 60.0) -> int | None:
        """Its exit status, a signal's number negative; None while it still runs after all that time."""
        status = self._ask({"wait": pid, "within_s": within_s})
        return None if status is None else int(status)

    def run(self, *arguments: str) -> int | None:
        return self.wait(self.start(*arguments))

    def close(self) -> None:
        self._server.communicate(timeout=30)

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())


@contextmanager
def forks(environment: Mapping[str, str], log: Path) -> Iterator[Forks]:
    made = Forks(environment, log)
    try:
        yield made
    finally:
        made.close()


def _serve() -> None:
    _load()
    for line in sys.stdin:
        order = json.loads(line)
        answer = _fork(**order) if "start" in order else _outcome(**order)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _load() -> None:
    import django
    from django.core.management import load_command_class

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")
    django.setup()
    for name, app in COMMANDS.items():
        load_command_class(app, name)


def _fork(start: list[str], environment: dict[str, str]) -> int:
    pid = os.fork()
    if pid == 0:
        _live(start, environment)
    return pid


def _live(arguments: list[str], environment: dict[str, str]) -> None:
    from django.core.management import execute_from_command_line

    status = 1
    try:
        os.environ.update(environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        execute_from_command_line(["manage.py", *arguments])
        status = 0
    except BaseException:  # noqa: BLE001 - a child must never return into its parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


def _outcome(wait: int, within_s: float) -> int | None:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found, status = os.waitpid(wait, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL_S)
    return None


if __name__ == "__main__":
    _serve()
