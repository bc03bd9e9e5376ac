"""`posting-batch`: very many credits from one account in one call, against one statement that inserts the same rows from arrays.

The payer and all payees are guarded client accounts. What either side is called with is made before the clock starts.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from uuid import UUID

from audit.clock import now
from audit.context import Actor, bind, current
from audit.identity import new_id
from backoffice.bench import evidence, machine
from backoffice.bench.history import open_working_house
from backoffice.bench.load import ASSET, client
from backoffice.bench.report import Figure, Ratio, Report
from backoffice.bench.scale import Scale
from backoffice.bench.scratch import Scratch, Session, connect, using
from ledger.commands import Batch, Line, Posting, post_batch

OF_INSERT = 0.5
KIND = "bench.credit"
_PAYER = client(0)
_STATEMENT = (Path(__file__).parent / "sql" / "batch.sql").read_text(encoding="utf-8")
_BALANCES = """
    SELECT code, account_id, credits - debits, version FROM ledger_balance JOIN ledger_account AS account ON account.id = account_id
     WHERE code LIKE 'client:bench-%'
"""


@dataclass(frozen=True, slots=True)
class Credit:
    reference: str
    payee: str
    amount: int
    transaction_id: UUID


def run(scratch: Scratch, scale: Scale) -> Report:
    # A round is long here: fewer of them say as much.
    rounds = scale.rounds // 2 + 1
    with using(scratch.base), bind(Actor.system("bench"), correlation_id="bench batch"):
        server = machine.facts()
        open_working_house(scratch.base, scale)
        ours, bare = _measure(scratch.base, scale, rounds)
        done = dict.fromkeys(("ours", "bare"), (rounds + 1) * scale.batch)
        return Report(
            "posting-batch",
            server,
            [ours, bare],
            [Ratio.of("of one INSERT of the same rows", ours, bare, OF_INSERT)],
            facts={
                "rows written": evidence.same_postings(done, entries=2),
                "postings, the same in every field": evidence.same_contents("ours", "bare"),
            },
            notes=[
                f"{scale.batch:,} credits from one client to {scale.clients - 1:,} others in one call, which is one transaction"
            ],
        )


def _measure(database: str, scale: Scale, rounds: int) -> list[Figure]:
    sides = {"post_batch()": ("ours", _ours), "INSERT ... SELECT FROM unnest": ("bare", _bare)}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    with connect(database) as session:
        for number in range(rounds + 1):
            for name, (tag, prepare) in sides.items():
                do = prepare(session, _credits(tag, number, scale))
                start = perf_counter()
                do()
                if number:
                    rates[name].append(scale.batch / (perf_counter() - start))
    return [Figure(name, "postings", tuple(found)) for name, found in rates.items()]


def _credits(tag: str, number: int, scale: Scale) -> list[Credit]:
    """The same for the same `number`, but for references and transactions."""
    random = Random(number)  # noqa: S311 - chooses accounts, guards nothing
    payees = [client(random.randrange(1, scale.clients)) for _ in range(scale.batch)]
    return [Credit(f"{tag}-{number}-{place}", payee, 1_000 + place % 7, new_id()) for place, payee in enumerate(payees, 1)]


def _ours(_session: Session, orders: list[Credit]) -> Callable[[], object]:
    moment = now()
    batch = Batch(tuple(_posting(order, moment) for order in orders))
    return lambda: post_batch(batch)


def _posting(order: Credit, moment: datetime) -> Posting:
    lines = (Line.debit(_PAYER, order.amount), Line.credit(order.payee, order.amount))
    return Posting(order.reference, KIND, moment, lines, transaction_id=order.transaction_id)


def _bare(session: Session, orders: list[Credit]) -> Callable[[], object]:
    moment, context = now(), current()
    common = {
        "content_hash": sha256(b"a hash of the usual length").digest(),
        "kind": KIND,
        "correlation": context.correlation_id,
        "actor": context.actor.id,
        "value_at": moment,
        "asset": ASSET,
        "references": [order.reference for order in orders],
        "transaction_ids": [order.transaction_id for order in orders],
        "amounts": [order.amount for order in orders],
        "metadata": [json.dumps(_metadata(order, moment)) for order in orders],
    }
    arguments = common | _running(session.execute(_BALANCES).fetchall(), orders)
    return lambda: session.execute(_STATEMENT, arguments)


def _running(balances: list[tuple[Any, ...]], orders: list[Credit]) -> dict[str, Any]:
    """Balances and versions after every line, as the entries of guarded accounts carry them."""
    ids = {code: account_id for code, account_id, _, _ in balances}
    state = {code: (int(posted), version) for code, _, posted, version in balances}
    after: dict[str, list[int]] = {"payer_after": [], "payer_version": [], "payee_after": [], "payee_version": []}
    for order in orders:
        for side, code, change in (("payer", _PAYER, -order.amount), ("payee", order.payee, order.amount)):
            posted, version = state[code]
            state[code] = (posted + change, version + 1)
            after[f"{side}_after"].append(posted + change)
            after[f"{side}_version"].append(version + 1)
    return after | {"payer": ids[_PAYER], "payees": [ids[order.payee] for order in orders]}


def _metadata(order: Credit, moment: datetime) -> dict[str, Any]:
    """What our audit event of this posting says; the floor writes the same."""
    lines = ((_PAYER, order.amount, 0), (order.payee, 0, order.amount))
    return {
        "reference": order.reference,
        "kind": KIND,
        "description": "",
        "value_at": moment.isoformat(),
        "settled_at": None,
        "reverses": None,
        "forced_kind": "",
        "metadata": {},
        "lines": [{"account": code, "debit": str(debit), "credit": str(credit)} for code, debit, credit in lines],
    }
