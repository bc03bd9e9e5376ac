"""The pages by which unallocated money is asked back, and the pages of what goes back."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from approvals.commands import create_person, place_halt
from approvals.models import ApprovalRequest
from approvals.models import Client as Party
from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role, see_client, sync_roles
from backoffice.access.models import Operator
from tests.transfers import world as worlds
from tests.transfers.incoming import SENDER, address_of, fake_chain
from tests.transfers.tame import tame_outside
from tests.transfers.test_send_back import IBAN, paid_in, vote
from tests.transfers.world import PAYEE, World, drive_until
from transfers.commands.deposits.watching import watch
from transfers.models import Arrival, StatedAddress, Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Any:
    with context.bind(Actor.system("test")), tame_outside():
        yield worlds.build()


def signed_in(name: str, role: str = "operator") -> Client:
    sync_roles()
    operator = Operator.objects.create_user(name, password="correct horse battery", person=create_person(name=name))
    grant_role(operator=operator, role=role)
    for party in Party.objects.all():
        see_client(operator=operator, client=party)
    browser = Client()
    browser.force_login(operator)
    return browser


def test_a_payment_at_a_bank_is_asked_back_and_both_ends_are_linked(world: World) -> None:
    arrival = paid_in()
    browser, page = signed_in("asker"), reverse("console:deposit-send-back", args=[arrival.pk])
    assert page in browser.get(reverse("console:deposits")).content.decode()
    shown = browser.get(page).content.decode()
    assert IBAN in shown
    assert "A Stranger, from the bank" in shown
    assert browser.post(page, {"reason": "their letter", "fee": "a lot"}).status_code == 422
    assert ApprovalRequest.objects.count() == 0
    assert browser.post(page, {"reason": "their letter", "fee": "10.00"}).status_code == 302
    assert "waits for approval" in browser.get(reverse("console:deposits")).content.decode()
    vote(world.checker, ApprovalRequest.objects.get())
    transfer = drive_until(Transfer.objects.get(), "FIAT_SETTLED")
    see_client(operator=Operator.objects.get(), client=transfer.client)
    listed = browser.get(reverse("console:deposits")).content.decode()
    assert reverse("console:transfer", args=[transfer.pk]) in listed
    told = browser.get(reverse("console:transfer", args=[transfer.pk])).content.decode()
    assert arrival.reference in told
    assert "kept from what arrived" in told
    assert browser.get(page).status_code == 404


def test_a_line_without_an_account_says_so_and_offers_nothing(world: World) -> None:
    page = signed_in("asker").get(reverse("console:deposit-send-back", args=[paid_in("").pk])).content.decode()
    assert "does not name the account" in page
    assert "Ask for approval" not in page


def test_money_of_a_frozen_client_is_shown_as_staying_where_it_is(world: World) -> None:
    with fake_chain() as chain:
        chain.pay(address_of().value, 900_000)
        chain.mine(3)
        watch()
        drive_until(Transfer.objects.get(), "FAILED")
    browser, page = signed_in("asker"), reverse("console:deposit-send-back", args=[Arrival.objects.get().pk])
    assert "Nothing of it moves now" not in browser.get(page).content.decode()
    place_halt(scope="client", target="acme", reason="a court order")
    assert "It stays here until that is lifted." in browser.get(reverse("console:deposits")).content.decode()
    shown = browser.get(page).content.decode()
    assert "Nothing of it moves now" in shown
    assert "a court order" in shown


def test_two_people_state_the_address_without_seeing_each_others(world: World) -> None:
    with fake_chain() as chain:
        chain.pay(address_of().value, 900_000)
        chain.mine(3)
        watch()
        deposit = drive_until(Transfer.objects.get(), "FAILED")
    page = reverse("console:deposit-send-back", args=[Arrival.objects.get().pk])
    first, second = signed_in("first"), signed_in("second", "treasury")
    evidence = "Their signed letter of today, in the file."
    assert first.post(page, {"address": PAYEE, "evidence": evidence, "fee": "0.10"}).status_code == 302
    seen = second.get(page).content.decode()
    assert "first has stated an address" in seen
    assert PAYEE[-8:].lower() not in seen.lower()
    assert second.post(page, {"address": SENDER, "evidence": evidence}).status_code == 302
    assert (StatedAddress.objects.count(), ApprovalRequest.objects.count()) == (2, 0)
    assert second.post(page, {"address": PAYEE, "evidence": evidence}).status_code == 302
    request = ApprovalRequest.objects.get()
    approval = signed_in("decider", "approver").get(reverse("console:approval", args=[request.pk])).content.decode()
    assert "It is not where it came from" in approval
    vote(world.checker, request)
    transfer = drive_until(Transfer.objects.get(send_back__isnull=False), "CONFIRMED")
    told = first.get(reverse("console:transfer", args=[deposit.pk])).content.decode()
    assert reverse("console:transfer", args=[transfer.pk]) in told


def test_a_viewer_cannot_ask(world: World) -> None:
    arrival = paid_in()
    page = reverse("console:deposit-send-back", args=[arrival.pk])
    assert signed_in("viewer", "viewer").post(page, {"reason": "x", "fee": "0"}).status_code == 403
