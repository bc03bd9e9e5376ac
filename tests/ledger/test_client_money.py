"""What we owe to clients against what we hold, asset by asset."""

import pytest

from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, open_account, reverse
from ledger.queries import client_money
from ledger.queries.client_money import ClientMoney
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FEES, FUNDING, GLOBEX, HOT, MXN, NOSTRO, PAYABLE, USDC, book, deposit

pytestmark = pytest.mark.usefixtures("house")


def _of(asset_id: str) -> ClientMoney:
    return next(row for row in client_money() if row.asset.id == asset_id)


def _broken() -> list[str]:
    return [finding.message for finding in findings() if finding.proof == "client_money"]


def test_what_was_deposited_is_owed_and_covered() -> None:
    deposit("deposit-1", ACME, 1_000)
    deposit("deposit-2", GLOBEX, 500)
    row = _of(USDC)
    assert (row.owed, row.covered_by, row.surplus, row.overdrawn, row.accounts) == (1_500, 1_500, 0, 0, 2)
    assert row.holds
    assert _broken() == []


def test_the_house_s_own_share_is_surplus() -> None:
    deposit("deposit-1", ACME, 1_000)
    book("fee-1", Line.debit(ACME, 10), Line.credit(FEES, 10))
    book("funding-1", Line.debit(HOT, 200), Line.credit(FUNDING, 200))
    assert (_of(USDC).owed, _of(USDC).covered_by, _of(USDC).surplus) == (990, 1_200, 210)


def test_money_that_belongs_to_nobody_yet_is_owed() -> None:
    quarantine = "quarantine:unknown:USDC"
    open_account(code=quarantine, name="Unknown senders", kind=AccountKind.QUARANTINE, asset_id=USDC)
    deposit("deposit-1", quarantine, 70)
    assert (_of(USDC).owed, _of(USDC).surplus) == (70, 0)


def test_one_client_s_overdraft_never_hides_another_s_shortfall() -> None:
    deposit("deposit-1", ACME, 100)
    book("spent", Line.debit(ACME, 80), Line.credit(HOT, 80))
    deposit("deposit-2", GLOBEX, 50)
    reverse(reference_of="deposit-1", reference="chargeback-1", reason="x", value_at=DAY, forced_kind="chargeback")
    row = _of(USDC)
    # All clients together are owed -30, which is what we hold. Globex alone is owed 50.
    assert (row.owed, row.overdrawn, row.covered_by, row.surplus, row.accounts) == (50, 80, -30, -80, 1)
    assert not row.holds
    assert _broken() == ["owed to clients 50, covered by -30: 80 are missing"]


def test_another_asset_covers_nothing() -> None:
    book("funding-1", Line.debit(NOSTRO, 1_000_000), Line.credit(chart.house_account_code("funding", MXN), 1_000_000))
    book("unbacked", Line.debit(FEES, 5), Line.credit(ACME, 5))
    assert (_of(MXN).owed, _of(MXN).covered_by) == (0, 1_000_000)
    assert _broken() == ["owed to clients 5, covered by 0: 5 are missing"]


def test_what_is_on_its_way_out_is_no_longer_the_client_s() -> None:
    book("payout-due", Line.debit(NOSTRO, 40), Line.credit(PAYABLE, 40))
    assert (_of(MXN).owed, _of(MXN).covered_by) == (0, 40)
