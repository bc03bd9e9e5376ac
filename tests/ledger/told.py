"""Books with their trail: some business, a checkpoint, and the same business again. For tests that lie about one of the two."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from audit.context import Actor, bind
from ledger.chart import AccountKind
from ledger.commands import ExpireHold, Line, PlaceHold, SettleHold, apply_holds, close_account, open_account, post_batch
from ledger.posting import Batch, Posting
from ledger.proofs.running import prove
from ledger.queries.proofs import latest_checkpoint
from tests.databases import committed_copy
from tests.ledger.horizon import prove_all
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, USDC, book, deposit, open_house


@pytest.fixture(scope="module")
def books(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Once for the file that asks for it, in a copy in which commits are real."""
    with django_db_blocker.unblock(), committed_copy():
        with bind(Actor.system("pytest"), correlation_id="a test"):
            open_house()
            _business("before")
            assert prove_all().run.taken is not None
            _business("after")
        yield


@pytest.fixture
def db(books: None, django_db_blocker: Any) -> Iterator[None]:
    """Each test undoes what it did. The name matters: only for `db` is a test database made at all."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def _business(when: str) -> None:
    deposit(f"{when}-1", ACME, 1_000)
    deposit(f"{when}-2", GLOBEX, 500, metadata={"note": "x"})
    book(f"{when}-fee", Line.debit(ACME, 10), Line.credit(FEES, 10))
    apply_holds(*(PlaceHold(f"{when}-{name}", ACME, 100) for name in ("open", "paid")), PlaceHold(f"{when}-late", ACME, 100, DAY))
    book(f"{when}-paid", Line.debit(ACME, 90), Line.credit(HOT, 90), holds=(SettleHold(f"{when}-paid", 90),))
    apply_holds(ExpireHold(f"{when}-late"))
    lines = (Line.debit(HOT, 1), Line.credit(ACME, 1))
    batch = [Posting(reference=f"{when}-batch-{n}", kind="deposit", value_at=DAY, lines=lines) for n in range(3)]
    post_batch(Batch(tuple(batch)))
    open_account(code=f"wallet:{when}", name="x", kind=AccountKind.WALLET, asset_id=USDC)
    close_account(code=f"wallet:{when}", reason="x")


def found(*, full: bool) -> list[tuple[str, str, str]]:
    results = prove(thorough=True) if full else prove(latest_checkpoint())
    return [
        (finding.proof, finding.subject, finding.message)
        for result in results
        for finding in result.findings
        if result.proof.name != "every_change_is_told"
    ]
