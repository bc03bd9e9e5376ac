"""Accounts of ours at banks: each is at one provider, which everything about it goes through."""

from django.db import transaction
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from audit.commands import record
from ledger.chart import AccountKind, nostro_account_code
from ledger.commands import open_account
from transfers.commands.providers import find
from transfers.errors import Refused
from transfers.models import BankAccount, BankCalendar, Provider
from transfers.vocabulary import NOSTRO_OPENED


@transaction.atomic
def open_nostro(
    *, code: str, provider: str, name: str, currency: str, iban: str, bic: str, holder: str, calendar: str = "", gather_s: int = 0
) -> BankAccount:
    """An account that payouts leave from, with its ledger account. Repeating it with the same content is a no-op.

    Raises NotFound (the provider), Refused: no bank, numbers that are none, no such calendar, another account by code or number.
    """
    if find(provider).kind != Provider.Kind.BANK:
        raise Refused("invalid_request", f"{provider} is no bank.")
    if calendar and not BankCalendar.objects.filter(code=calendar).exists():
        raise Refused("invalid_request", f"There is no calendar {calendar}.")
    wanted = {
        "provider": provider,
        "name": name,
        "asset_id": currency,
        "iban": _number(IBAN, iban),
        "bic": _number(BIC, bic),
        "holder": holder,
        "calendar_code": calendar,
        "gather_s": gather_s,
        "account_code": nostro_account_code(code, currency),
    }
    known = BankAccount.objects.filter(code=code).first() or BankAccount.objects.filter(iban=wanted["iban"]).first()
    if known is not None:
        if known.code != code or any(getattr(known, field) != value for field, value in wanted.items()):
            raise Refused("invalid_request", f"{known.code} is there already, which is another account.")
        return known
    open_account(code=str(wanted["account_code"]), name=name, kind=AccountKind.NOSTRO, asset_id=currency)
    account = BankAccount(code=code, **wanted)
    account.save(force_insert=True)
    told = {"provider": provider, "currency": currency, "iban": f"...{str(wanted['iban'])[-4:]}", "calendar": calendar}
    record(type=NOSTRO_OPENED, resource_type="bank_account", resource_id=code, metadata=told)
    return account


def _number(kind: type[IBAN] | type[BIC], text: str) -> str:
    try:
        return str(kind(text).compact)
    except SchwiftyException as error:
        raise Refused("invalid_request", f"{text!r} is no {kind.__name__}: {error}") from error
