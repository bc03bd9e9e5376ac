"""What cardholders have taken back of a deposit by card."""

from ledger.money import Money
from ledger.queries import unit
from transfers.models import Transfer, TransferEvent
from transfers.outbox.vocabulary import CHARGEBACK_WON, CHARGED_BACK


def disputed(transfer: Transfer, *, until: int) -> int:
    """What they had by the transfer's event number `until`, less what they had lost again; minor units."""
    told = TransferEvent.objects.filter(transfer=transfer, seq__lte=until, type__in=(CHARGED_BACK, CHARGEBACK_WON))
    return sum(int(one.data["amount"]) if one.type == CHARGED_BACK else -int(one.data["amount"]) for one in told)


def written(transfer: Transfer, amount: int) -> dict[str, str]:
    """An amount that is disputed, in major units, as clients read it."""
    asset = unit(transfer.source_asset_id)
    return {"amount": Money(amount, asset).major(), "currency": asset.code}
