"""What a card deposit's receipts say when the cardholder takes the money back, and loses it again."""

from pathlib import Path
from typing import Any

from audit import clock
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.matching import match_open_items
from tests.reconciliation import outside
from tests.transfers.cards import Provider, card_provider, ordered
from tests.transfers.outbox.story import dispatch_all
from tests.transfers.world import World, acting, drive_until
from transfers import driver
from transfers.models import BankAccount, CardBatch, Receipt, Transfer
from transfers.receipts import pdf
from transfers.receipts.make import make_due
from transfers.receipts.queries import content, document


def paid(psp: Provider) -> Transfer:
    """Charged, and the provider's batch is at our bank."""
    transfer = drive_until(ordered("100.00"), "CONFIRMED")
    psp.settle()
    fetch_batches()
    batch = CardBatch.objects.get()
    text = f"<RmtInf><Ustrd>Settlement {batch.reference}</Ustrd></RmtInf>"
    outside.bank_line(outside.pesos(batch.net), direction="CRDT", refs="<AcctSvcrRef>B-9</AcctSvcrRef>", parties=text)
    match_open_items()
    look(transfer)
    return transfer


def look(transfer: Transfer) -> None:
    Transfer.objects.filter(pk=transfer.pk).update(due_at=clock.now())
    driver.run_due()


def receipts() -> list[dict[str, Any]]:
    dispatch_all()
    make_due()
    return [content(receipt) for receipt in Receipt.objects.order_by("number")]


def test_a_chargeback_and_its_end_each_make_a_new_one(house: World, tmp_path: Path) -> None:
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    with acting(house.maker), card_provider(tmp_path) as psp:
        transfer = paid(psp)
        (first,) = receipts()
        kept = document(Receipt.objects.get())
        assert (first["says"], "disputed" in first["amounts"]) == ("settled", False)

        psp.chargeback(transfer)
        look(transfer)
        _, second = receipts()
        assert (second["says"], second["supersedes"]["receipt_id"]) == ("undone", first["receipt_id"])
        assert second["amounts"]["disputed"] == {"amount": "100.00", "currency": "MXN"}
        assert "taken this payment back" in second["status_text"]
        assert {"name": "Taken back by the cardholder", "value": "100.00 MXN"} in list(pdf._amounts(second["amounts"]))

        psp.lose(transfer)
        look(transfer)
        *_, third = receipts()
        assert (third["says"], third["number"], "disputed" in third["amounts"]) == ("settled", 3, False)
        assert document(Receipt.objects.get(number=1)) == kept
