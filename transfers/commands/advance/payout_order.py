"""What the bank is asked to pay for one leg: drawn up once, kept as JSON with the intent, read back for every try."""

from datetime import date
from typing import Any

from ledger.queries import unit
from transfers.models import BankAccount, Leg
from transfers.rails.bank import CreditTransfer

_CREDITOR_FIELDS = ("name", "iban", "clabe", "bic", "country")


def key_of(leg: Leg) -> str:
    """Of the call that pays it, be it by itself or in a batch."""
    return f"{leg.reference}/pay"


def provider_of(leg: Leg) -> str:
    """Code of the bank that it is paid through: that of the account which was chosen when the leg was drawn up, for good."""
    return str(BankAccount.objects.values_list("provider", flat=True).get(code=leg.counterparty["bank_account"]))


def draw_up(leg: Leg, account: BankAccount, *, value_date: date, message_id: str = "") -> dict[str, Any]:
    """Reads the leg's transfer and names. Without a `message_id` it goes by the one that was made with the leg."""
    currency = unit(leg.asset_id)
    names = {name.kind: name.value for name in leg.external_references.all()}
    return {
        "message_id": message_id or names["message_id"],
        "end_to_end_id": names["end_to_end_id"],
        "uetr": names["uetr"],
        "debtor_iban": account.iban,
        "debtor_bic": account.bic,
        "debtor_name": account.holder,
        "creditor": {name: leg.counterparty[name] for name in _CREDITOR_FIELDS if leg.counterparty.get(name)},
        "amount_minor": int(leg.amount),
        "currency": currency.code,
        "exponent": currency.exponent,
        "execution_date": value_date.isoformat(),
        "remittance": leg.transfer.client_reference or leg.transfer.reference,
    }


def read_back(request: dict[str, Any]) -> CreditTransfer:
    return CreditTransfer(**{**request, "execution_date": date.fromisoformat(request["execution_date"])})
