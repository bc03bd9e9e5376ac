"""Cards, said again and in any order: charged once, refunded once, settled and paid once, by the provider's own books."""

from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction

from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.transfers.api.conftest import Caller, key_for
from tests.transfers.cards import Provider
from tests.transfers.duplicates.shuffling import (
    REFUSED,
    SEEDS,
    Deed,
    booked,
    covers,
    drive_all,
    everybody_votes,
    shuffled,
    the_api_inside,
)
from tests.transfers.test_card_batches import collected
from tests.transfers.test_card_deposits import bank_pays, books, charged, everything_holds, psp
from tests.transfers.world import World, acting
from transfers import tasks
from transfers.api.views.cards import CardDeposits
from transfers.commands.deposits.cards import book_batch, order_card_deposit, pay_batch
from transfers.commands.deposits.refund import request_refund
from transfers.commands.deposits.refund_payload import ACTION
from transfers.models import CardBatch, Transfer
from transfers.rails.registry import rails

__all__ = ["psp"]
DEPOSITS = {"first": "100.00", "second": "50.00", "last": "200.00"}


@pytest.mark.parametrize("seed", SEEDS)
@covers(CardDeposits.post, order_card_deposit, request_refund, book_batch, tasks.drive_due)
def test_charges_refunds_and_batches(world: World, psp: Provider, seed: int) -> None:
    api = Caller(key_for(world))

    def order(key: str) -> None:
        body = {"currency": "MXN", "amount": DEPOSITS[key], "card": "card_good", "reference": key}
        assert api.send("POST", "/v1/card_deposits", body, Idempotency_Key=key).status_code == 201

    def ask() -> None:
        deposit = Transfer.objects.get(client_reference="first")
        # One that is decided may be followed by another, if people want so: only while it waits is the second the same.
        for _ in range(0 if deposit.card_refunds.exists() else 2):
            with acting(world.maker), suppress(*REFUSED), transaction.atomic():
                request_refund(deposit_id=deposit.pk, amount=4_000, reason="returned goods", maker=world.maker.id)

    def paid() -> None:
        """Our bank books a batch when it has come, either way."""
        for batch in CardBatch.objects.filter(status="reported"):
            bank_pays(batch) if batch.net > 0 else collected(batch, -batch.net)

    with the_api_inside():
        for before in (partial(order, "first"), drive_all, psp.settle, fetch_batches, paid, match_open_items):
            before()
        votes = everybody_votes(ACTION, world.checker, world.second_checker)
        deeds: list[Deed] = [
            *(partial(order, key) for key in ("first", "second")),
            ask,
            *votes,
            drive_all,
            tasks.drive_due,
            psp.settle,
            fetch_batches,
        ]
        shuffled(seed, [*deeds, paid, match_open_items])
        # A refund is netted when somebody else's card is charged.
        shuffled(seed, [partial(order, "last"), drive_all, psp.settle, fetch_batches, paid, match_open_items])
    statuses = Counter(Transfer.objects.values_list("route", "status"))
    assert statuses == Counter({("card_deposit", "RECONCILED"): 3, ("card_refund", "RECONCILED"): 1})
    assert (booked()["card_deposit"], booked()["card_refund"]) == (3, 1)
    assert (books()["owed"], books()["clearing"], books()["client"]) == (0, 0, 31_000)
    _the_provider_did_it_once()
    assert not Break.objects.exists()
    everything_holds()


def _the_provider_did_it_once() -> None:
    """By what it answers to the reference of each deposit."""
    for deposit in Transfer.objects.filter(route="card_deposit"):
        shown = rails().psp.find(deposit.legs.get().reference)
        assert shown is not None
        assert (shown.amount, shown.status) == (int(deposit.source_amount), "captured")
        assert len(shown.refunds) == deposit.card_refunds.count()


@pytest.mark.parametrize("seed", SEEDS)
@covers(pay_batch)
def test_a_batch_that_is_paid_is_paid_once(psp: Provider, seed: int) -> None:
    charged("100.00")
    psp.settle()
    fetch_batches()
    batch = CardBatch.objects.get()
    shuffled(seed, [fetch_batches, drive_all, partial(pay_batch, batch.pk, nostro="nostro:nordbank-mxn:MXN")])
    assert booked() == Counter(card_deposit=1, card_settlement=1, card_settlement_paid=1)
    everything_holds()
