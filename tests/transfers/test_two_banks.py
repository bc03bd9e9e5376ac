"""Two banks at once: a second one is an entry in the settings and an account that names it. Each has its own breaker, statements
and hints; new payouts go where there is somebody, and what was ordered is asked about where it was ordered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection

from approvals.commands import place_halt
from approvals.models import Corridor
from audit import clock
from ledger.commands import Line, Posting, post
from reconciliation.commands.fetching import fetch_everything
from reconciliation.models import Source, StatementFile
from tests.sandbox.bank_office import DELAY, INTERVAL, MXN, OTHER_MXN, TOKEN, Office, open_office
from tests.transfers.tame import Tame
from tests.transfers.world import LONG_AGO, World, drive_until, posted
from transfers.commands import exchanges
from transfers.commands.providers import put_back, switch_provider, take_out
from transfers.commands.treasury import payout_account
from transfers.errors import Unavailable
from transfers.health import gate, window
from transfers.health.corridors import missing
from transfers.health.gate import Gate
from transfers.health.probing import probe_due
from transfers.models import BankAccount, InboundWebhook, ProviderExchange, ProviderState, Transfer
from transfers.rails import registry
from transfers.rails.bank import BankRail
from transfers.rails.base import RetryableError
from transfers.rails.registry import Connected, Further, Rails, RailSettings
from transfers.rails.settings import Address
from transfers.webhooks import commands as inbox

pytestmark = pytest.mark.django_db
SECOND, NOSTRO = "bank-2", "nostro:sur-mxn:MXN"
NUMBERS = ("--name", "Pesos", "--currency", "MXN", "--iban", OTHER_MXN, "--bic", "TESTSESSXXX", "--holder", "Sister")


@dataclass
class TwoBanks(Tame):
    """Chain, signer and desk are tame; the banks are real."""

    real: Rails | None = None

    @property
    def connected(self) -> dict[str, Connected]:
        return self._real.connected

    def at(self, code: str) -> object:
        return self._real.at(code)

    def bank_of(self, code: str) -> BankRail:
        return self._real.bank_of(code)

    @property
    def _real(self) -> Rails:
        assert self.real is not None
        return self.real


@dataclass(frozen=True)
class House:
    world: World
    first: Office
    second: Office
    rails: TwoBanks

    def paid_through(self, transfer: Transfer) -> str:
        """Code of the bank that was handed the order, as the wire has it."""
        return ProviderExchange.objects.get(transfer=transfer, operation="POST /payments").provider

    def settle(self, office: Office, transfer: Transfer) -> None:
        # Accepted first, then booked.
        office.pass_time(DELAY)
        office.pass_time(DELAY)
        drive_until(transfer, "FIAT_SETTLED")


@pytest.fixture
def house(world: World, tmp_path: Path) -> Iterator[House]:
    places = [tmp_path / "first", tmp_path / "second"]
    for place in places:
        place.mkdir()
    with open_office(places[0]) as first, open_office(places[1], token="another", other="5000.00") as second:
        further = {SECOND: Further("bank", Address(second.url, "another"))}
        settings = RailSettings(bank_url=first.url, bank_token=TOKEN, providers=further)
        real = Rails(settings, gate=Gate(), recorder=exchanges.keep)
        outside = TwoBanks(settings=settings, real=real)
        before = registry.use(cast("Rails", outside))
        # Orders carry today's date.
        first.now = second.now = clock.now().timestamp()
        _second_account()
        yield House(world, first, second, outside)
        registry.use(before)
        real.close()


def _second_account() -> None:
    """As operators do it; twice is once."""
    for _ in range(2):
        call_command("take_on_provider", SECOND, "--name", "Banco Sur")
        call_command("open_nostro", "sur-mxn", "--provider", SECOND, *NUMBERS)
    lines = (Line.debit(NOSTRO, 10**8), Line.credit("house:funding:MXN", 10**8))
    post(Posting(reference="opening/sur", kind="opening_balance", value_at=LONG_AGO, lines=lines))


def ordered(house: House, amount: str) -> Transfer:
    """Handed over to a bank, which has not paid it yet."""
    transfer = drive_until(house.world.off_ramp(amount), "CONFIRMED")
    return drive_until(transfer, "CONFIRMED")


def test_one_bank_is_walled_off_and_the_other_goes_on(house: House) -> None:
    before = ordered(house, "20.00")
    take_out(code="bank", reason="their incident 42")
    assert missing(Corridor.objects.get(pk="US-MX")) == []
    meanwhile = ordered(house, "21.00")
    assert (house.paid_through(before), house.paid_through(meanwhile)) == ("bank", SECOND)
    assert meanwhile.legs.get(rail="bank").account_code == NOSTRO
    house.settle(house.second, meanwhile)
    house.settle(house.first, before)
    assert posted(NOSTRO) == 10**8 - 21_00 * 17
    assert posted("nostro:nordbank-mxn:MXN") == 10**11 - 20_00 * 17
    for bank, theirs, other in (("bank", before, meanwhile), (SECOND, meanwhile, before)):
        rail = house.rails.bank_of(bank)
        assert rail.status(theirs.legs.get(rail="bank").reference).status == "ACSC"
        assert rail.status(other.legs.get(rail="bank").reference).status == "NOTFOUND"
    put_back(code="bank", reason="it is over")
    assert house.paid_through(ordered(house, "22.00")) == "bank"


def test_each_has_a_breaker_of_its_own_and_is_tried_out_by_itself(house: House) -> None:
    for _ in range(5):
        gate.report("bank", RetryableError("connection refused"), 12)
    assert payout_account("MXN").provider == SECOND
    assert set(ProviderState.objects.values_list("provider_id", flat=True)) == {"bank"}
    ProviderState.objects.update(retry_at=LONG_AGO)
    assert probe_due() == 1
    assert ProviderState.objects.get().state == "closed"
    assert {name: found.bad for name, found in window.since(timedelta(hours=1)).items()} == {"bank": 5}
    assert payout_account("MXN").provider == "bank"


@pytest.mark.parametrize("stop", ["switched off", "halted"])
def test_a_bank_that_people_stopped_gets_no_new_payout(house: House, stop: str) -> None:
    if stop == "halted":
        place_halt(scope="provider", target="bank", reason="fraud at theirs")
    else:
        switch_provider(code="bank", enabled=False, reason="the contract ended")
    assert payout_account("MXN").provider == SECOND


def test_only_when_both_are_out_nothing_new_begins(house: House) -> None:
    take_out(code="bank", reason="their incident 42")
    take_out(code=SECOND, reason="theirs as well")
    assert missing(Corridor.objects.get(pk="US-MX")) == ["Banco Sur", "Bank"]
    with pytest.raises(Unavailable, match="out of use are Banco Sur, Bank"):
        house.world.off_ramp("20.00")
    assert not Transfer.objects.exists()


def test_each_statement_is_fetched_from_the_bank_that_keeps_the_account(house: House) -> None:
    take_out(code="bank", reason="their incident 42")
    paid = ordered(house, "21.00")
    house.settle(house.second, paid)
    house.second.pass_time(INTERVAL)
    number, account = {"account_identification": MXN}, "nostro:nordbank-mxn:MXN"
    Source.objects.create(code="nord", name="nord", kind=Source.Kind.BANK_STATEMENT, account_code=account, **number)
    fetch_everything()
    asked = ProviderExchange.objects.filter(operation__startswith="GET /statements/")
    assert {one.operation.split("?")[0][-4:]: one.provider for one in asked} == {MXN[-4:]: "bank", OTHER_MXN[-4:]: SECOND}
    assert set(StatementFile.objects.values_list("source_id", flat=True)) == {"sur-mxn"}


def test_a_hint_of_one_bank_says_nothing_about_a_payment_through_the_other(house: House) -> None:
    transfer = ordered(house, "20.00")
    reference = transfer.legs.get(rail="bank").reference
    body = b'{"data": {"end_to_end_id": "%s"}}' % reference.encode()
    for source, status in ((SECOND, "failed"), ("bank", "processed")):
        kept = inbox.store(source=source, webhook_id=f"m-{source}", headers={}, body=body)
        assert inbox.process(kept.webhook_id) == status
    assert InboundWebhook.objects.get(source=SECOND).detail == f"We have sent nothing under {reference}."


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("take_on_provider", "nobody", "--name", "N"), "nobody has no address"),
        (("take_on_provider", SECOND, "--name", "Another"), "which is another one"),
        (("open_nostro", "x", "--provider", "node", *NUMBERS), "node is no bank"),
        (("open_nostro", "x", "--provider", SECOND, *NUMBERS), "sur-mxn is there already"),
        (("open_nostro", "x", "--provider", SECOND, *NUMBERS, "--iban", "SE1190000000000000000002"), "is no IBAN"),
        (("open_nostro", "x", "--provider", SECOND, *NUMBERS, "--calendar", "lunar"), "no calendar lunar"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(house: House, command: tuple[str, ...], words: str) -> None:
    before = set(BankAccount.objects.values_list("code", flat=True)), Source.objects.count()
    with pytest.raises(CommandError, match=words):
        call_command(*command)
    assert (set(BankAccount.objects.values_list("code", flat=True)), Source.objects.count()) == before


def test_the_database_takes_no_account_at_a_provider_that_there_is_not(house: House) -> None:
    BankAccount.objects.filter(provider=SECOND).update(provider="nobody")
    with pytest.raises(DatabaseError, match="transfers_bankaccount_is_at_a_provider"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
