"""Files of orders, approved at once: one line that is booked with its part, and one that becomes a transfer in flight."""

from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.votes import vote
from backoffice.campaign.works.withdrawals import amount_of
from backoffice.sandbox.demo.company import NEIGHBOURS
from transfers.models import BulkOrder
from transfers.states import Status


def booked(tag: str, number: int) -> None:
    _order(f"{tag}/{number}", number, {"type": "client_account", "client": NEIGHBOURS[client.CLIENT]})


def in_flight(tag: str, number: int) -> None:
    _order(f"{tag}/{number}", number, client.demo()["destinations"][client.CLIENT]["crypto_address"])


def _order(name: str, number: int, destination: dict[str, str]) -> None:
    line = {"source_currency": "USDC", "amount": amount_of(number), "destination": destination, "reference": name}
    client.post("/v1/bulk_transfers", {"lines": [line], "reference": name}, key=name)
    order = BulkOrder.objects.select_related("approval_request").filter(client_reference=name).first()
    vote(order.approval_request if order else None)


_PAID = frozenset({Status.RECONCILED.value})
register(Work(name="file_booked", begin=booked, ends=_PAID))
register(Work(name="file_in_flight", begin=in_flight, ends=_PAID))
