"""`make run` as a newcomer meets it: it comes up whole, keeps itself up, keeps its secrets, and goes away when told."""

import json
import shutil
import signal
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from audit.verifier import parse_keys, verify_export
from tests.stack.harness import RunningStack, running_stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(400)]


def _descendants(stack: RunningStack) -> list[psutil.Process]:
    supervisord = psutil.Process(int(stack.supervisor.call("supervisor.getPID")))
    return [supervisord, *supervisord.children(recursive=True)]


def _asked(stack: RunningStack, question: Callable[[psutil.Process], Iterable[str]]) -> list[str]:
    """What all of them answer; a session of the database may end just then."""
    answers: list[str] = []
    for process in _descendants(stack):
        with suppress(psutil.NoSuchProcess):
            answers += question(process)
    return answers


def test_it_says_where_to_go_and_who_to_be(stack: RunningStack) -> None:
    said = stack.said()
    assert stack.url in said
    for name, password in stack.demo["operators"].items():
        assert name in said
        assert password in said
    assert len(said.splitlines()) <= 40


def test_every_program_runs(stack: RunningStack) -> None:
    stack.wait_ready()
    # Ready is who answers; the demo's clients start last, and count as running a second later.
    stack.wait_until(
        lambda: {state["statename"] for state in stack.supervisor.states().values()} == {"RUNNING"}, "every program to run"
    )


def test_it_is_ready_only_with_all_parts(stack: RunningStack) -> None:
    stack.wait_ready()
    status, body = stack.get("/readyz")
    assert status == 200
    assert {name: part["ready"] for name, part in json.loads(body)["parts"].items()} == {
        "web": True,
        "database": True,
        "broker": True,
        "workers": True,
    }


def test_it_is_not_ready_without_its_broker(stack: RunningStack) -> None:
    with stack.without("valkey"):
        status, body = stack.get("/readyz")
        assert status == 503
        assert json.loads(body)["parts"]["broker"]["ready"] is False
        assert stack.get("/healthz")[0] == 200
    stack.wait_ready()


@pytest.mark.parametrize(
    "name", ["web", "worker", "beat", "sweeper", "sealer", "signer", "chain", "bank", "notary", "valkey", "postgres"]
)
def test_what_is_killed_is_started_again(stack: RunningStack, name: str) -> None:
    stack.wait_ready()
    before = stack.kill(name, signal.SIGKILL)
    stack.wait_until(lambda: stack.pid(name) not in (0, before), f"{name} to be started again")
    stack.wait_ready()


def test_only_the_sealer_knows_the_key_of_the_log(stack: RunningStack) -> None:
    path = stack.data_dir / "secrets" / "audit.signing"
    secret = path.read_text(encoding="ascii").strip()
    told = {}
    stack.wait_until(lambda: all(state["pid"] for state in stack.supervisor.states().values()), "every program to run")
    for name in stack.supervisor.states():
        told[name] = "\0".join(f"{key}={value}" for key, value in psutil.Process(stack.pid(name)).environ().items())
    assert [name for name, environment in told.items() if secret in environment or str(path) in environment] == ["sealer"]


def test_the_trail_is_sealed_and_kept_by_two_others(stack: RunningStack, tmp_path: Path) -> None:
    def kept() -> bool:
        anchors = "SELECT count(DISTINCT anchor) FROM audit_anchor_delivery JOIN audit_checkpoint USING (sequence) WHERE size > 0"
        return stack.query(anchors) == [(2,)]

    stack.wait_until(kept, "two anchors to have a checkpoint")
    anchors = [tmp_path / "file", tmp_path / "notary"]
    for path, kept_in in zip(anchors, ("anchors", "notary"), strict=True):
        shutil.copy(stack.data_dir / kept_in / "checkpoints.txt", path)
    stack.manage("export_audit", str(tmp_path / "export"))
    keys = parse_keys((stack.data_dir / "audit" / "log.vkey").read_text(encoding="ascii").split())
    # Other tests stop the stores for a while.
    report = verify_export(tmp_path / "export", keys, anchors, max_gap_s=600)
    assert report.findings == []
    # What seeding alone records.
    assert report.events > 50
    assert report.anchored > 1


def test_it_listens_on_loopback_only(stack: RunningStack) -> None:
    def listened(process: psutil.Process) -> list[str]:
        return [one.laddr.ip for one in process.net_connections("inet") if one.status == psutil.CONN_LISTEN]

    assert set(_asked(stack, listened)) == {"127.0.0.1"}


def test_nothing_that_serves_knows_the_owners_address(stack: RunningStack) -> None:
    secret = (stack.data_dir / "secrets" / "postgres.owner").read_text(encoding="ascii").strip()
    environments = _asked(stack, lambda process: ["\0".join(process.environ().values())])
    assert len(environments) > 5
    assert [one for one in environments if secret in one] == []


def test_the_simulators_know_no_database(stack: RunningStack) -> None:
    for name in ("chain", "bank", "notary"):
        environment = psutil.Process(stack.pid(name)).environ()
        assert [key for key in environment if "DATABASE_URL" in key] == []


@pytest.mark.parametrize(("role", "table"), [("web", "access_operator"), ("worker", "transfers_transfer")])
def test_serving_roles_own_nothing(stack: RunningStack, role: str, table: str) -> None:
    url = stack.services["environment"][f"DATABASE_URL_{role.upper()}"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SELECT count(*) FROM {table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"DROP TABLE {table} CASCADE")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine ()")


def test_secrets_are_their_owners_only(stack: RunningStack) -> None:
    files = [*(stack.data_dir / "secrets").iterdir(), stack.data_dir / "services.json", stack.data_dir / "demo.json"]
    files += [stack.data_dir / "run" / "supervisord.conf"]
    assert {path.name: oct(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)) for path in files} == {
        path.name: "0o0" for path in files
    }


def test_no_secret_is_logged(stack: RunningStack) -> None:
    secrets = [path.read_text(encoding="ascii").strip() for path in (stack.data_dir / "secrets").iterdir()]
    secrets += [*stack.demo["operators"].values(), *stack.demo["api_keys"].values()]
    logs = "".join(path.read_text(encoding="utf-8", errors="replace") for path in (stack.data_dir / "logs").iterdir())
    assert [secret[:4] for secret in secrets if secret in logs] == []


def test_a_command_finds_the_running_services(stack: RunningStack) -> None:
    code = "from django.db import connection as c; x = c.cursor(); x.execute('SELECT 7 * 6'); print(x.fetchone()[0])"
    done = stack.manage("shell", "-c", code)
    assert done.stdout.strip().endswith("42")
    stack.wait_ready()


def test_figures_come_from_this_machine_only(stack: RunningStack) -> None:
    status, body = stack.get("/metrics")
    assert status == 200
    assert "countersign_heartbeat_age_seconds" in body
    assert stack.get("/metrics", {"X-Forwarded-For": "203.0.113.9"})[0] == 404


def test_a_second_one_in_the_same_directory_is_refused(stack: RunningStack) -> None:
    done = stack.manage("quickstart", check=False)
    assert done.returncode != 0
    assert "in use by another" in done.stderr
    assert stack.get("/readyz")[0] == 200


@pytest.mark.long(55)
def test_interrupt_stops_everything_and_a_second_start_has_the_same_data() -> None:
    with running_stack(SEED="none") as stack:
        processes = _descendants(stack)
        stack.query("CREATE TABLE kept AS SELECT 42 AS answer")
        assert stack.interrupt() == 0
        assert [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
        assert not (stack.data_dir / "services.json").exists()
        stack.start()
        assert stack.query("SELECT answer FROM kept") == [(42,)]
