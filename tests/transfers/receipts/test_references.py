"""What a receipt calls the hashes of a payment that was sent more than once."""

from audit import clock
from tests.transfers.outbox.story import dispatch_all
from tests.transfers.tame import Tame
from tests.transfers.world import World, drive_until
from transfers.api.responses import write_transfer
from transfers.models import ChainTransaction, ExternalReference, Receipt, Transfer
from transfers.receipts import pdf
from transfers.receipts.make import make_due
from transfers.receipts.queries import content


def outbid_in_vain(transfer: Transfer) -> ChainTransaction:
    """A later attempt under the same nonce, which the first one made worthless."""
    sent = ChainTransaction.objects.get(leg__transfer=transfer)
    sent.hash, sent.attempt, sent.block_number, sent.block_hash = "0x" + "fe" * 32, 2, None, ""
    sent.status = ChainTransaction.Status.REPLACED
    sent.save(force_insert=True)
    ExternalReference.objects.create(transfer=transfer, leg=sent.leg, kind="tx_hash", value=sent.hash, recorded_at=clock.now())
    return sent


def test_only_what_is_in_a_block_is_called_the_transaction(house: World, tame: Tame) -> None:
    transfer = drive_until(house.order(), "CONFIRMED")
    paid, vain = ChainTransaction.objects.get(leg__transfer=transfer), outbid_in_vain(transfer)
    assert write_transfer(transfer)["on_chain_tx_hash"] == paid.hash
    dispatch_all()
    make_due()
    said = content(Receipt.objects.get())["settlement"]
    assert said["legs"][0]["chain"]["transaction_hash"] == paid.hash
    assert said["references"] == [
        {"kind": "replaced_tx_hash", "value": vain.hash},
        {"kind": "tx_hash", "value": paid.hash},
    ]
    shown = {fact["value"]: fact["name"] for fact in pdf._references(said)}
    assert (shown[paid.hash], shown[vain.hash]) == ("Transaction", "Replaced transaction")
