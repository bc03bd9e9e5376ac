"""Money that comes in: tokens to a client's address, and a payment to our bank account that names the client."""

from pathlib import Path
from uuid import UUID

import httpx
from django.conf import settings

from backoffice.campaign import weather
from backoffice.campaign.works import Work, client, register
from transfers.models import BankAccount, DepositAddress, ExternalReference, Transfer
from transfers.rails.trust import authorities
from transfers.states import Route, Status

_TOKEN = 10**6
_CURRENCY = "MXN"


def _address(kind: str) -> DepositAddress:
    """Of the client that orders everything here."""
    rows = DepositAddress.objects.filter(client_id=client.CLIENT, kind=kind)
    on_chain = kind == DepositAddress.Kind.CRYPTO_ADDRESS
    return rows.get() if on_chain else rows.get(bank_account__asset_id=_CURRENCY)


def _hashes(tag: str) -> Path:
    """Which transactions were made under this tag; nothing else on a chain tells."""
    return Path(settings.DATA_DIR) / f"{tag.replace('/', '-')}.deposits"


def on_chain(tag: str, number: int) -> None:
    fund(tag, number, (20 + number % 70) * _TOKEN)


def fund(tag: str, number: int, minor: int) -> None:
    """Tokens at the client's address. The sandbox pays once per reference, however often it is asked."""
    grant = {"address": _address(DepositAddress.Kind.CRYPTO_ADDRESS).value, "wei": "0", "token": str(minor)}
    hashes = weather.rpc("sandbox_fund", {"reference": f"{tag}/{number}", **grant})["transactions"]
    with _hashes(tag).open("a", encoding="ascii") as file:
        file.write("".join(f"{one}\n" for one in hashes))


def found_on_chain(tag: str) -> list[UUID]:
    path = _hashes(tag)
    made = set(path.read_text(encoding="ascii").split()) if path.exists() else set()
    names = ExternalReference.objects.filter(kind="tx_hash", value__in=made, transfer__route=Route.CHAIN_DEPOSIT)
    return list(names.order_by("transfer_id").values_list("transfer_id", flat=True))


def at_the_bank(tag: str, number: int) -> None:
    """A bank pays in once per order; asked again it is another payment, so what is booked already is looked for first."""
    name = f"{tag}/{number}"
    if Transfer.objects.filter(client_reference=name).exists():
        return
    pay_in(name, f"{100 + number}.00", text=f"{name} {own_reference()}")


def own_reference() -> str:
    """What a payer of the client here writes."""
    return _address(DepositAddress.Kind.BANK_REFERENCE).value


def pay_in(name: str, amount: str, *, text: str, payer: str = "A payer", account: str = "") -> None:
    """To our account in pesos, once per `name` of the piece of work; `account` is the payer's."""
    if marked(name):
        return
    ours = BankAccount.objects.get(asset_id=_CURRENCY)
    body = {"iban": ours.iban, "amount": amount, "name": payer, "remittance": text, "account": account}
    headers = {"Authorization": f"Bearer {settings.BANK_TOKEN}"}
    httpx.post(
        f"{settings.BANK_URL}/sandbox/incoming", json=body, headers=headers, timeout=30, verify=authorities()
    ).raise_for_status()


def by_card(tag: str, number: int) -> None:
    order = {"currency": "EUR", "amount": f"{20 + number % 70}.00", "card": "card_good", "reference": f"{tag}/{number}"}
    client.post("/v1/card_deposits", order, key=f"{tag}/{number}")


def marked(name: str) -> bool:
    """Whether this piece was begun before; from now on it was."""
    path = _hashes(name)
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return True
    return False


_PROVED = frozenset({Status.RECONCILED.value})
register(Work(name="chain_deposit", begin=on_chain, ends=_PROVED, found=found_on_chain))
register(Work(name="bank_deposit", begin=at_the_bank, ends=_PROVED))
register(Work(name="card_deposit", begin=by_card, ends=_PROVED))
