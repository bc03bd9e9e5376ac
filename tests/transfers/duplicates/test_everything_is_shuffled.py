"""Whoever adds a task, a command or a POST route repeats it in a shuffle here, or says why it needs none."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from backoffice.celery import app
from tests.transfers import duplicates
from tests.transfers.duplicates.shuffling import code_of, name_of

ROOT = Path(settings.BASE_DIR)
COMMANDS = ("transfers/commands/", "transfers/webhooks/commands.py", "transfers/outbox/", "transfers/receipts/make.py")
# Who lets people, machines and time in. What only they call of the commands is a step of one, not a way in.
DOORS = (
    "transfers/api",
    "transfers/webhooks",
    "transfers/management",
    "transfers/tasks.py",
    "transfers/driver.py",
    "backoffice/console/views",
    "backoffice/alerts/jobs.py",
    "reconciliation/commands",
)
WRITING = ("post", "put", "patch", "delete")
ONLY_LOOKS = "It changes nothing."
A_PART = "It is a part of commands that are repeated."
EXEMPT: dict[str, str] = {
    "transfers.commands.advance.steps.next_step": ONLY_LOOKS,
    "transfers.commands.bulk.payload.same_as": ONLY_LOOKS,
    "transfers.commands.deposits.allocation.sent_back": ONLY_LOOKS,
    "transfers.commands.deposits.allocation.waiting_arrivals": ONLY_LOOKS,
    "transfers.commands.deposits.arrivals.see": A_PART,
    "transfers.commands.deposits.arrivals.see_again": "Only what is gone comes back, under its own identity.",
    "transfers.commands.deposits.refund.refundable": ONLY_LOOKS,
    "transfers.commands.deposits.refund.refunded": ONLY_LOOKS,
    "transfers.commands.deposits.send_back.debtor_of": ONLY_LOOKS,
    "transfers.commands.deposits.stated.counting": ONLY_LOOKS,
    "transfers.commands.deposits.taken_back.why_not": ONLY_LOOKS,
    "transfers.commands.deposits.watching.chain_identity": ONLY_LOOKS,
    "transfers.commands.exchanges.about": "It names what is written to the record of the wire.",
    "transfers.commands.heartbeat.beat": "A process says that it lives, as often as it likes.",
    "transfers.commands.moves.set_columns": A_PART,
    "transfers.commands.placing.lock_name": A_PART,
    "transfers.commands.reference.import_ecb": "It is no money, and tests/transfers/pricing/test_reference imports a file twice.",
    "transfers.commands.returns.can_come_back": ONLY_LOOKS,
    "transfers.commands.returns.dispute": A_PART,
    "transfers.commands.returns.has_come_back": ONLY_LOOKS,
    "transfers.commands.speed_up.gas_room": ONLY_LOOKS,
    "transfers.commands.speed_up.why_not_speed_up": ONLY_LOOKS,
    "transfers.commands.stored_answers.drop_answers": "It moves nothing, and tests/transfers/api/test_idempotency asks afterwards.",
    "transfers.commands.sweeping.balances.on_address": ONLY_LOOKS,
    "transfers.commands.sweeping.balances.why_not": ONLY_LOOKS,
    "transfers.commands.synthetic_setup.is_prepared": ONLY_LOOKS,
    "transfers.commands.treasury.gas_asset": ONLY_LOOKS,
    "transfers.commands.wake.hint_bulk": "A hint: the tasks that it wakes are repeated.",
    "transfers.commands.wake.wake_after_commit": "A hint: the tasks that it wakes are repeated.",
    "transfers.outbox.endpoints.find": ONLY_LOOKS,
    "transfers.outbox.queries.attempts_of": ONLY_LOOKS,
    "transfers.outbox.queries.deliveries_of": ONLY_LOOKS,
    "transfers.commands.advance.steps.is_driven": ONLY_LOOKS,
    "transfers.outbox.queries.tallies": ONLY_LOOKS,
    "transfers.outbox.replay.replay_one": "To send again is what it is for.",
    "transfers.outbox.replay.replay_since": "To send again is what it is for.",
    "transfers.outbox.secrets.newest": ONLY_LOOKS,
    "transfers.webhooks.commands.reject": "It records an attempt, each one.",
}
# Shuffles that stand beside what they need.
ELSEWHERE = ("tests.transfers.outbox.test_repeated",)


def tasks() -> list[Any]:
    app.loader.import_default_modules()
    return [task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))]


def routes() -> Iterator[Any]:
    """What answers to POST and its like below /v1/ and /hooks/."""
    for view in _views(get_resolver().url_patterns, ("v1/", "hooks/")):
        made_by = getattr(view, "view_class", getattr(view, "cls", None))
        if made_by is None:
            yield view
        else:
            yield from (getattr(made_by, verb) for verb in WRITING if hasattr(made_by, verb))


def _views(patterns: Any, below: tuple[str, ...]) -> Iterator[Any]:
    for one in patterns:
        if isinstance(one, URLResolver) and (not below or str(one.pattern) in below):
            yield from _views(one.url_patterns, ())
        elif isinstance(one, URLPattern) and not below:
            yield one.callback


def commands() -> list[Any]:
    """Public functions of the commands that some door imports."""
    found = {name_of(one): one for path in _files(DOORS) for one in _imported(path)}
    return [found[name] for name in sorted(found)]


def _files(places: tuple[str, ...]) -> Iterator[Path]:
    for place in places:
        yield from [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))


def _imported(path: Path) -> Iterator[Any]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("transfers"):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                yield from _commands_in(getattr(module, alias.name, None), path)


def _commands_in(thing: Any, path: Path) -> Iterator[Any]:
    """The function itself, or what is used of a module that is imported as a whole."""
    if inspect.ismodule(thing):
        text = path.read_text(encoding="utf-8")
        short = thing.__name__.rpartition(".")[2]
        inside = [one for name, one in vars(thing).items() if not name.startswith("_") and f"{short}.{name}" in text]
        yield from (one for one in inside if _is_command(one))
    elif _is_command(thing):
        yield thing


def _is_command(thing: Any) -> bool:
    if not inspect.isfunction(thing):
        return False
    function = inspect.unwrap(thing)
    place = (inspect.getsourcefile(function) or "").removeprefix(f"{ROOT}/")
    return place.startswith(COMMANDS) and not function.__name__.startswith("_")


def shuffled() -> dict[CodeType, str]:
    """What the tests of this package say that they repeat, and count."""
    names = [f"{duplicates.__name__}.{found.name}" for found in pkgutil.iter_modules(duplicates.__path__)]
    modules = [importlib.import_module(name) for name in (*names, *ELSEWHERE)]
    tests = [test for module in modules for name, test in vars(module).items() if name.startswith("test_")]
    return {code_of(thing): name_of(thing) for test in tests for thing in getattr(test, "covers", ())}


def test_every_task_command_and_route_is_repeated_in_some_shuffle() -> None:
    covered = shuffled()
    lacking = {name_of(one) for one in (*tasks(), *commands(), *routes()) if code_of(one) not in covered}
    assert sorted(lacking - EXEMPT.keys()) == [], "repeat it in a shuffle, or say in EXEMPT why it needs none"


def test_what_is_exempt_is_there_and_in_no_shuffle() -> None:
    covered = set(shuffled().values())
    there = {name_of(one) for one in (*tasks(), *commands(), *routes())}
    assert {name for name in EXEMPT if name in covered or name not in there} == set()
    assert all(EXEMPT.values())


def test_it_finds_what_there_is() -> None:
    assert len(tasks()) >= 15
    assert {"transfers.commands.cancel.cancel", "transfers.commands.verdicts.ask"} <= {name_of(one) for one in commands()}
    assert {"Transfers.post", "OneWebhook.delete", "receive"} <= {one.__qualname__ for one in routes()}
