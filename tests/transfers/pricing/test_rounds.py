"""Rounds of quotes over real HTTP: one slow, one lying, one down, and the transfer still gets the best honest price in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from approvals.commands.halts import place_halt
from approvals.models import Corridor
from audit import clock
from backoffice.sandbox.desks.orders import LIES
from backoffice.sandbox.desks.server import Floor
from tests.transfers.prices import reference_rates
from tests.transfers.pricing.floor import open_floor, rails_to
from tests.transfers.world import UNIT, World, drive_until
from transfers import driver
from transfers.commands.advance.quote import quote
from transfers.commands.providers import add_provider, put_back, set_terms, switch_provider, take_out
from transfers.errors import Refused, Waiting
from transfers.health.probing import probe_due
from transfers.models import Provider, Quote, QuoteRound, RateSource, Transfer
from transfers.pricing.collecting import Chosen, collect

AMOUNT = 5_000 * UNIT


@pytest.fixture
def floor(world: World, settings: Any) -> Iterator[Floor]:
    """Two desks; the one without a name has no address."""
    settings.QUOTE_BUDGET = 10.0
    for code in ("pacific", "harbour"):
        add_provider(code=code, name=code.title(), kind="desk")
    reference_rates(USDC_MXN="18.42")
    with open_floor() as (opened, url), rails_to(url):
        yield opened


def corridor() -> Corridor:
    return Corridor.objects.get(pk="US-MX")


def verdicts(kept: QuoteRound) -> dict[str, str]:
    return dict(kept.answers.values_list("provider", "verdict"))


def last_round() -> QuoteRound:
    return QuoteRound.objects.latest("asked_at")


def ask(amount: int = AMOUNT) -> Chosen:
    return collect(corridor(), amount)


def test_the_best_after_fees_is_chosen_and_the_others_are_kept_whole(floor: Floor) -> None:
    chosen = ask()

    answers = {answer.provider: answer for answer in chosen.round.answers.all()}
    assert verdicts(chosen.round) == {"harbour": "chosen", "pacific": "usable", "desk": "not_asked"}
    assert chosen.offer.provider == "harbour"
    assert answers["harbour"].target_amount is not None
    assert answers["pacific"].target_amount is not None
    assert answers["harbour"].target_amount >= answers["pacific"].target_amount
    assert Decimal(answers["pacific"].target_fee) > 0
    assert Decimal(answers["harbour"].source_fee) == 2
    assert all('"quote_id"' in answers[code].raw for code in ("harbour", "pacific"))
    assert "not configured" in answers["desk"].reason
    assert chosen.round.reference_rate == Decimal("18.42")


def test_whose_flat_fee_weighs_little_on_much_is_best_for_much(floor: Floor) -> None:
    assert ask(200_000 * UNIT).offer.provider == "pacific"


@pytest.mark.parametrize("lie", sorted(LIES))
def test_a_liar_is_not_believed_and_the_honest_one_is_taken(floor: Floor, lie: str) -> None:
    floor.orders.give("harbour", lie)

    chosen = ask()

    assert chosen.offer.provider == "pacific"
    assert verdicts(chosen.round)["harbour"] == "rejected"
    assert chosen.round.answers.get(provider="harbour").raw


@pytest.mark.parametrize(("fault", "verdict"), [("down", "failed"), ("error", "failed"), ("garbage", "rejected")])
def test_one_that_is_away_costs_nothing_but_its_own_answer(floor: Floor, fault: str, verdict: str) -> None:
    floor.orders.give("harbour", fault)
    chosen = ask()
    assert (chosen.offer.provider, verdicts(chosen.round)["harbour"]) == ("pacific", verdict)


def test_one_that_is_slow_is_left_behind_at_the_end_of_the_budget(floor: Floor, settings: Any) -> None:
    settings.QUOTE_BUDGET = 1.0
    floor.orders.give("harbour", "slow", seconds="3")

    chosen = ask()

    assert (chosen.offer.provider, verdicts(chosen.round)["harbour"]) == ("pacific", "late")
    assert 1000 <= chosen.round.elapsed_ms < 3000


def test_when_nobody_can_be_used_the_round_says_of_each_why(floor: Floor) -> None:
    floor.orders.give("harbour", "down")
    floor.orders.give("pacific", "outlier")

    with pytest.raises(Waiting, match="basis points above the reference") as waiting:
        ask()

    assert waiting.value.code == "no_quote"
    assert set(verdicts(last_round()).values()) == {"failed", "rejected", "not_asked"}


def test_a_pair_that_everybody_refuses_is_refused_for_good(floor: Floor) -> None:
    with pytest.raises(Refused) as refused:
        ask(1)
    assert refused.value.code == "unsupported_currency"


def test_without_a_fresh_reference_nobody_is_asked(floor: Floor) -> None:
    RateSource.objects.update(max_age_s=10)
    with pytest.raises(Waiting, match="too long ago") as waiting:
        ask()
    assert waiting.value.code == "reference_rate_stale"
    assert not QuoteRound.objects.exists()


def test_terms_halts_and_switches_say_who_is_not_asked(floor: Floor) -> None:
    set_terms(provider="pacific", corridor="US-MX", min_amount=10_000 * UNIT)
    chosen = ask()
    assert chosen.round.answers.get(provider="pacific").reason == "it deals from 10,000.00 USDC"

    set_terms(provider="pacific", corridor="US-MX", max_amount=1_000 * UNIT)
    assert ask().round.answers.get(provider="pacific").reason == "it deals up to 1,000.00 USDC"
    set_terms(provider="pacific", corridor="US-ETH")
    set_terms(provider="pacific", corridor="US-MX", active=False)
    assert ask().round.answers.get(provider="pacific").reason == "it does not deal in US-MX"

    switch_provider(code="pacific", enabled=False, reason="contract ended")
    assert ask().round.answers.get(provider="pacific").reason == "it is switched off"
    place_halt(scope="provider", target="harbour", reason="wrong rates")
    with pytest.raises(Waiting, match="Provider harbour is stopped"):
        ask()


def test_a_transfer_keeps_the_round_its_price_was_chosen_in(floor: Floor, world: World) -> None:
    floor.orders.give("pacific", "floats")
    transfer = world.off_ramp("900.00")

    drive_until(transfer, "QUOTED", "FUNDS_LOCKED", "SENT_ON_CHAIN", "CONFIRMED", "FIAT_SETTLED")

    firm = Quote.objects.get(transfer=transfer, kind="firm")
    assert firm.round is not None
    answer = firm.round.answers.get(verdict="chosen")
    assert (firm.round.transfer_id, firm.provider, firm.rate) == (transfer.id, "harbour", answer.effective_rate)
    assert (firm.target_amount, firm.raw, firm.expires_at) == (answer.target_amount, answer.raw, answer.expires_at)
    assert Quote.objects.get(transfer=transfer, kind="indicative").round is not None


def test_with_every_provider_away_a_transfer_waits_in_words_and_goes_on_by_itself(floor: Floor, world: World) -> None:
    transfer = world.off_ramp("900.00")
    for name in ("harbour", "pacific"):
        floor.orders.give(name, "down")

    with pytest.raises(AssertionError, match="no_quote: nobody gives a price for US-MX"):
        drive_until(transfer, "QUOTED", passes=1)
    assert Transfer.objects.get(pk=transfer.pk).status == "CREATED"

    floor.orders.give("pacific", "honest")
    drive_until(transfer, "FIAT_SETTLED")
    assert Quote.objects.get(transfer=transfer, kind="firm").provider == "pacific"


@pytest.mark.parametrize("table", ["quoteround", "quoteanswer", "ratesheet"])
def test_what_was_said_cannot_be_changed_from_sql(floor: Floor, table: str) -> None:
    ask()
    for attack in (f"UPDATE transfers_{table} SET id = id", f"DELETE FROM transfers_{table}"):
        with pytest.raises(OperationalError, match="keeps its history"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)


def test_a_desk_that_keeps_lying_is_no_longer_asked_until_it_has_been_tried(floor: Floor) -> None:
    floor.orders.give("harbour", "outlier")
    for _ in range(5):
        ask()

    kept = ask().round

    assert verdicts(kept)["harbour"] == "not_asked"
    assert "not believed: its rate is" in kept.answers.get(provider="harbour").reason
    floor.orders.give("harbour", "honest")
    assert probe_due() == 0
    with clock.using(lambda: datetime.now(UTC) + timedelta(seconds=31)):
        assert probe_due() == 1
    assert ask().offer.provider == "harbour"


def test_one_whose_flat_fee_is_too_dear_for_little_is_passed_over_without_blame(floor: Floor) -> None:
    Corridor.objects.update(outlier_bps=100)
    for _ in range(6):
        kept = ask(600 * UNIT).round
        with pytest.raises(Waiting, match="after its fees it is"):
            ask(20 * UNIT)
    assert verdicts(kept)["pacific"] == "usable"


def test_a_quota_that_is_spent_leaves_the_price_to_the_others(floor: Floor) -> None:
    Provider.objects.filter(pk="harbour").update(calls_per_minute=1, calls_at_once=1)
    assert ask().offer.provider == "harbour"
    chosen = ask()
    assert (chosen.offer.provider, verdicts(chosen.round)["harbour"]) == ("pacific", "not_asked")


def test_with_the_bank_out_of_use_nothing_new_begins_in_its_corridor_and_the_others_go_on(floor: Floor, world: World) -> None:
    waiting, on_chain = world.off_ramp("900.00"), world.order("10.00")
    take_out(code="bank", reason="their incident 42")

    with pytest.raises(AssertionError, match="provider_out_of_use: US-MX takes no new work: out of use are Bank"):
        drive_until(waiting, "QUOTED", passes=1)
    drive_until(on_chain, "CONFIRMED")

    put_back(code="bank", reason="it is over")
    drive_until(waiting, "FIAT_SETTLED")


def test_what_was_begun_with_one_provider_is_finished_with_it_and_never_with_another(floor: Floor, world: World) -> None:
    transfer = world.off_ramp("900.00")
    lease = driver.claim(transfer.id)
    assert lease is not None
    quote(lease)
    Transfer.objects.filter(pk=transfer.pk, status="QUOTED").update(lease_until=None)
    take_out(code="harbour", reason="we leave them")

    drive_until(transfer, "FIAT_SETTLED")

    assert Quote.objects.get(transfer=transfer, kind="firm").provider == "harbour"
    assert drive_until(world.off_ramp("900.00"), "FIAT_SETTLED").quote.provider == "pacific"  # type: ignore[union-attr]
