"""`ledger.correct`: what is asked for is what is read, what is read is what is booked, once, and by others than the maker."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from approvals import canonical
from approvals.commands import expire_due
from approvals.errors import (
    ApprovalsError,
    MakerMayNotDecide,
    NotPending,
    PersonInactive,
    ReasonMissing,
    RequestAlreadyPending,
    RequestExpired,
    RoleMissing,
    RoleTooNew,
    StalePayload,
)
from approvals.models import SEVERAL_CLIENTS, ApprovalRequest, Person
from approvals.queries import view_request
from audit.models import AuditEvent
from ledger.commands import Line, post
from ledger.commands.overdrafts import netting_posting, receivable_posting, repayment_posting, write_off_posting
from ledger.errors import AlreadyReversed, InsufficientFunds, LedgerError, MoreThanOwed
from ledger.models import LedgerTransaction
from ledger.posting import Posting
from ledger.queries import corrections_of
from ledger.queries.proofs import findings
from tests.approvals.bookkeeping import (
    CLAIM,
    UNIT,
    adjustment,
    ask_for,
    decide,
    everything,
    fresh,
    open_books,
    overdraw,
    reversal,
)
from tests.approvals.conftest import LONG_HELD, NOON, Clock, People
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, deposit, figures

pytestmark = pytest.mark.django_db
ABOUT: dict[str, Any] = {"reason": "acme was told", "value_at": DAY}


@pytest.fixture(autouse=True)
def _books(people: People) -> None:
    open_books()


@pytest.fixture
def asked(people: People) -> ApprovalRequest:
    return ask_for(people, reversal())


def test_asking_books_nothing_and_says_exactly_what_would_be(asked: ApprovalRequest, people: People) -> None:
    assert figures(FEES)[0] == 20_003 * UNIT
    assert (asked.quorum, asked.role, asked.client_id, asked.expires_at - asked.made_at) == (
        1,
        "approver",
        "acme",
        timedelta(hours=24),
    )
    assert (asked.subject_type, asked.subject_id) == (
        "ledger_transaction",
        str(LedgerTransaction.objects.get(reference="fee-1").id),
    )
    assert canonical.read(asked.payload, asked.digest) == {
        "type": "ledger.correct",
        "verb": "reversal",
        "corrects": "fee-1",
        "reference": "reversal/fee-1",
        "kind": "fee.reversal",
        "transaction_id": "",
        "value_at": "2026-11-20T12:00:00+00:00",
        "forced_kind": "",
        "reason": "booked twice",
        "dimensions": {},
        "lines": [
            {"account": ACME, "asset": "USDC.ethereum", "debit": "0", "credit": "3000000"},
            {"account": FEES, "asset": "USDC.ethereum", "debit": "3000000", "credit": "0"},
        ],
    }
    assert asked.title == "Reverse posting fee-1: 3.00 USDC"
    assert [(fact.label, fact.value) for fact in view_request(asked.id).facts] == [
        ("What", "A reversal: the posting is undone whole, by its mirror image"),
        ("Corrects posting", "fee-1"),
        ("Credit", f"3.00 USDC on {ACME}"),
        ("Debit", f"3.00 USDC on {FEES}"),
        ("Counts from", "2026-11-20T12:00:00+00:00"),
        ("Why", "booked twice"),
        ("Reference", "reversal/fee-1"),
    ]


def test_the_last_vote_books_it_once_and_each_finds_the_other(asked: ApprovalRequest, people: People) -> None:
    assert decide(asked, people.checker).status == "approved"
    assert figures(FEES)[0] == 20_000 * UNIT
    assert corrections_of("fee-1").reversed_by == "reversal/fee-1"
    booked = LedgerTransaction.objects.get(reference="reversal/fee-1")
    assert booked.metadata == {"approval_request": str(asked.id)}
    assert (fresh(asked).status, fresh(asked).executed_at) == ("approved", NOON)
    assert AuditEvent.objects.filter(type="approvals.request_executed", resource_id=str(asked.id)).count() == 1
    with pytest.raises(NotPending):
        decide(asked, people.second_checker)
    assert LedgerTransaction.objects.filter(reverses__reference="fee-1").count() == 1
    assert list(findings()) == []


REFUSED_VOTES: dict[str, tuple[Callable[[ApprovalRequest, People], object], type[ApprovalsError]]] = {
    "the maker": (lambda asked, people: decide(asked, people.maker), MakerMayNotDecide),
    "the maker's other account": (lambda asked, people: decide(asked, people.maker, operator="maker_again"), MakerMayNotDecide),
    "the maker's rejection": (lambda asked, people: decide(asked, people.maker, "reject"), MakerMayNotDecide),
    "without the role": (lambda asked, people: decide(asked, people.outsider, roles={"treasury": LONG_HELD}), RoleMissing),
    "with a role gained since": (
        lambda asked, people: decide(asked, people.checker, roles={"approver": NOON + timedelta(seconds=1)}),
        RoleTooNew,
    ),
    "on other bytes": (lambda asked, people: decide(asked, people.checker, digest=bytes(32)), StalePayload),
    "on another revision": (lambda asked, people: decide(asked, people.checker, revision=2), StalePayload),
    "a rejection without a reason": (lambda asked, people: decide(asked, people.checker, "reject", reason=" "), ReasonMissing),
    "somebody who left": (
        lambda asked, people: (Person.objects.filter(id=people.checker.id).update(active=False), decide(asked, people.checker)),
        PersonInactive,
    ),
}


@pytest.mark.parametrize("name", REFUSED_VOTES)
def test_who_may_not_decide_changes_nothing(name: str, asked: ApprovalRequest, people: People) -> None:
    vote, error = REFUSED_VOTES[name]
    before = everything()
    with pytest.raises(error):
        vote(asked, people)
    assert everything() == before


def test_a_rejection_books_nothing_and_it_can_be_asked_for_again(asked: ApprovalRequest, people: People) -> None:
    assert decide(asked, people.checker, "reject").status == "rejected"
    assert (figures(FEES)[0], fresh(asked).executed_at) == (20_003 * UNIT, None)
    again = ask_for(people, reversal())
    assert (again.revision, decide(again, people.checker).status) == (2, "approved")


def test_what_nobody_decided_in_a_day_expires_and_books_nothing(asked: ApprovalRequest, people: People, moment: Clock) -> None:
    moment.advance(hours=24)
    before = everything()
    with pytest.raises(RequestExpired):
        decide(asked, people.checker)
    assert everything() == before
    assert expire_due() == 1
    assert (fresh(asked).status, figures(FEES)[0]) == ("expired", 20_003 * UNIT)


def test_a_posting_or_account_is_asked_about_once_at_a_time(asked: ApprovalRequest, people: People) -> None:
    with pytest.raises(RequestAlreadyPending):
        ask_for(people, adjustment(Line.debit(FEES, 1), Line.credit(ACME, 1)))
    ask_for(people, reversal("fee-2"))
    assert ApprovalRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (lambda: reversal("deposit-1"), InsufficientFunds),
        (lambda: (post(reversal()), reversal(reference="again"))[1], AlreadyReversed),
        (lambda: receivable_posting(reference="r", account_code=ACME, amount_minor=1, **ABOUT), MoreThanOwed),
    ],
)
def test_nobody_is_asked_to_approve_what_could_not_be_booked(
    people: People, given: Callable[[], Posting], error: type[LedgerError]
) -> None:
    posting = given()
    with pytest.raises(error):
        ask_for(people, posting)
    assert ApprovalRequest.objects.count() == 0
    assert list(findings()) == []


def test_an_adjustment_between_two_clients_is_for_those_who_see_every_client(people: People) -> None:
    """The deposit was another client's."""
    asked = ask_for(people, adjustment(Line.debit(ACME, 5 * UNIT), Line.credit(GLOBEX, 5 * UNIT), of="deposit-1"))
    assert (asked.client_id, asked.title) == (SEVERAL_CLIENTS, "Adjust posting deposit-1: 5.00 USDC")
    decide(asked, people.checker)
    assert (figures(GLOBEX)[0], corrections_of("deposit-1").adjusted_by) == (5 * UNIT, ("adjustment/1",))
    assert LedgerTransaction.objects.get(reference="adjustment/1").kind == "deposit.adjustment"


