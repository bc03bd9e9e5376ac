"""Liquidity levels: asked for by one, decided by another, kept with every version; and what they say about the money there is."""

import pytest
from django.db import IntegrityError, transaction

from approvals.errors import ApprovalsError, RequestAlreadyPending
from approvals.models import ApprovalRequest
from approvals.queries import view_request
from audit.models import AuditEvent
from ledger.commands import Line, Posting, post
from tests.transfers.levels import ask_levels, set_levels, vote_on
from tests.transfers.tame import tame_outside
from tests.transfers.world import FUNDS, GAS, LONG_AGO, UNIT, drive_until
from transfers.errors import Refused
from transfers.models import LiquidityLevel
from transfers.queries.liquidity import Verdict, liquidity

HOT, GAS_ACCOUNT, NOSTRO = "wallet:hot-1:USDC.ethereum", "gas:hot-1:ETH.ethereum", "nostro:nordbank-mxn:MXN"


def _held(code=HOT):
    return liquidity()[code]


def test_nothing_changes_until_somebody_else_approves(world):
    request = ask_levels(world, HOT, minimum=5 * UNIT, target=9 * UNIT)
    assert not LiquidityLevel.objects.exists()
    with pytest.raises(ApprovalsError):
        vote_on(request, world.maker)
    assert not LiquidityLevel.objects.exists()
    vote_on(request, world.checker)
    level = LiquidityLevel.objects.get()
    assert (level.account_code, level.minimum, level.target, level.maximum) == (HOT, 5 * UNIT, 9 * UNIT, None)
    request.refresh_from_db()
    assert request.executed_at is not None


def test_a_rejection_leaves_the_levels_as_they_were(world):
    set_levels(world, HOT, minimum=1, target=2)
    vote_on(ask_levels(world, HOT, minimum=3, target=4), world.checker, "reject")
    assert LiquidityLevel.objects.get().target == 2


def test_every_version_stays_with_who_approved_and_why(world):
    set_levels(world, HOT, minimum=1, target=2)
    set_levels(world, HOT, minimum=1, target=3, funding="hybrid", reason="more clients")
    versions = LiquidityLevel.history.order_by("history_date")
    assert [(one.target, one.history_user_id, one.history_change_reason) for one in versions] == [
        (2, "checker", "agreed on Monday"),
        (3, "checker", "more clients"),
    ]
    told = AuditEvent.objects.filter(type="liquidity_level.set").latest("recorded_at")
    assert (told.diff["target"], told.diff["funding"]) == (["2", "3"], ["pre_funded", "hybrid"])


def test_the_approver_reads_the_level_and_what_it_replaces(world):
    set_levels(world, HOT, minimum=UNIT, target=2 * UNIT)
    view = view_request(ask_levels(world, HOT, minimum=3 * UNIT, target=4 * UNIT, maximum=9 * UNIT).id)
    facts = {fact.label: fact.value for fact in view.facts}
    assert (facts["Minimum"], facts["Target"], facts["Maximum"]) == ("3.00 USDC", "4.00 USDC", "9.00 USDC")
    assert facts["Until now"] == "minimum 1.00 USDC, target 2.00 USDC, no maximum; pre funded"


def test_one_request_at_a_time_per_account(world):
    ask_levels(world, HOT)
    with pytest.raises(RequestAlreadyPending):
        ask_levels(world, HOT, target=1)
    assert ApprovalRequest.objects.count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"minimum": 5, "target": 4},
        {"minimum": -1, "target": 4},
        {"minimum": 1, "target": 4, "maximum": 3},
        {"funding": "hope"},
    ],
)
def test_levels_that_make_no_sense_are_refused(world, given):
    with pytest.raises(Refused) as refusal:
        ask_levels(world, HOT, **given)
    assert refusal.value.code == "level_invalid"
    assert not ApprovalRequest.objects.exists()


def test_the_database_refuses_them_too(world):
    with pytest.raises(IntegrityError), transaction.atomic():
        LiquidityLevel(account_code=HOT, asset_id="MXN", funding="hybrid", minimum=5, target=4).save()
    assert not LiquidityLevel.objects.exists()


@pytest.mark.parametrize(
    ("levels", "verdict"),
    [
        ({"minimum": FUNDS, "target": FUNDS}, Verdict.FINE),
        ({"minimum": FUNDS + 1, "target": FUNDS + 1}, Verdict.LOW),
        ({"minimum": FUNDS + 1, "target": FUNDS + 1, "funding": "just_in_time"}, Verdict.FINE),
        ({"minimum": FUNDS + 1, "target": FUNDS + 1, "funding": "hybrid"}, Verdict.LOW),
        ({"minimum": 1, "target": FUNDS - 1, "maximum": FUNDS - 1}, Verdict.HIGH),
        ({"minimum": 1, "target": 1, "maximum": FUNDS}, Verdict.FINE),
    ],
)
def test_what_is_held_is_measured_by_its_levels(world, levels, verdict):
    set_levels(world, HOT, **levels)
    assert _held().verdict is verdict


def test_what_is_promised_counts_as_gone(world):
    """1,000,000.00 are held, 900.00 are on their way: 999,100.00 are expected, below a minimum of 999,200.00."""
    set_levels(world, HOT, minimum=999_200 * UNIT, target=999_900 * UNIT)
    assert _held().verdict is Verdict.FINE
    with tame_outside() as tame:
        tame.signs = False
        drive_until(world.order("900.00"), "FUNDS_LOCKED")
    found = _held()
    assert (found.held, found.flying.leaving, found.expected, found.verdict) == (
        FUNDS,
        900 * UNIT,
        999_100 * UNIT,
        Verdict.LOW,
    )


def test_gas_that_is_reserved_counts_as_gone(world):
    with tame_outside() as tame:
        tame.signs = False
        drive_until(world.order("900.00"), "FUNDS_LOCKED")
    assert _held(GAS_ACCOUNT).expected == GAS - _held(GAS_ACCOUNT).flying.reserved < GAS


def test_payments_that_wait_make_a_place_short(world):
    """A payout of 100.00 USDC waits for tokens and for about 1,700 pesos; the hot wallet was emptied by hand before."""
    lines = (Line.debit("wallet:settlement-1:USDC.ethereum", FUNDS - 40 * UNIT), Line.credit(HOT, FUNDS - 40 * UNIT))
    post(Posting(reference="to-partner/by-hand", kind="wallet_movement", value_at=LONG_AGO, lines=lines))
    with tame_outside():
        drive_until(world.off_ramp("100.00"), "QUOTED")
    found = _held()
    assert (found.waiting, found.expected, found.shortage, found.verdict) == (100 * UNIT, 40 * UNIT, 60 * UNIT, Verdict.SHORT)
    assert _held(NOSTRO).waiting > 0
    assert _held(NOSTRO).verdict is Verdict.FINE
