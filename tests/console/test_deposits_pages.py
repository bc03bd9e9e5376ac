"""The page of unallocated money, asking for it, and the page of a deposit."""

import pytest
from django.test import Client
from django.urls import reverse

from approvals.commands import create_person
from approvals.models import ApprovalRequest
from approvals.models import Client as Party
from audit import context
from audit.context import Actor
from backoffice.access.commands import grant_role, see_client, sync_roles
from backoffice.access.models import Operator
from reconciliation.commands.matching import match_open_items
from tests.reconciliation import outside
from tests.reconciliation.test_bank_deposits import paid_in
from tests.transfers import world as worlds
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.world import UNIT, drive_until
from transfers.commands.deposits.watching import watch
from transfers.models import Arrival, BankAccount, Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> None:
    with context.bind(Actor.system("test")):
        worlds.build()
        outside.bank_source(BankAccount.objects.get(), last_sequence=0)
        paid_in("900.00", "for the robots")
        match_open_items()


def signed_in(role: str) -> Client:
    with context.bind(Actor.system("test")):
        sync_roles()
        operator = Operator.objects.create_user("somebody", password="correct horse battery", person=create_person(name="somebody"))
        grant_role(operator=operator, role=role)
        see_client(operator=operator, client=Party.objects.get(pk="acme"))
    browser = Client()
    browser.force_login(operator)
    return browser


def test_unallocated_money_is_listed_and_can_be_asked_for(house: None) -> None:
    browser, arrival = signed_in("operator"), Arrival.objects.get()
    page = browser.get(reverse("console:deposits")).content.decode()
    assert "for the robots" in page
    assert "900.00" in page
    ask = reverse("console:deposit-allocate", args=[arrival.pk])
    assert ask in page
    refused = browser.post(ask, {"client": "acme", "reason": ""})
    assert (refused.status_code, ApprovalRequest.objects.count()) == (422, 0)
    assert browser.post(ask, {"client": "acme", "reason": "their mail"}).status_code == 302
    assert "waits for approval" in browser.get(reverse("console:deposits")).content.decode()


def test_a_viewer_sees_it_and_cannot_ask(house: None) -> None:
    browser, arrival = signed_in("viewer"), Arrival.objects.get()
    page = browser.get(reverse("console:deposits")).content.decode()
    assert "for the robots" in page
    assert browser.post(reverse("console:deposit-allocate", args=[arrival.pk])).status_code == 403


@pytest.mark.parametrize("status", ["CREATED", "CONFIRMED"])
def test_the_page_of_a_deposit_says_where_it_came_from(house: None, status: str) -> None:
    with context.bind(Actor.system("test")), fake_chain() as chain:
        chain.pay(address_of().value, 5 * UNIT)
        watch()
        transfer = Transfer.objects.get()
        if status == "CONFIRMED":
            chain.mine(3)
            drive_until(transfer, status)
        browser = signed_in("operator")
        page = browser.get(reverse("console:transfer", args=[transfer.pk])).content.decode()
        listed = browser.get(reverse("console:transfers") + "?route=chain_deposit").content.decode()
        others = browser.get(reverse("console:transfers") + "?route=bank_deposit").content.decode()
    assert address_of_sender() in page
    assert "Deposit on chain" in listed
    assert str(transfer.pk) in listed
    assert str(transfer.pk) not in others
    assert "paid by the client" not in page
    wanted = {"CREATED": "Seen, credited after", "CONFIRMED": "waiting for our own chain index"}
    assert wanted[status] in page


def address_of_sender() -> str:
    return str(Arrival.objects.get(rail="evm").sender["address"])


def test_dust_on_chain_is_listed_with_its_sender(house: None) -> None:
    with context.bind(Actor.system("test")), fake_chain() as chain:
        chain.pay(address_of().value, 1)
        chain.mine(3)
        watch()
        transfer = drive_until(Transfer.objects.get(), "FAILED")
    browser = signed_in("operator")
    page = browser.get(reverse("console:deposits")).content.decode()
    assert "smallest deposit" in page
    assert reverse("console:transfer", args=[transfer.pk]) in page
    arrival = Arrival.objects.get(rail="evm")
    asked = browser.get(reverse("console:deposit-allocate", args=[arrival.pk])).content.decode()
    assert address_of_sender() in asked
