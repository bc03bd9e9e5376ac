"""The programs of a sandbox: what each is started with, and the little it is told. A program gets only its own database role's
address, and the simulators none at all."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backoffice.quickstart.plan import Plan

STORES = "stores"
APPLICATION = "app"


@dataclass(frozen=True, slots=True)
class Program:
    """`group` stops together; `stop_wait_s` is the patience before SIGKILL."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    group: str = APPLICATION
    stop_signal: str = "TERM"
    stop_wait_s: int = 10
    user: str = ""
    port: int = 0


def stores(plan: Plan) -> Iterator[Program]:
    """Started before anything else, stopped after everything else."""
    if "postgres" in plan.embedded:
        account = plan.postgres.account
        # INT is PostgreSQL's fast shutdown: TERM would wait for clients to leave.
        yield Program(
            "postgres",
            plan.postgres.command(),
            group=STORES,
            stop_signal="INT",
            stop_wait_s=30,
            user=account.pw_name if account else "",
        )
    if "valkey" in plan.embedded:
        yield Program("valkey", plan.valkey.command(), group=STORES)


def outside(plan: Plan) -> Iterator[Program]:
    """The simulators: each with its own directory, none with our database."""
    if "chain" in plan.embedded:
        yield _simulator(plan, "chain", ["--block-time", _setting(plan, "CHAIN_BLOCK_TIME", "2"), *_chain_id(plan), *_second(plan)])
    if "chain-2" in plan.embedded:
        yield _simulator(plan, "chain-2", ["--follow", str(plan.data_dir / "chain"), *_chain_id(plan)], module="chain")
    if "bank" in plan.embedded:
        arguments = [
            *("--token-file", str(plan.keys.path("bank.token"))),
            *("--webhook-url", f"{plan.url}/hooks/bank"),
            *("--webhook-secret-file", str(plan.keys.webhook_path("bank"))),
            *("--statement-interval", _setting(plan, "BANK_STATEMENT_INTERVAL", "30")),
            *("--settle-delay", _setting(plan, "BANK_SETTLE_DELAY", "2")),
            "--hurry",
        ]
        yield _simulator(plan, "bank", arguments)
    if "psp" in plan.embedded:
        yield _simulator(plan, "psp", _cards(plan))
    if "desks" in plan.embedded:
        yield _simulator(plan, "desks", ["--token-file", str(plan.keys.path("desks.token"))])
    if "notary" in plan.embedded:
        yield _simulator(plan, "notary", ["--log-key-file", str(plan.log_key)])


def _cards(plan: Plan) -> list[str]:
    """The card provider pays its batches through the sandbox bank, where there is one."""
    arguments = [
        *("--token-file", str(plan.keys.path("psp.token"))),
        *("--webhook-url", f"{plan.url}/hooks/psp"),
        *("--webhook-secret-file", str(plan.keys.webhook_path("psp"))),
        *("--settle-interval", _setting(plan, "PSP_SETTLE_INTERVAL", "60")),
    ]
    if "bank" not in plan.embedded:
        return arguments
    bank = ("--bank-url", plan.address("bank"), "--bank-token-file", str(plan.keys.path("bank.token")))
    return [*arguments, *bank]


# The wallets of the house that the signer holds keys for.
WALLETS = ("hot-1", "settlement-1")
# Those that only move our own money, and to whom.
RECIPIENTS = {"settlement-1": ["hot-1"]}
# Where deposits are brought.
SWEEP_TO = ["hot-1"]


def signer_environment(plan: Plan) -> dict[str, str]:
    """Its own settings (transfers.signer.settings); it knows no others."""
    return {
        "SIGNER_DATABASE_URL": plan.role_url("signer"),
        "SIGNER_KEYSTORE_DIR": str(plan.data_dir / "signer"),
        "SIGNER_PASSWORD_FILE": str(plan.keys.path("signer.keystore")),
        "SIGNER_TOKEN_FILE": str(plan.keys.path("signer.token")),
        "SIGNER_NETWORKS": _setting(plan, "SIGNER_NETWORKS", str(plan.data_dir / "chain" / "network.json")),
        "SIGNER_RECIPIENTS": _setting(plan, "SIGNER_RECIPIENTS", str(recipients_file(plan))),
        "SIGNER_PORT": str(plan.ports["signer"]),
    }


