"""A desk by phone: what it says is entered by one person, confirmed by another, and waited for in clear words."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction

from approvals import registry
from approvals.errors import MakerMayNotDecide, NotCarriedOut
from approvals.models import ApprovalRequest, Person
from approvals.registry import DecideInput
from audit import clock
from ledger.queries import proofs, trial_balance
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import LONG_AGO, Books, World, acting, drive_until, history, posted
from transfers.commands.deposits.allocation import request_allocation
from transfers.commands.manual_entry import ask, moment_in, why_not
from transfers.commands.providers import add_provider, set_terms, switch_provider
from transfers.errors import Conflict, NotFound, Refused
from transfers.models import Arrival, BankAccount, ExternalReference, ManualEntry, Provider, ProviderTerms, Quote, Transfer
from transfers.pricing.phone import rail_of
from transfers.rails.base import NotOffered

EVIDENCE = "recording 2026-11-26 14:02, file otc/4711.wav"


@pytest.fixture(autouse=True)
def tame(world: World) -> Iterator[Tame]:
    """The only desk that is left is one to be called."""
    add_provider(code="otc", name="OTC Desk", kind="manual")
    set_terms(provider="otc", corridor="US-MX")
    switch_provider(code="desk", enabled=False, reason="by phone only")
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    with tame_outside() as tamed:
        yield tamed


def enter(world: World, transfer: Transfer, kind: str, **figures: str) -> ApprovalRequest:
    with acting(world.maker):
        return ask(provider="otc", transfer_id=transfer.id, kind=kind, figures=figures, evidence=EVIDENCE, maker=world.maker.id)


def confirm(request: ApprovalRequest, person: Person, decision: str = "approve") -> None:
    with acting(person):
        registry.get(request.action).decide(
            DecideInput(
                request_id=request.id,
                person_id=person.id,
                operator=person.name,
                roles={"approver": LONG_AGO},
                decision=decision,
                digest=bytes(request.digest),
                revision=request.revision,
                reason="wrong figure" if decision == "reject" else "",
            )
        )


def quoted(**changes: str) -> dict[str, str]:
    return {"rate": "17.60", "target_amount": "15840.00", "expires_at": moment_in(10)} | changes


def paid_by_the_desk(amount: str, text: str = "deal OTC-4711") -> str:
    """The bank shows it, and it is unallocated; the arrival's reference."""
    parties = f"<RltdPties><Dbtr><Nm>OTC Desk AG</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{text}</Ustrd></RmtInf>"
    refs = f"<AcctSvcrRef>{text}</AcctSvcrRef>"
    outside.bank_line(amount, direction="CRDT", refs=refs, parties=parties, identification=f"S {text}")
    match_open_items()
    return Arrival.objects.latest("seen_at").reference


def dealt(world: World) -> Transfer:
    """Paid out at 17.60 pesos, on a deal by phone whose settlement is awaited."""
    transfer = world.off_ramp("900.00")
    waits(transfer, "manual_quote_awaited")
    confirm(enter(world, transfer, "quote", **quoted()), world.checker)
    waits(transfer, "manual_deal_awaited")
    confirm(enter(world, transfer, "deal", trade_id="OTC-4711"), world.checker)
    return drive_until(transfer, "FIAT_SETTLED")


