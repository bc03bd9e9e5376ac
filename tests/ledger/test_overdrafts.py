"""A client below zero, to be read like a bookkeeping course: what each step books, and that no step takes more than is owed.

Acme paid in 10 USDC and spent them; then the outside took the deposit back. Amounts are minor units of USDC.
"""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection, transaction

from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import (
    Line,
    PlaceHold,
    Posted,
    apply_holds,
    book_overdraft_receivable,
    open_account,
    recover_by_netting,
    repay,
    reverse,
    write_off,
)
from ledger.errors import BadPosting, InsufficientFunds, LedgerError, MoreThanOwed, ReferenceReused, UnknownAccount
from ledger.models import LedgerTransaction
from ledger.queries import Overdraft, balance, overdraft_receivables, overdrafts
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FUNDING, GLOBEX, HOT, NOSTRO, USDC, book, books_balance, deposit, figures

UNIT = 1_000_000
SAVINGS = "client:acme:savings:USDC.ethereum"
CLAIM = chart.overdraft_account_code("client:acme", USDC)
LOSS = chart.expense_account_code("write-off", USDC)

pytestmark = pytest.mark.usefixtures("overdrawn")


@pytest.fixture
def overdrawn(house: None) -> Iterator[None]:
    deposit("deposit-1", ACME, 10 * UNIT)
    deposit("other-client", GLOBEX, 50 * UNIT)
    book("spent", Line.debit(ACME, 10 * UNIT), Line.credit(HOT, 10 * UNIT))
    reverse(reference_of="deposit-1", reference="deposit-1:back", reason="returned", value_at=DAY, forced_kind="return")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    assert books_balance()
    # Nobody has made up for what the overdrawn client took, so the other one's money may be missing.
    assert [finding for finding in findings() if finding.proof != "client_money"] == []


def claim(amount: int, reference: str = "claim-1") -> Posted:
    return book_overdraft_receivable(
        reference=reference, account_code=ACME, amount_minor=amount, reason="acme was told to pay", value_at=DAY
    )


def net(amount: int, *, source: str = SAVINGS, target: str = ACME, reference: str = "net-1") -> Posted:
    return recover_by_netting(
        reference=reference, from_account=source, to_account=target, amount_minor=amount, reason="agreed", value_at=DAY
    )


def paid(amount: int, reference: str = "paid-1", into: str = HOT) -> Posted:
    return repay(reference=reference, account_code=CLAIM, into_account=into, amount_minor=amount, reason="tx 0x12", value_at=DAY)


def lose(amount: int, reference: str = "lost-1") -> Posted:
    return write_off(reference=reference, account_code=CLAIM, amount_minor=amount, reason="acme is insolvent", value_at=DAY)


