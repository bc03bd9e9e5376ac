"""Every name a transfer goes by, ours and the outside's, as label and value."""

from dataclasses import dataclass

from backoffice.console.transfers.story import Story

_KINDS = {
    "tx_hash": "Transaction",
    "replaced_tx_hash": "Replaced",
    "cancelling_tx_hash": "Cancelling",
    "end_to_end_id": "EndToEndId",
    "message_id": "Message id",
    "batch_message_id": "In message",
    "uetr": "UETR",
    "bank_reference": "Bank's",
    "card_payment": "Card payment",
    "provider_trade_id": "Desk's trade",
}
# What stands on one line of the panel.
_FITS = 30
_RAILS = {"evm": "Chain leg", "bank": "Bank leg", "psp": "Card leg"}


@dataclass(frozen=True, slots=True)
class Name:
    label: str
    value: str

    @property
    def is_long(self) -> bool:
        return len(self.value) > _FITS


def names(story: Story) -> list[Name]:
    """Ours first, then the client's, then the outside's in the order we heard of them."""
    transfer = story.transfer
    found = [Name("Ours", transfer.reference), Name("Id", str(transfer.pk))]
    if transfer.client_reference:
        found.append(Name("Client's", transfer.client_reference))
    found += [Name("Request key", key) for key in story.keys]
    found += [Name(_RAILS.get(leg.rail, f"{leg.rail} leg"), leg.reference) for leg in story.legs]
    found += [Name(_KINDS.get(one.kind, one.kind.replace("_", " ").capitalize()), one.value) for one in story.references]
    found += [Name("Hold", hold.reference) for hold in story.holds]
    return found
