"""Finding the embedded services from another process: `manage.py COMMAND` beside a running `make run`, or without one.

`DATA_DIR/services.json` holds the environment that leads to them. Whoever uses them holds a shared lock on `run/users.lock`;
starting and stopping is done under `run/starting.lock`; the last user to leave stops what was started for the time of a command.
"""

import fcntl
import json
import os
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from backoffice.quickstart.embedded import Valkey
from backoffice.quickstart.plan import Plan

# These need no services: they only look at code, or they see to the services themselves.
STANDALONE = frozenset(
    {
        "",
        "help",
        "--help",
        "--version",
        "version",
        "check",
        "collectstatic",
        "makemigrations",
        "quickstart",
        "spectacular",
        "campaign",
    }
)


def services_file(data_dir: Path) -> Path:
    return data_dir / "services.json"


def write(data_dir: Path, content: dict[str, Any]) -> None:
    """Put it there whole or not at all; it holds secrets."""
    path = services_file(data_dir)
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
    temporary.replace(path)


def read(data_dir: Path) -> dict[str, Any]:
    path = services_file(data_dir)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def open_lock(data_dir: Path, name: str) -> TextIO:
    directory = data_dir / "run"
    directory.mkdir(parents=True, exist_ok=True)
    return (directory / f"{name}.lock").open("w", encoding="ascii")


@contextmanager
def locked(data_dir: Path, name: str) -> Iterator[TextIO]:
    """Hold `run/NAME.lock` alone, waiting for it."""
    with open_lock(data_dir, name) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def share(file: TextIO) -> None:
    """Hold the lock together with others, waiting while somebody has it alone."""
    fcntl.flock(file, fcntl.LOCK_SH)


def wait_alone(file: TextIO) -> None:
    """Hold it alone, waiting for all others to leave."""
    fcntl.flock(file, fcntl.LOCK_EX)


def try_alone(file: TextIO) -> bool:
    """Turn a held or open lock into an exclusive one, if nobody else has a share of it. When not, our own share is gone too."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def services_for(arguments: Sequence[str], environ: MutableMapping[str, str]) -> Iterator[None]:
    """Make the embedded services reachable through `environ` while a management command runs. Does nothing when the caller brought
    a database, in production, or for a command that needs none."""
    command = arguments[1] if len(arguments) > 1 else ""
    brought = (
        environ.get("DATABASE_URL") or environ.get("DATABASE_URL_FILE") or environ.get("COUNTERSIGN_PROCESS", "owner") != "owner"
    )
    if brought or command in STANDALONE or environ.get("ENVIRONMENT") == "production":
        yield
        return
    plan = Plan(Path(environ.get("DATA_DIR", "") or "var").resolve(), dict(environ))
    with open_lock(plan.data_dir, "users") as users:
        share(users)
        with locked(plan.data_dir, "starting"):
            found = read(plan.data_dir).get("environment") if plan.postgres.answers() else None
            if found is None:
                found = _start(plan)
        for name, value in found.items():
            environ.setdefault(name, value)
        try:
            yield
        finally:
            _leave(plan, users)


def _start(plan: Plan) -> dict[str, str]:
    """Start database and broker for the time of a command."""
    plan.postgres.start()
    plan.postgres.provide_database(plan.keys.value("postgres.owner"))
    if "valkey" in plan.embedded:
        plan.valkey.start()
    environment = plan.owner()
    write(plan.data_dir, {"environment": environment, "ports": plan.ports, "started_by": "manage.py"})
    return environment


def _leave(plan: Plan, users: TextIO) -> None:
    """Stop what was started for a command when nobody else uses it. A running `make run` holds its share of the lock all the
    time."""
    with locked(plan.data_dir, "starting"):
        if not try_alone(users):
            return
        stop_servers(plan)


def stop_servers(plan: Plan) -> None:
    """Stop the embedded servers that services.json tells of, whoever started them; call it alone and under the starting lock."""
    ports = read(plan.data_dir).get("ports", {})
    plan.postgres.stop()
    if "valkey" in ports and "valkey" in plan.embedded:
        Valkey(plan.data_dir / "valkey", plan.logs / "valkey.log", ports["valkey"], plan.keys.value("valkey")).stop()
    services_file(plan.data_dir).unlink(missing_ok=True)