def recipients_file(plan: Plan) -> Path:
    return plan.data_dir / "signer-recipients.json"


def signer(plan: Plan) -> Iterator[Program]:
    """Started once its networks, schema and wallets exist."""
    if "signer" in plan.embedded:
        command = [sys.executable, "-m", "transfers.signer", "serve"]
        yield Program("signer", command, signer_environment(plan), port=plan.ports["signer"])


def application(plan: Plan) -> Iterator[Program]:
    """What serves and works, once the database is migrated and seeded."""
    web = plan.common() | plan.static() | {"COUNTERSIGN_PROCESS": "web", "COUNTERSIGN_EXIT_WITH_PARENT": "1"}
    web["DATABASE_URL_WEB"] = plan.role_url("web")
    worker = (
        plan.common() | plan.signs_receipts() | {"COUNTERSIGN_PROCESS": "worker", "DATABASE_URL_WORKER": plan.role_url("worker")}
    )
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "backoffice.celery"]
    concurrency = _setting(plan, "WORKER_CONCURRENCY", "2")
    granian = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(plan.port), "--workers", "1", "--no-ws"]
    threads = ["--blocking-threads", _setting(plan, "WEB_THREADS", "4"), "--log-level", "warning", "--workers-kill-timeout", "5"]
    yield Program("web", [sys.executable, "-m", "granian", *granian, *threads, "backoffice.wsgi:application"], web, port=plan.port)
    yield Program(
        "worker", [*celery, "worker", "--pool", "prefork", "-c", concurrency, "--without-gossip", "--without-mingle"], worker
    )
    yield Program("beat", [*celery, "beat", "--pidfile="], worker)
    yield Program("sweeper", [sys.executable, "manage.py", "sweep"], worker)
    yield Program("sealer", [sys.executable, "manage.py", "seal"], plan.sealer(), stop_wait_s=20)


def traffic(plan: Plan) -> Iterator[Program]:
    """The demo's clients, who know an address and their keys."""
    yield Program("trickle", [sys.executable, "manage.py", "trickle"], plan.common() | {"COUNTERSIGN_PROCESS": "web"})


def every(plan: Plan) -> list[Program]:
    found = [*stores(plan), *outside(plan), *signer(plan), *application(plan)]
    return found if plan.environ.get("SEED", "demo") == "none" else [*found, *traffic(plan)]


def _simulator(plan: Plan, name: str, arguments: list[str], *, module: str = "") -> Program:
    port = plan.ports[name]
    command = [
        sys.executable,
        "-m",
        f"backoffice.sandbox.{module or name}",
        "--port",
        str(port),
        "--data-dir",
        str(plan.data_dir / name),
    ]
    return Program(name, [*command, *arguments], port=port)


def _setting(plan: Plan, name: str, default: str) -> str:
    return plan.environ.get(name, "") or default


def _chain_id(plan: Plan) -> list[str]:
    chain_id = plan.environ.get("CHAIN_ID", "")
    return ["--chain-id", chain_id] if chain_id else []


def _second(plan: Plan) -> list[str]:
    """Named to the signer, which then has a node when the first is away."""
    return ["--beside", plan.address("chain-2")] if "chain-2" in plan.embedded else []


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """What every program may have of the user's environment: everything but the addresses of databases and the keys that sign."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith(("DATABASE_URL", "AUDIT_SIGNING_KEY", "RECEIPT_SIGNING_KEY"))
    }


def root() -> Path:
    """The directory with manage.py, from where programs run."""
    return Path(__file__).resolve().parents[2]
