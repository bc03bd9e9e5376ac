"""The value date of a deposit as the outside says it, and the cashback of a conversion."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from audit import clock
from reconciliation.commands.matching import match_open_items
from tests.reconciliation import outside
from tests.transfers.outbox.story import dispatch_all
from tests.transfers.tame import Tame
from tests.transfers.within import CENTS, convert, exchange, promote
from tests.transfers.world import World, acting, drive_until
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.models import BankAccount, Receipt, Transfer
from transfers.receipts import pdf
from transfers.receipts.make import make_due
from transfers.receipts.queries import content

# The sandbox's statements book on 1 October, for value on the 2nd.
VALUE_DATE = "2026-10-02"


def receipt() -> dict[str, Any]:
    dispatch_all()
    make_due()
    return content(Receipt.objects.get())


@pytest.mark.parametrize("imported", [datetime(2026, 10, 1, 18, tzinfo=UTC), datetime(2026, 10, 5, 9, tzinfo=UTC)])
def test_a_deposit_has_the_value_date_of_the_statement(house: World, imported: datetime) -> None:
    account = BankAccount.objects.get()
    outside.bank_source(account, last_sequence=0)
    with acting(house.maker), clock.using(lambda: imported):
        reference = open_bank_reference(client_id="acme", account=account).value
        text = f"<RmtInf><Ustrd>{reference}</Ustrd></RmtInf>"
        outside.bank_line("1500.00", direction="CRDT", refs="<AcctSvcrRef>B-1</AcctSvcrRef>", parties=text)
        match_open_items()
        drive_until(Transfer.objects.get(), "CONFIRMED")
        settlement = receipt()["settlement"]
    assert (settlement["value_date"], settlement["at"][:10]) == (VALUE_DATE, imported.date().isoformat())


def test_one_that_the_senders_bank_takes_back_gets_a_receipt_that_supersedes_the_first(house: World) -> None:
    account = BankAccount.objects.get()
    outside.bank_source(account, last_sequence=0)
    with acting(house.maker):
        text = open_bank_reference(client_id="acme", account=account).value
        names = "<AcctSvcrRef>B-1</AcctSvcrRef>"
        outside.bank_line("1500.00", direction="CRDT", refs=names, parties=f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>")
        match_open_items()
        transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
        why = "<RtrInf><Rsn><Cd>FRAD</Cd></Rsn><AddtlInf>B-1</AddtlInf></RtrInf>"
        outside.bank_line("1500.00", refs="<AcctSvcrRef>T-1</AcctSvcrRef>", parties=why)
        match_open_items()
        dispatch_all()
        make_due()
    first, second = Receipt.objects.filter(transfer=transfer).order_by("number")
    assert [content(one)["says"] for one in (first, second)] == ["settled", "undone"]
    assert content(second)["supersedes"]["receipt_id"] == str(first.pk)
    assert "taken this payment back" in content(second)["status_text"]


def test_a_conversion_names_its_cashback(house: World, tame: Tame) -> None:
    tame.desk_rate = Decimal("0.999")
    with acting(house.maker):
        exchange()
        promote(budget=100_000 * CENTS)
        transfer = drive_until(convert(house), "CONFIRMED")
    amounts = receipt()["amounts"]
    told = Transfer.objects.select_related("cashback").get(pk=transfer.pk).cashback
    assert amounts["cashback"] == {"promotion": "SPRING", "amount": outside.pesos(int(told.amount)), "currency": "USD"}
    line = {"name": "Cashback (SPRING)", "value": f"{amounts['cashback']['amount']} USD"}
    assert line in list(pdf._amounts(amounts))
