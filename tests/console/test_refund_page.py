"""The page by which a card deposit is refunded, and how both ends show it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import reverse

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from tests.console.test_send_back_pages import signed_in
from tests.reconciliation import outside
from tests.transfers import world as worlds
from tests.transfers.cards import Provider, card_provider
from tests.transfers.test_card_deposits import _look, charged, settled
from tests.transfers.test_send_back import vote
from tests.transfers.world import World, drive_until
from transfers.models import BankAccount, Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[World, Provider]]:
    with context.bind(Actor.system("test")), card_provider(tmp_path) as psp:
        world = worlds.build()
        outside.bank_source(BankAccount.objects.get(), last_sequence=0)
        yield world, psp


def test_it_is_asked_for_on_the_deposits_page_and_shown_on_both(house: tuple[World, Provider]) -> None:
    world, psp = house
    deposit, browser, approver = charged("100.00"), signed_in("asker"), signed_in("approver", "approver")
    page = reverse("console:transfer-refund", args=[deposit.pk])
    too_early = browser.post(page, {"amount": "40.00", "reason": "returned goods"})
    assert (too_early.status_code, "on hold until the card provider" in too_early.content.decode()) == (422, True)
    settled(psp)
    assert page in browser.get(reverse("console:transfer", args=[deposit.pk])).content.decode()
    assert browser.post(page, {"amount": "100.01", "reason": "more"}).status_code == 422
    assert ApprovalRequest.objects.count() == 0
    assert browser.post(page, {"amount": "40.00", "reason": "returned goods"}).status_code == 302
    assert "This has been asked for" in browser.get(page).content.decode()
    request = ApprovalRequest.objects.get()
    shown = browser.get(reverse("console:transfer", args=[deposit.pk])).content.decode()
    assert (f'href="{reverse("console:approval", args=[request.pk])}"' in shown, page in shown) == (True, False)
    assert "Somebody has asked already, and an approver decides." in shown
    queue = approver.get(reverse("console:approvals")).content.decode()
    assert ("40.00" in queue, "no amount" in queue) == (True, False)
    vote(world.checker, ApprovalRequest.objects.get())
    transfer = drive_until(Transfer.objects.get(route="card_refund"), "CONFIRMED")
    told = browser.get(reverse("console:transfer", args=[transfer.pk])).content.decode()
    assert "waiting for a batch that nets it" in told
    assert deposit.reference in told
    assert transfer.reference in browser.get(reverse("console:transfer", args=[deposit.pk])).content.decode()
    assert "60.00" in browser.get(page).content.decode()


def test_what_the_cardholder_took_back_is_not_called_done(house: tuple[World, Provider]) -> None:
    _, psp = house
    deposit, page = charged("100.00"), signed_in("reader")
    settled(psp)
    there = reverse("console:transfer", args=[deposit.pk])
    assert "Done: our books and the outside agree" in page.get(there).content.decode()
    psp.chargeback(deposit, "40.00")
    _look(deposit)
    told = page.get(there).content.decode()
    assert ("Charged back: the cardholder has taken money back" in told, "Done: our books" in told) == (True, False)


def test_an_approver_cannot_ask_and_nothing_but_a_card_has_the_page(house: tuple[World, Provider]) -> None:
    world, _ = house
    page = reverse("console:transfer-refund", args=[charged().pk])
    assert signed_in("approver", "approver").get(page).status_code == 403
    with worlds.acting(world.maker):
        other = world.order()
    assert signed_in("asker").get(reverse("console:transfer-refund", args=[other.pk])).status_code == 404
