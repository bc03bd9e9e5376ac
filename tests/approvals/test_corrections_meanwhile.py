"""What happens between the question and the last vote: changed bytes, changed books, a halt, two people at once."""

from functools import partial

import pytest
from django.test import override_settings

from approvals import canonical
from approvals.commands import open_request, place_halt
from approvals.corrections.payload import to_payload
from approvals.corrections.quorum import quorum_for
from approvals.errors import AlreadyVoted, Halted, NotCarriedOut, NotPending, PayloadTampered, QuorumTooSmall, StalePayload
from approvals.models import ApprovalRequest, Vote
from approvals.registry import VoteOutcome
from audit import clock
from ledger.commands import Line, close_period, reverse
from ledger.commands.overdrafts import receivable_posting, write_off_posting
from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from tests.approvals.bookkeeping import (
    CLAIM,
    UNIT,
    ask_for,
    charge,
    decide,
    everything,
    fresh,
    open_books,
    overdraw,
    reversal,
    unguarded,
)
from tests.approvals.conftest import People, at_once, make_people
from tests.ledger.house import ACME, DAY, FEES, FUNDING_ETH, GAS, book, deposit, figures

PAYLOAD = "convert_to(replace(convert_from(payload, 'UTF8'), '3000000', '9000000'), 'UTF8')"
CHANGE_ONE_BYTE = f"UPDATE approvals_approvalrequest SET payload = {PAYLOAD}"
CHANGE_DIGEST_TOO = f"UPDATE approvals_approvalrequest SET payload = {PAYLOAD}, digest = sha256({PAYLOAD})"


@pytest.fixture
def books(people: People) -> People:
    open_books()
    return people


@pytest.fixture
def asked(books: People) -> ApprovalRequest:
    return ask_for(books, reversal())


def test_one_byte_changed_in_sql_stops_it(asked: ApprovalRequest, people: People) -> None:
    before = everything()
    unguarded(CHANGE_ONE_BYTE)
    with pytest.raises(PayloadTampered):
        decide(asked, people.checker)
    assert everything() == before


def test_bytes_and_digest_changed_together_are_not_what_the_page_showed(asked: ApprovalRequest, people: People) -> None:
    before = everything()
    unguarded(CHANGE_DIGEST_TOO)
    with pytest.raises(StalePayload):
        decide(asked, people.checker)
    assert everything() == before


def test_bytes_changed_after_the_first_of_two_votes_lose_that_vote(books: People) -> None:
    given = reversal("fee-1", forced_kind="reversal")
    asked = ask_for(books, given)
    decide(asked, books.checker)
    unguarded(CHANGE_DIGEST_TOO)
    changed = fresh(asked)
    before = everything()
    with pytest.raises(Exception, match="approved needs the quorum of valid votes"):
        decide(changed, books.second_checker)
    assert everything() == before


def test_one_person_is_not_two(books: People) -> None:
    asked = ask_for(books, reversal("fee-2"))
    assert (asked.quorum, decide(asked, books.checker).status) == (2, "pending")
    before = everything()
    with pytest.raises(AlreadyVoted):
        decide(asked, books.checker, operator="checker_again")
    assert everything() == before
    assert decide(asked, books.second_checker).status == "approved"
    assert figures(FEES)[0] == 3 * UNIT


def test_a_request_that_names_fewer_people_than_it_needs_is_not_carried_out(books: People) -> None:
    """As somebody would write it who can call the commands, or insert the row."""
    content = to_payload(reversal("fee-2"))
    asked = open_request(
        action="ledger.correct",
        subject_type="ledger_transaction",
        subject_id="x",
        client_id="acme",
        title="Reverse a small one",
        payload=content,
        quorum=1,
        role="approver",
        expires_at=clock.now().replace(hour=23),
        makers=[books.maker.id],
    )
    before = everything()
    with pytest.raises(QuorumTooSmall):
        decide(asked, books.checker)
    assert everything() == before


def _dismissed(asked: ApprovalRequest, people: People, words: str) -> None:
    """The vote is refused with these words, the request ends, and nothing is booked."""
    postings, votes = LedgerTransaction.objects.count(), Vote.objects.count()
    with pytest.raises(NotCarriedOut) as refusal:
        decide(asked, people.checker)
    assert str(refusal.value) == words
    ended = fresh(asked)
    assert (ended.status, ended.executed_at) == ("dismissed", None)
    assert ended.closing_reason == f"Approved, but not carried out: {words}"
    assert (LedgerTransaction.objects.count(), Vote.objects.count()) == (postings, votes)
    assert list(findings()) == []


