"""Assets, accounts and months: opened once, described for ever, closed with a reason."""

from datetime import UTC, date, datetime

import pytest
from django.db import transaction

from audit.errors import ReadOnlyRow
from audit.models import AuditEvent
from ledger.chart import ROOMS, AccountKind, AccountType
from ledger.commands import Line, close_account, close_period, open_account, register_asset, reopen_period
from ledger.commands.accounts import NotACurrency
from ledger.errors import AccountNotEmpty, PeriodClosed, PeriodNotOver, ReferenceReused, UnknownAccount
from ledger.models import Account, Asset, Balance, Period
from ledger.money import AssetUnit
from ledger.queries import assets, balance, unit
from ledger.queries.assets import UnknownAsset
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, TOKEN_CONTRACT, USDC, book, deposit

pytestmark = pytest.mark.usefixtures("house")
MAY = datetime(2026, 5, 31, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(("code", "exponent"), [("JPY", 0), ("USD", 2), ("KWD", 3)])
def test_a_currency_comes_from_iso_4217(code: str, exponent: int) -> None:
    assert register_asset(code=code) == AssetUnit(code, code, exponent)
    assert unit(code).exponent == exponent


@pytest.mark.parametrize("code", ["ZZZ", "usd", "XAU", "XTS"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    with pytest.raises(NotACurrency):
        register_asset(code=code)


def test_a_token_is_known_by_network_and_contract() -> None:
    again = register_asset(code="USDC", network="ethereum", contract=TOKEN_CONTRACT, name="USD Coin", exponent=6)
    assert again == AssetUnit(USDC, "USDC", 6)
    assert Asset.objects.get(id=USDC).kind == "token"
    assert AuditEvent.objects.filter(type="ledger.asset_registered", resource_id=USDC).count() == 1
    with pytest.raises(ReferenceReused, match="exponent: 6 before, 18 now"), transaction.atomic():
        register_asset(code="USDC", network="ethereum", contract=TOKEN_CONTRACT, name="USD Coin", exponent=18)
    with pytest.raises(Exception, match="ledger_asset_one_per_contract"), transaction.atomic():
        register_asset(code="FAKE", network="ethereum", contract=TOKEN_CONTRACT.lower(), exponent=6)
    with pytest.raises(ValueError, match="exponent"):
        register_asset(code="DAI", network="ethereum", contract="0x1")
    assert [asset.id for asset in assets()] == ["ETH.ethereum", "MXN", "USDC.ethereum"]


def test_an_unknown_asset_has_no_unit() -> None:
    with pytest.raises(UnknownAsset):
        unit("EUR")


@pytest.mark.parametrize("kind", list(AccountKind))
def test_every_room_of_the_chart_opens(kind: AccountKind) -> None:
    account = open_account(code=f"room:{kind}", name="x", kind=kind, asset_id=USDC)
    guarded = kind in (AccountKind.CLIENT_MONEY, AccountKind.OVERDRAFT_RECEIVABLE)
    assert (account.type, account.guarded) == (ROOMS[kind].type, guarded)
    assert Balance.objects.filter(account=account, debits=0, credits=0, held=0, version=0).count() == 1


def test_opening_again_is_a_no_op_and_other_content_an_error() -> None:
    first = Account.objects.get(code=ACME)
    assert open_account(code=ACME, name=ACME, kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:acme").id == first.id
    assert AuditEvent.objects.filter(type="ledger.account_opened", resource_id=ACME).count() == 1
    with pytest.raises(ReferenceReused, match='owner: "client:acme" before, "client:globex" now'), transaction.atomic():
        open_account(code=ACME, name=ACME, kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:globex")


def test_the_orm_only_reads() -> None:
    account = Account.objects.get(code=ACME)
    for attempt in (
        account.save,
        account.delete,
        lambda: Balance.objects.update(held=0),
        lambda: Balance.objects.create(account=account),
    ):
        with pytest.raises(ReadOnlyRow):
            attempt()


def test_an_account_closes_when_it_is_empty_and_says_why() -> None:
    deposit("deposit-1", ACME, 5)
    with pytest.raises(AccountNotEmpty) as refusal, transaction.atomic():
        close_account(code=ACME, reason="left us")
    assert (refusal.value.posted, refusal.value.held) == (5, 0)
    close_account(code=GLOBEX, reason="left us")
    close_account(code=GLOBEX, reason="left us")
    assert balance(GLOBEX).status == "closed"
    assert AuditEvent.objects.get(type="ledger.account_closed", resource_id=GLOBEX).reason == "left us"
    with pytest.raises(UnknownAccount), transaction.atomic():
        close_account(code="nobody", reason="x")
    with pytest.raises(UnknownAccount):
        balance("nobody")


def test_nothing_is_valued_inside_a_closed_month() -> None:
    deposit("may", ACME, 5, value_at=MAY)
    assert close_period(month=date(2026, 5, 17), reason="month end")
    assert not close_period(month=date(2026, 5, 1), reason="month end")
    with pytest.raises(PeriodClosed, match="2026-05"), transaction.atomic():
        deposit("late", ACME, 5, value_at=MAY)
    assert deposit("may", ACME, 5, value_at=MAY).replayed
    deposit("june", ACME, 5, value_at=datetime(2026, 6, 1, tzinfo=UTC))
    assert balance(ACME).posted == 10


def test_a_month_reopens_with_a_reason_and_both_are_on_record() -> None:
    close_period(month=date(2026, 5, 1), reason="month end")
    assert reopen_period(month=date(2026, 5, 1), reason="the bank sent a correction")
    assert not reopen_period(month=date(2026, 5, 1), reason="again")
    deposit("late", ACME, 5, value_at=MAY)
    period = Period.objects.get(month=date(2026, 5, 1))
    assert (period.status, period.closed_at, period.closed_by) == ("open", None, "")
    events = AuditEvent.objects.filter(resource_type="period", resource_id="2026-05").order_by("recorded_at")
    assert [(event.type, event.reason, event.diff["status"]) for event in events] == [
        ("ledger.period_closed", "month end", ["open", "closed"]),
        ("ledger.period_reopened", "the bank sent a correction", ["closed", "open"]),
    ]


def test_the_running_month_does_not_close() -> None:
    with pytest.raises(PeriodNotOver), transaction.atomic():
        close_period(month=datetime.now(UTC).date(), reason="eager")
    with pytest.raises(ValueError, match="reason"):
        close_period(month=date(2026, 5, 1), reason="")


def test_money_types_stand_on_their_side_of_the_equation() -> None:
    book("fee", Line.debit(FEES, 3), Line.credit(FEES, 3), value_at=DAY)
    assert {room.type for room in ROOMS.values()} == set(AccountType)
    assert balance(FEES).posted == 0
