"""Two disputes about one payment: together they take what was paid and no more, and each has its own lines in a batch.

Amounts are pesos in cents. The provider keeps 2.9 % and 0.30 of each capture, and 15.00 of each dispute.
"""

import pytest

from audit.identity import new_id
from ledger.commands import PlaceHold, apply_holds
from ledger.queries import balance
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem, Match
from tests.transfers.cards import Provider
from tests.transfers.test_card_deposits import CLIENT, _look, books, charged, everything_holds, psp, settled
from transfers.models import CardDispute, Transfer
from transfers.rails.psp import BatchLine

__all__ = ["psp"]
WITHOUT_REFUNDS_OR_DISPUTES = "backoffice.sandbox.psp.refunds.left"


@pytest.fixture
def deposit(psp: Provider) -> Transfer:
    """100.00, charged and settled: 3.20 of it went to the provider."""
    transfer = charged("100.00")
    settled(psp)
    return transfer


def test_two_disputes_take_no_more_than_was_paid(psp: Provider, deposit: Transfer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WITHOUT_REFUNDS_OR_DISPUTES, lambda _, row: row["amount"])
    psp.chargeback(deposit, "60.00")
    _look(deposit)
    psp.chargeback(deposit, "100.00")
    _look(deposit)
    assert books() == {"client": 0, "owed": -19_000, "clearing": 0, "fees": 320, "losses": 3_000 + 6_000, "bank": 9_680}
    everything_holds()


def test_what_a_won_dispute_gave_back_may_be_taken_again(psp: Provider, deposit: Transfer) -> None:
    first = psp.chargeback(deposit, "60.00")
    _look(deposit)
    psp.lose(deposit, first)
    _look(deposit)
    psp.chargeback(deposit)
    _look(deposit)
    assert (books()["client"], books()["losses"]) == (0, 3_000)
    everything_holds()


def test_each_line_is_matched_to_its_own_dispute(psp: Provider, deposit: Transfer) -> None:
    names = [psp.chargeback(deposit, "60.00"), psp.chargeback(deposit, "40.00")]
    _look(deposit)
    psp.lose(deposit, names[1])
    _look(deposit)
    charged("300.00")
    settled(psp)
    proved = Match.objects.filter(subject__in=names).order_by("item__amount", "role")
    assert [(one.role, one.item.amount, names.index(one.subject)) for one in proved] == [
        ("dispute", 4_000, 1),
        ("dispute_won", 4_000, 1),
        ("dispute", 6_000, 0),
    ]
    assert (books()["client"], books()["owed"], Break.objects.count()) == (34_000, 0, 0)
    everything_holds()


def test_a_provider_that_names_no_disputes_is_matched_by_amount(
    psp: Provider, deposit: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [psp.chargeback(deposit, "60.00"), psp.chargeback(deposit, "40.00")]
    _look(deposit)
    charged("300.00")
    monkeypatch.setattr("transfers.rails.psp.adapter.BatchLine", lambda *values: BatchLine(*values[:5]))
    settled(psp)
    assert {(one.item.amount, names.index(one.subject)) for one in Match.objects.filter(subject__in=names)} == {
        (6_000, 0),
        (4_000, 1),
    }
    assert not Break.objects.exists()


def test_a_dispute_that_is_settled_twice_is_a_break(psp: Provider, deposit: Transfer) -> None:
    psp.chargeback(deposit, "60.00")
    _look(deposit)
    charged("300.00")
    settled(psp)
    item = ExternalItem.objects.get(references__line="chargeback")
    item.pk, item.fingerprint, item.status = new_id(), "again", "unmatched"
    item.save(force_insert=True)
    match_open_items()
    assert "second time" in Break.objects.get().explanation
    assert CardDispute.objects.count() == Match.objects.filter(role="dispute").count() == 1


def test_a_line_waits_for_the_dispute_that_it_names(psp: Provider, deposit: Transfer) -> None:
    psp.chargeback(deposit, "60.00")
    _look(deposit)
    second = psp.chargeback(deposit, "40.00")
    charged("300.00")
    psp.settle()
    fetch_batches()
    match_open_items()
    assert ExternalItem.objects.get(references__dispute=second).status == "unmatched"
    _look(deposit)
    match_open_items()
    assert ExternalItem.objects.get(references__dispute=second).status == "matched"


def test_a_client_who_owes_us_is_credited_and_the_debt_goes_first(psp: Provider, deposit: Transfer) -> None:
    apply_holds(PlaceHold("spent", CLIENT, 10_000))
    psp.chargeback(deposit, "40.00")
    _look(deposit)
    assert balance(CLIENT).available == -4_000
    charged("100.00")
    assert (balance(CLIENT).posted, balance(CLIENT).available) == (16_000, -4_000)
    everything_holds()
    settled(psp)
    assert balance(CLIENT).available == 6_000
    everything_holds()
