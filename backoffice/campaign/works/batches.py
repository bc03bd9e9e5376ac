"""Off-ramps to euro, which the demo company's bank takes gathered into one message."""

from backoffice.campaign.works import Work, client, register
from backoffice.campaign.works.withdrawals import amount_of
from transfers.states import Status

_CLIENT = "globex"


def gathered(tag: str, number: int) -> None:
    name = f"{tag}/{number}"
    order = {"source_currency": "USDC", "target_currency": "EUR", "amount": amount_of(number), "reference": name}
    destination = client.demo()["destinations"][_CLIENT]["bank_account"]
    client.post("/v1/transfers", order | {"destination": destination}, key=name, as_client=_CLIENT)


register(Work(name="gathered", begin=gathered, ends=frozenset({Status.RECONCILED.value})))