def waits(transfer: Transfer, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        drive_until(transfer, "FIAT_SETTLED", passes=2)


def test_it_waits_in_words_for_quote_and_deal_and_ends_settled_and_squared(world: World) -> None:
    transfer = world.off_ramp("900.00")
    waits(transfer, "still CREATED .*manual_quote_awaited: otc: call the desk and enter its quote")

    confirm(enter(world, transfer, "quote", **quoted()), world.checker)
    waits(transfer, "still QUOTED .*manual_deal_awaited: close the deal with otc by phone")
    confirm(enter(world, transfer, "deal", trade_id="OTC-4711"), world.checker)
    transfer = drive_until(transfer, "FIAT_SETTLED")
    assert why_not(ManualEntry.Kind.QUOTE, "otc", transfer) == "It is “Fiat settled”: no quote is awaited."

    firm = Quote.objects.get(transfer=transfer, kind="firm")
    assert (firm.provider, transfer.target_amount) == ("otc", 1_584_000)
    assert "rate: 17.60" in firm.raw
    assert ExternalReference.objects.get(transfer=transfer, kind="provider_trade_id").value == "OTC-4711"
    assert rail_of("otc").status(transfer.reference).stage == "dealt"
    assert posted("position:USDC.ethereum/MXN:MXN") == -1_584_000

    request = enter(world, transfer, "settlement", arrival=paid_by_the_desk("15840.00"))
    assert posted("nostro:nordbank-mxn:MXN") == 10**11
    confirm(request, world.second_checker)

    assert rail_of("otc").status(transfer.reference).stage == "settled"
    for code in ("position:USDC.ethereum/MXN:MXN", "position:USDC.ethereum/MXN:USDC.ethereum", "wallet:settlement-1:USDC.ethereum"):
        assert posted(code) == 0, code
    assert posted("nostro:nordbank-mxn:MXN") == 10**11
    assert all(row.debits == row.credits for row in trial_balance())
    assert [kind for kind, *_ in history(transfer.id)].count("manual_entry") == 3


def test_who_entered_it_cannot_confirm_it_and_a_rejection_leaves_nothing(world: World) -> None:
    transfer = world.off_ramp("900.00")
    request = enter(world, transfer, "quote", **quoted())
    with pytest.raises(MakerMayNotDecide):
        confirm(request, world.maker)
    confirm(request, world.checker, "reject")
    assert not ManualEntry.objects.exists()
    waits(transfer, "manual_quote_awaited")


def test_an_entered_quote_is_judged_as_any_other(world: World) -> None:
    transfer = world.off_ramp("900.00")
    far_off = {"rate": "12.00", "target_amount": "10800.00"}
    confirm(enter(world, transfer, "quote", **quoted(**far_off)), world.checker)
    waits(transfer, "no_quote: .*basis points below the reference")


def test_a_quote_that_ran_out_before_the_deal_asks_for_another(world: World) -> None:
    transfer = world.off_ramp("900.00")
    confirm(enter(world, transfer, "quote", **quoted()), world.checker)
    waits(transfer, "manual_deal_awaited")
    late = enter(world, transfer, "deal", trade_id="OTC-1")
    with clock.using(lambda: datetime.now(UTC) + timedelta(minutes=11)):
        waits(transfer, "still CREATED .*manual_quote_awaited")
        with pytest.raises(NotCarriedOut, match=r"not this desk|no deal is awaited"):
            confirm(late, world.checker)
    late.refresh_from_db()
    assert (late.status, ManualEntry.objects.filter(kind="deal").count()) == ("dismissed", 0)


@pytest.mark.parametrize(
    ("figures", "field"),
    [
        ({"rate": "17,6"}, "rate"),
        ({"rate": "1e9"}, "rate"),
        ({"rate": "-17"}, "rate"),
        ({"target_amount": ""}, "target_amount"),
        ({"target_amount": "99999.00"}, "target_amount"),
        ({"expires_at": "soon"}, "target_amount"),
    ],
)
def test_figures_that_cannot_be_are_refused_at_once(world: World, figures: dict[str, str], field: str) -> None:
    transfer = world.off_ramp("900.00")
    with pytest.raises(Refused) as refused:
        enter(world, transfer, "quote", **quoted(**figures))
    assert field in refused.value.fields
    assert not ApprovalRequest.objects.exists()


def test_nothing_is_entered_without_evidence_out_of_turn_or_for_another_desk(world: World) -> None:
    transfer = world.off_ramp("900.00")
    before = Books.now()
    with acting(world.maker), pytest.raises(Refused, match="where it can be seen"):
        ask(provider="otc", transfer_id=transfer.id, kind="quote", figures=quoted(), evidence="ok", maker=world.maker.id)
    for kind, figures in (("deal", {"trade_id": "1"}), ("settlement", {"arrival": "1" * 26})):
        with pytest.raises(Conflict):
            enter(world, transfer, kind, **figures)
    with acting(world.maker), pytest.raises(NotFound):
        ask(provider="desk", transfer_id=transfer.id, kind="quote", figures=quoted(), evidence=EVIDENCE, maker=world.maker.id)
    assert Books.now() == before


def test_where_a_desk_answers_nobody_has_to_be_called(world: World) -> None:
    switch_provider(code="desk", enabled=True, reason="back")
    transfer = drive_until(world.off_ramp("900.00"), "FIAT_SETTLED")
    assert transfer.quote is not None
    assert transfer.quote.provider == "desk"
    assert transfer.quote.round is not None
    assert transfer.quote.round.answers.get(provider="otc").verdict == "awaited"


def test_an_entry_cannot_be_changed_and_what_a_phone_lacks_is_said(world: World) -> None:
    transfer = world.off_ramp("900.00")
    confirm(enter(world, transfer, "quote", **quoted()), world.checker)
    with pytest.raises(OperationalError, match="keeps its history"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_manualentry SET evidence = 'x'")
    with pytest.raises(NotOffered, match="undone by phone"):
        rail_of("otc").cancel(transfer.reference)


def test_the_desks_money_is_booked_once_and_the_break_about_it_ends(world: World) -> None:
    transfer = dealt(world)
    arrival = paid_by_the_desk("15840.00")
    assert posted("quarantine:arrivals:MXN") == 1_584_000
    nostro = posted("nostro:nordbank-mxn:MXN")
    confirm(enter(world, transfer, "settlement", arrival=arrival), world.checker)

    match_open_items()

    assert (posted("quarantine:arrivals:MXN"), posted("nostro:nordbank-mxn:MXN")) == (0, nostro)
    ended = Break.objects.get(item__amount=1_584_000)
    assert (ended.status, ended.resolution) == ("resolved", f"A desk paid for transfer {transfer.reference} with it.")
    assert list(proofs.findings(thorough=True)) == []


def test_it_settles_what_the_bank_shows_and_the_position_shows_what_is_missing(world: World) -> None:
    transfer = dealt(world)
    confirm(enter(world, transfer, "settlement", arrival=paid_by_the_desk("15800.00")), world.checker)
    assert posted("position:USDC.ethereum/MXN:MXN") == -4_000


def test_no_money_is_a_settlement_before_the_bank_shows_it_or_twice(world: World) -> None:
    first, second = dealt(world), dealt(world)
    with pytest.raises(Refused) as refused:
        enter(world, first, "settlement", arrival="1" * 26)
    assert "arrival" in refused.value.fields
    arrival = paid_by_the_desk("15840.00")
    requests = [enter(world, one, "settlement", arrival=arrival) for one in (first, second)]
    confirm(requests[0], world.checker)
    squared = trial_balance()
    with pytest.raises(NotCarriedOut, match="has paid for a deal with this money"):
        confirm(requests[1], world.checker)
    requests[1].refresh_from_db()
    assert (requests[1].status, trial_balance()) == ("dismissed", squared)
    assert ManualEntry.objects.get(kind="settlement").transfer == first


def test_money_of_a_desk_goes_to_no_client_any_more(world: World) -> None:
    transfer = dealt(world)
    paid = Arrival.objects.get(reference=paid_by_the_desk("15840.00"))
    with acting(world.maker):
        asked = request_allocation(arrival_id=paid.pk, client_id="acme", reason="their letter", maker=world.maker.id)
    confirm(enter(world, transfer, "settlement", arrival=paid.reference), world.checker)
    with pytest.raises(Conflict, match="has paid for a deal"):
        confirm(asked, world.checker)
    assert not Transfer.objects.filter(route="bank_deposit").exists()


def test_it_is_taken_on_by_a_command_with_what_it_deals_in(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ("take_on_provider", "night", "--name", "Night Desk", "--by-phone", "--corridor", "US-MX")
    for _ in range(2):
        call_command(*wanted)
    assert "night: Night Desk, desk by phone, deals in US-MX" in capsys.readouterr().out
    assert ProviderTerms.objects.get(provider="night").corridor_id == "US-MX"
    with pytest.raises(CommandError, match="There is no corridor US-XX"):
        call_command("take_on_provider", "day", "--name", "Day Desk", "--by-phone", "--corridor", "US-XX")
    assert not Provider.objects.filter(pk="day").exists()