def test_reversed_meanwhile(asked: ApprovalRequest, people: People) -> None:
    reverse(reference_of="fee-1", reference="fee-1:back", reason="by the driver", value_at=DAY)
    _dismissed(asked, people, "Posting fee-1 was reversed already.")


def test_the_month_closed_meanwhile(books: People) -> None:
    october = DAY.replace(month=10)
    book("fee-3", Line.debit(ACME, 5), Line.credit(FEES, 5), value_at=october)
    asked = ask_for(books, reversal("fee-3", value_at=october))
    close_period(month=october.date(), reason="month end")
    _dismissed(asked, books, "The month 2026-10 is closed by now. Ask again: it is then booked in an open month and linked.")


def test_the_money_gone_meanwhile(books: People) -> None:
    deposit("deposit-2", ACME, 7 * UNIT)
    asked = ask_for(books, reversal("deposit-2"))
    charge("fee-3", figures(ACME)[0] // UNIT - 3)
    _dismissed(asked, books, f"{ACME} has 3.00 USDC available, and 7.00 USDC would be taken from it.")


def test_paid_back_meanwhile(books: People) -> None:
    overdraw(30)
    asked = ask_for(books, receivable_posting(reference="r", account_code=ACME, amount_minor=30 * UNIT, reason="x", value_at=DAY))
    deposit("deposit-2", ACME, 12 * UNIT)
    _dismissed(asked, books, f"On {ACME} only 18.00 USDC is owed by now, and not 30.00 USDC.")


def test_a_frozen_account_is_not_corrected_until_two_people_lift_it(asked: ApprovalRequest, people: People) -> None:
    place_halt(scope="account", target=ACME, reason="a court order")
    before = everything()
    with pytest.raises(Halted):
        decide(asked, people.checker)
    assert everything() == before
    assert decide(asked, people.checker, "reject").status == "rejected"


def test_how_many_people_it_takes(books: People) -> None:
    overdraw(30)
    book("gas", Line.debit(GAS, 1), Line.credit(FUNDING_ETH, 1))
    claim = receivable_posting(reference="r", account_code=ACME, amount_minor=30 * UNIT, reason="x", value_at=DAY)
    ask_for(books, claim)
    decide(ApprovalRequest.objects.get(), books.checker)
    lost = to_payload(write_off_posting(reference="w", account_code=CLAIM, amount_minor=1, reason="x", value_at=DAY))
    small, large, gas = (to_payload(reversal(name)) for name in ("fee-1", "fee-2", "gas"))
    assert [quorum_for(content) for content in (small, large, lost)] == [1, 2, 2]
    # An asset without a figure needs two, and so does everything when there are none.
    assert quorum_for(gas) == 2
    with override_settings(CORRECTION_TWO_APPROVERS_FROM={}):
        assert quorum_for(small) == 2
    with override_settings(CORRECTION_TWO_APPROVERS_FROM={"USDC": "3.000001", "ETH": "1"}):
        assert [quorum_for(content) for content in (small, gas, lost)] == [1, 1, 2]
    with override_settings(CORRECTION_TWO_APPROVERS_FROM={"USDC": "3"}):
        assert quorum_for(small) == 2


def test_two_approvers_at_once_book_it_once(committing: None) -> None:
    people = make_people()
    open_books()
    for number in range(4):
        charge(f"fee-at-once-{number}", 1)
        asked = ask_for(people, reversal(f"fee-at-once-{number}"))
        results = at_once(*[lambda asked=asked, who=who: decide(asked, who) for who in (people.checker, people.second_checker)])
        assert sorted(type(result).__name__ for result in results) == [NotPending.__name__, VoteOutcome.__name__]
        assert LedgerTransaction.objects.filter(reverses__reference=f"fee-at-once-{number}").count() == 1
        assert (fresh(asked).status, Vote.objects.filter(request=asked).count()) == ("approved", 1)
    assert canonical.read(asked.payload, asked.digest)["corrects"] == "fee-at-once-3"


def test_a_correction_beside_the_same_reversal_by_another_way_is_booked_once(committing: None) -> None:
    people = make_people()
    open_books()
    for number in range(4):
        name = f"fee-race-{number}"
        charge(name, 1)
        asked = ask_for(people, reversal(name))
        other = partial(reverse, reference_of=name, reference=f"{name}:back", reason="x", value_at=DAY)
        voted, _ = at_once(partial(decide, asked, people.checker), other)
        assert LedgerTransaction.objects.filter(reverses__reference=name).count() == 1
        assert fresh(asked).status == ("dismissed" if isinstance(voted, NotCarriedOut) else "approved")
