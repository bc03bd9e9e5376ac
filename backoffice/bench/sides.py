"""One withdrawal, twice: through our public command, and as one bare SQL function under the same constraints and indexes.

Each factory takes a seat and returns what does one unit (see backoffice.bench.crew).
"""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from audit.clock import now
from audit.context import current
from backoffice.bench.crew import Seat
from backoffice.bench.load import AMOUNT, FEE, Withdrawal, withdrawals
from backoffice.bench.scratch import connect
from ledger.commands import Line, Posting, post

KIND = "bench.withdrawal"
_BARE = "SELECT bench_post(%s, %s, %s, %s, %s, %s, %s::numeric[], %s::numeric[], %s, %s, %s)"
_CONTENT_HASH = sha256(b"a hash of the usual length").digest()


def posting_of(order: Withdrawal) -> Posting:
    return Posting(
        reference=order.reference,
        kind=KIND,
        value_at=now(),
        transaction_id=order.transaction_id,
        lines=(Line.debit(order.client, AMOUNT + FEE), Line.credit(order.wallet, AMOUNT), Line.credit(order.fees, FEE)),
    )


def ours(seat: Seat) -> Callable[[], None]:
    return _through_command(seat, "ours", hot=False)


def ours_hot(seat: Seat) -> Callable[[], None]:
    """The same with one wallet in every transaction."""
    return _through_command(seat, "hot", hot=True)


def bare(seat: Seat) -> Callable[[], None]:
    """The floor: `bench_post` with ids and numbers ready to use, a prepared statement, psycopg alone."""
    session, ids = connect(seat.database), account_ids(seat.database)
    orders = withdrawals("bare", seat.number, scale=seat.wishes["scale"])
    context = current()

    def one() -> None:
        order, moment = next(orders), now()
        accounts = [ids[order.client], ids[order.wallet], ids[order.fees]]
        business = (order.reference, _CONTENT_HASH, order.transaction_id, context.correlation_id, moment)
        money = (accounts, [AMOUNT + FEE, 0, 0], [0, AMOUNT, FEE])
        session.execute(_BARE, (*business, *money, context.actor.id, moment, Jsonb(metadata(order, moment))))

    return one


def account_ids(database: str) -> dict[str, UUID]:
    with connect(database) as session:
        return dict(session.execute("SELECT code, id FROM ledger_account").fetchall())


def _through_command(seat: Seat, tag: str, *, hot: bool) -> Callable[[], None]:
    orders = withdrawals(tag, seat.number, scale=seat.wishes["scale"], hot=hot)

    def one() -> None:
        post(posting_of(next(orders)))

    return one


def metadata(order: Withdrawal, moment: datetime) -> dict[str, Any]:
    """What our audit event of this posting says; the floor writes the same."""
    lines = ((order.client, AMOUNT + FEE, 0), (order.wallet, 0, AMOUNT), (order.fees, 0, FEE))
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
        "holds": [],
    }