STEPS: list[tuple[Callable[[], Posting], int, str]] = [
    (lambda: receivable_posting(reference="r", account_code=ACME, amount_minor=30 * UNIT, **ABOUT), 1, ACME),
    (lambda: repayment_posting(reference="p", account_code=CLAIM, into_account=HOT, amount_minor=10 * UNIT, **ABOUT), 1, CLAIM),
    (lambda: write_off_posting(reference="w", account_code=CLAIM, amount_minor=5 * UNIT, **ABOUT), 2, CLAIM),
    (lambda: netting_posting(reference="n", from_account=ACME, to_account=CLAIM, amount_minor=15 * UNIT, **ABOUT), 1, CLAIM),
]


def test_every_step_of_an_overdraft_goes_the_same_way(people: People) -> None:
    overdraw(30)
    for given, quorum, account in STEPS:
        if given is STEPS[-1][0]:
            deposit("deposit-2", ACME, 15 * UNIT)
        asked = ask_for(people, given())
        assert (asked.quorum, asked.subject_type, asked.subject_id, asked.client_id) == (quorum, "account", account, "acme")
        for checker in (people.checker, people.second_checker)[:quorum]:
            decide(asked, checker)
        assert fresh(asked).executed_at == NOON
    assert (figures(ACME)[0], figures(CLAIM)[0], figures("expense:write-off:USDC.ethereum")[0]) == (0, 0, 5 * UNIT)
    titles = list(ApprovalRequest.objects.order_by("made_at", "id").values_list("title", flat=True))
    assert titles == [
        f"Claim 30.00 USDC that {ACME} is below zero",
        f"Book a repayment of 10.00 USDC on {CLAIM}",
        f"Write off 5.00 USDC of {CLAIM}",
        f"Net 15.00 USDC of {ACME} against {CLAIM}",
    ]
    assert list(findings()) == []


def test_a_forced_reversal_may_take_a_client_below_zero_and_says_so(people: People) -> None:
    asked = ask_for(people, reversal("deposit-1", forced_kind="reversal"))
    assert asked.quorum == 2
    assert "below zero" in next(fact.value for fact in view_request(asked.id).facts if fact.label == "Below zero")
    decide(asked, people.checker)
    assert figures(ACME)[0] == 29_997 * UNIT
    decide(asked, people.second_checker)
    assert figures(ACME)[0] == -20_003 * UNIT
    assert LedgerTransaction.objects.get(reference="reversal/deposit-1").forced_kind == "reversal"
