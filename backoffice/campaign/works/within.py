"""What stays in our own books: a payment to another client, and a conversion."""

from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.withdrawals import amount_of
from backoffice.sandbox.demo.company import NEIGHBOURS
from transfers.states import Status


def internal(tag: str, number: int) -> None:
    receiver = {"type": "client_account", "client": NEIGHBOURS[client.CLIENT]}
    _order(f"{tag}/{number}", amount_of(number), "USDC", receiver)


def conversion(tag: str, number: int) -> None:
    """Large enough for a desk, small enough to go by itself."""
    _order(f"{tag}/{number}", f"6{amount_of(number)}", "USD", {"type": "own_balance"})


def _order(name: str, amount: str, target: str, destination: dict[str, str]) -> None:
    order = {"source_currency": "USDC", "target_currency": target, "amount": amount, "reference": name}
    client.post("/v1/transfers", order | {"destination": destination}, key=name)


_DONE = frozenset({Status.RECONCILED.value})
register(Work(name="internal_transfer", begin=internal, ends=_DONE))
register(Work(name="conversion", begin=conversion, ends=_DONE))
