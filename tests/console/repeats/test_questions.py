"""Presses that ask others, decide, stop and go on, sent again: one request, one vote, one halt."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from approvals.models import ApprovalRequest, Halt
from audit import clock
from backoffice.sandbox.demo.company import CALENDARS
from ledger.commands import Line, Posting, post
from tests.console.office import GLOBEX, ballot, two_clients, url_of
from tests.console.repeats.presses import Windows, repeats, windows
from tests.console.test_adjusting_page import LESS, URL, filled
from tests.console.test_corrections_pages import OVERDRAFT, REVERSE, WALLET, hidden, review
from tests.transfers import world as worlds
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.levels import set_levels
from tests.transfers.own_money import COLD, HOT, add_wallets
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.test_send_back import paid_in
from tests.transfers.world import ACCOUNT, LONG_AGO, PAYEE, UNIT, World, drive_until
from transfers import driver
from transfers.commands.calendars import set_calendar
from transfers.commands.deposits.watching import watch
from transfers.commands.providers import add_provider, set_terms, switch_provider
from transfers.models import Arrival, BankAccount, StatedAddress, Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def tame(as_system: Any) -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


@pytest.fixture
def house(tame: Tame) -> World:
    return worlds.build()


@pytest.fixture
def books(as_system: Any) -> World:
    return two_clients()


@repeats("approval-decide")
def test_a_vote(cast: Any, house: World) -> None:
    transfer = house.order("5000.00", makers=(cast.maker.person_id,))
    Windows(cast.checker).press(url_of(transfer, "approval-decide"), ballot(transfer))


@repeats("approval-decide")
def test_the_vote_that_carries_it_out(cast: Any, house: World) -> None:
    transfer = house.order("5000.00", makers=(cast.maker.person_id,))
    house.vote(transfer, cast.second_checker.person)
    Windows(cast.checker).press(url_of(transfer, "approval-decide"), ballot(transfer))


@repeats("transfer-terms")
def test_new_terms(cast: Any, house: World, tame: Tame) -> None:
    transfer = house.off_ramp("5000.00", makers=(cast.maker.person_id,))
    tame.desk_rate = Decimal("16.90")
    for person in (cast.checker.person, cast.second_checker.person):
        house.vote(transfer, person)
    driver.advance_one(transfer.id)
    Windows(cast.maker).press(reverse("console:transfer-terms", args=[transfer.pk, "new_bounds"]), {"reason": "agreed by phone"})


@repeats("halt-system", "freeze", "halt-lift")
def test_halts(cast: Any, books: World) -> None:
    here = Windows(cast.maker)
    here.press(f"/controls/freeze/?account={ACCOUNT}", {"reason": "strange", "confirm": ACCOUNT})
    here.press("/controls/halt/", {"reason": "rates look wrong", "confirm": "halt everything"})
    lift = reverse("console:halt-lift", args=[Halt.objects.get(scope="system").pk])
    Windows(cast.checker).press(lift, {"reason": "rates are right"})


@repeats("correct-reverse", "correct-adjust")
def test_corrections(cast: Any, books: World) -> None:
    here = Windows(cast.maker)
    rows = filled(*LESS, reference=hidden(here.first.get(URL))["reference"], step="review")
    other = REVERSE.replace("deposit/globex/1", "conversion/1")
    for url, reviewed in ((URL, here.first.post(URL, rows)), (other, review(here.first, other))):
        here.press(url, hidden(reviewed) | {"step": "ask"})


@repeats("correct-overdraft")
def test_an_overdraft(cast: Any, books: World) -> None:
    lines = (Line.debit(GLOBEX, 9 * UNIT), Line.credit(WALLET, 9 * UNIT))
    post(Posting(reference="chargeback/1", kind="chargeback", value_at=clock.now(), lines=lines, forced_kind="chargeback"))
    here, url = Windows(cast.maker), f"{OVERDRAFT}receivable"
    here.press(url, hidden(review(here.first, url, amount="2")) | {"step": "ask"})


@repeats("correct-period")
def test_a_month(cast: Any, books: World) -> None:
    long_ago = clock.now().replace(year=clock.now().year - 1)
    post(Posting(reference="old/1", kind="deposit", value_at=long_ago, lines=(Line.debit(WALLET, 1), Line.credit(GLOBEX, 1))))
    windows(cast, "treasury").press(f"/ledger/corrections/period/?month={long_ago:%Y-%m}&verb=close", {"reason": "month end"})


@repeats("levels", "bank-calendar", "proposals")
def test_what_treasury_asks(cast: Any, house: World) -> None:
    here = windows(cast, "treasury")
    add_wallets()
    set_levels(house, HOT, minimum=100_000 * UNIT, target=300_000 * UNIT, maximum=900_000 * UNIT)
    here.press("/terminal/proposals/", {"key": f"{HOT}>{COLD}"})
    given = {"funding": "hybrid", "minimum": "500,000.00", "target": "800000", "maximum": "", "reason": "busier days"}
    here.press(f"/terminal/levels/?account={HOT}", given)
    set_calendar(next(one for one in CALENDARS if one.code == "mexico"), valid_from=LONG_AGO)
    BankAccount.objects.update(calendar_code="mexico")
    calendar = {"cut_off": "16:30", "also_closed": "12-12\n2099-12-24", "also_open": "", "from_day": "", "reason": "their letter"}
    here.press("/terminal/bank-accounts/nordbank-mxn/calendar/", calendar)


@repeats("deposit-allocate")
def test_whose_money_it_is(cast: Any, house: World) -> None:
    ask = reverse("console:deposit-allocate", args=[paid_in().pk])
    Windows(cast.maker).press(ask, {"client": "acme", "reason": "their mail"})


@repeats("deposit-send-back")
def test_money_that_goes_back_to_its_debtor(cast: Any, house: World) -> None:
    ask = reverse("console:deposit-send-back", args=[paid_in().pk])
    Windows(cast.maker).press(ask, {"reason": "their letter", "fee": "10.00"})


@repeats("deposit-send-back")
def test_where_tokens_belong_back(cast: Any, house: World) -> None:
    """One person's word, and the second one's, which asks."""
    with fake_chain() as chain:
        chain.pay(address_of().value, 900_000)
        chain.mine(3)
        watch()
        drive_until(Transfer.objects.get(), "FAILED")
    page = reverse("console:deposit-send-back", args=[Arrival.objects.get().pk])
    given = {"address": PAYEE, "evidence": "Their signed letter of today, in the file.", "fee": "0.10"}
    Windows(cast.maker).press(page, given)
    assert StatedAddress.objects.count() == 1
    windows(cast, "treasury").press(page, given)
    assert (StatedAddress.objects.count(), ApprovalRequest.objects.count()) == (2, 1)


@repeats("provider-enter")
def test_what_a_desk_said_by_phone(cast: Any, house: World) -> None:
    add_provider(code="otc", name="OTC Desk", kind="manual")
    set_terms(provider="otc", corridor="US-MX")
    switch_provider(code="desk", enabled=False, reason="by phone only")
    transfer = house.off_ramp("900.00")
    driver.advance_one(transfer.id)
    given = {"rate": "17.60", "target_amount": "15840.00", "minutes": "10", "evidence": "recording 4711"}
    Windows(cast.maker).press(f"/providers/otc/enter/{transfer.id}/quote/", given)