def savings(amount: int) -> None:
    open_account(code=SAVINGS, name=SAVINGS, kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:acme")
    deposit("savings", SAVINGS, amount)


def owed() -> list[tuple[str, int, str, str]]:
    found: list[Overdraft] = [*overdrafts(), *overdraft_receivables()]
    return [(one.account_code, one.amount, one.caused_by, one.forced_kind) for one in found]


def test_the_client_stays_below_zero_where_everybody_sees_it() -> None:
    """Nothing is clamped: the account says -10, and the query says since when and because of what."""
    assert figures(ACME) == (-10 * UNIT, 0, -10 * UNIT)
    assert owed() == [(ACME, 10 * UNIT, "deposit-1:back", "return")]
    since = overdrafts()[0].since
    assert since == LedgerTransaction.objects.get(reference="deposit-1:back").booked_at
    assert (overdrafts("client:globex"), len(overdrafts("client:acme"))) == ([], 1)


def test_the_next_deposit_pays_it_back_by_itself() -> None:
    deposit("deposit-2", ACME, 4 * UNIT)
    assert owed() == [(ACME, 6 * UNIT, "deposit-1:back", "return")]
    deposit("deposit-3", ACME, 7 * UNIT)
    assert (owed(), figures(ACME)[0]) == ([], 1 * UNIT)


def test_one_account_of_the_owner_is_netted_against_the_other() -> None:
    """Dr savings 6, Cr acme 6: we owe less there, and are owed less here. No money moves."""
    savings(6 * UNIT)
    net(6 * UNIT)
    assert (figures(SAVINGS)[0], figures(ACME)[0], figures(HOT)[0]) == (0, -4 * UNIT, 46 * UNIT)
    assert LedgerTransaction.objects.get(reference="net-1").description == "agreed"


def test_it_is_moved_to_a_receivable_and_the_client_starts_again_at_zero() -> None:
    """Dr overdraft receivable 10, Cr acme 10. What acme owes is an asset of ours with a name."""
    claim(10 * UNIT)
    assert (figures(ACME)[0], figures(CLAIM)[0]) == (0, 10 * UNIT)
    now = balance(CLAIM)
    assert (now.type, now.kind, now.owner, now.guarded) == ("asset", "overdraft_receivable", "client:acme", True)
    assert owed() == [(CLAIM, 10 * UNIT, "claim-1", "")]


def test_a_receivable_is_paid_back_in_parts() -> None:
    """Dr hot wallet, Cr overdraft receivable."""
    claim(10 * UNIT)
    paid(4 * UNIT)
    paid(6 * UNIT, "paid-2")
    assert (figures(CLAIM)[0], figures(HOT)[0], owed()) == (0, 50 * UNIT, [])


def test_a_later_deposit_is_netted_against_the_receivable() -> None:
    claim(10 * UNIT)
    deposit("deposit-2", ACME, 12 * UNIT)
    net(10 * UNIT, source=ACME, target=CLAIM)
    assert (figures(ACME)[0], figures(CLAIM)[0]) == (2 * UNIT, 0)


def test_what_nobody_will_pay_is_our_loss() -> None:
    """Dr write-off expense 7, Cr overdraft receivable 7, after 3 were paid."""
    claim(10 * UNIT)
    paid(3 * UNIT)
    lose(7 * UNIT)
    assert (figures(CLAIM)[0], figures(LOSS)[0], figures(ACME)[0]) == (0, 7 * UNIT, 0)
    assert (balance(LOSS).type, balance(LOSS).kind, balance(LOSS).owner) == ("expense", "write_off", "")


def test_each_step_is_booked_once_however_often_it_is_asked_for() -> None:
    for _ in range(2):
        claim(10 * UNIT)
        paid(4 * UNIT)
        lose(6 * UNIT)
    # Nothing is owed by now, and the replay still answers as it did.
    assert [claim(10 * UNIT).replayed, paid(4 * UNIT).replayed, lose(6 * UNIT).replayed] == [True, True, True]
    assert (figures(CLAIM)[0], figures(LOSS)[0], figures(ACME)[0]) == (0, 6 * UNIT, 0)
    with pytest.raises(ReferenceReused), transaction.atomic():
        paid(5 * UNIT)


TOO_MUCH: dict[str, tuple[Callable[[], Posted], int, int]] = {
    "claim": (lambda: claim(10 * UNIT + 1), 10 * UNIT, 10 * UNIT + 1),
    "net": (lambda: net(11 * UNIT), 10 * UNIT, 11 * UNIT),
    "net from a client that owes nothing": (lambda: net(1, source=ACME, target=SAVINGS), 0, 1),
    "pay": (lambda: paid(2 * UNIT + 1), 2 * UNIT, 2 * UNIT + 1),
    "lose": (lambda: lose(3 * UNIT), 2 * UNIT, 3 * UNIT),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_never_more_than_is_owed(name: str) -> None:
    call, amount, asked = TOO_MUCH[name]
    savings(20 * UNIT)
    if "pay" in name or "lose" in name:
        claim(2 * UNIT)
    elif "owes nothing" in name:
        deposit("rescue", ACME, 30 * UNIT)
    _refused(call, MoreThanOwed, {"owed": amount, "asked": asked})


def test_the_source_of_a_netting_keeps_its_floor_and_its_holds() -> None:
    savings(8 * UNIT)
    apply_holds(PlaceHold("hold-1", SAVINGS, 5 * UNIT))
    _refused(lambda: net(4 * UNIT), InsufficientFunds, {"account_code": SAVINGS, "available": 3 * UNIT})
    net(3 * UNIT)
    assert figures(SAVINGS) == (5 * UNIT, 5 * UNIT, 0)


WRONG: dict[str, tuple[Callable[[], Posted], type[LedgerError]]] = {
    "another owner's money": (lambda: net(1, source=GLOBEX), BadPosting),
    "the same account": (lambda: net(1, source=ACME), BadPosting),
    "house money": (lambda: net(1, source=FUNDING), BadPosting),
    "an account that nobody opened": (lambda: net(1), UnknownAccount),
    "paid into no wallet": (lambda: (claim(1), paid(1, into=FUNDING))[1], BadPosting),
    "paid in another asset": (lambda: (claim(1), paid(1, into=NOSTRO))[1], BadPosting),
    "a receivable of a wallet": (
        lambda: book_overdraft_receivable(reference="x", account_code=HOT, amount_minor=1, reason="x", value_at=DAY),
        BadPosting,
    ),
    "a write-off of client money": (
        lambda: write_off(reference="x", account_code=ACME, amount_minor=1, reason="x", value_at=DAY),
        BadPosting,
    ),
    "without a reason": (
        lambda: book_overdraft_receivable(reference="x", account_code=ACME, amount_minor=1, reason=" ", value_at=DAY),
        BadPosting,
    ),
    "nothing at all": (lambda: claim(0), BadPosting),
    "less than nothing": (lambda: claim(-1), BadPosting),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    call, error = WRONG[name]
    _refused(call, error, {})


def _refused(call: Callable[[], Posted], error: type[LedgerError], facts: dict[str, object]) -> None:
    before = _everything()
    with pytest.raises(error) as refusal, transaction.atomic():
        call()
    assert {name: getattr(refusal.value, name) for name in facts} == facts
    assert _everything() == before


def _everything() -> tuple[int, list[tuple[int, int, int]]]:
    return LedgerTransaction.objects.count(), [figures(code) for code in (ACME, GLOBEX, HOT)]
