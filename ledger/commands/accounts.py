"""Assets and accounts."""

from iso4217 import Currency

from ledger.chart import ROOMS, AccountKind
from ledger.gateway import call
from ledger.models import Account, Asset
from ledger.money import AssetUnit


class NotACurrency(ValueError):
    """A code that ISO 4217 does not know, or knows without minor units (gold, testing codes)."""


def register_asset(*, code: str, network: str = "", contract: str = "", name: str = "", exponent: int | None = None) -> AssetUnit:
    """Add an asset to the controlled list and return its unit; the same again is a no-op, other content raises ReferenceReused.

    Without `network` it is a currency and everything comes from ISO 4217 (raises NotACurrency). With one it is a token when it has
    a `contract` (checksummed address), else the network's native coin; then `exponent` is required, and the id is `code.network`.
    """
    request = _token(code, network, contract, name, exponent) if network else _currency(code)
    call("ledger_register_asset", request)
    return AssetUnit(str(request["id"]), code, int(request["exponent"]))


def _currency(code: str) -> dict[str, str | int]:
    try:
        currency = Currency(code)
    except ValueError as error:
        raise NotACurrency(f"ISO 4217 does not know {code!r}") from error
    if currency.exponent is None:
        raise NotACurrency(f"{code} has no minor units")
    kind = Asset.Kind.FIAT.value
    return {
        "id": code,
        "code": code,
        "name": currency.currency_name,
        "kind": kind,
        "exponent": currency.exponent,
        "network": "",
        "contract": "",
    }


def _token(code: str, network: str, contract: str, name: str, exponent: int | None) -> dict[str, str | int]:
    if exponent is None:
        raise ValueError("an asset of a network needs its exponent")
    kind = Asset.Kind.TOKEN if contract else Asset.Kind.NATIVE
    return {
        "id": f"{code}.{network}",
        "code": code,
        "name": name or code,
        "kind": kind.value,
        "exponent": exponent,
        "network": network,
        "contract": contract,
    }


def open_account(
    *, code: str, name: str, kind: AccountKind, asset_id: str, owner: str = "", guarded: bool | None = None
) -> Account:
    """Open an account in its room of the chart; the same again is a no-op, other content raises ReferenceReused.

    `guarded` defaults to what the room says (client money is, the rest only collects). `owner` is opaque, such as `client:acme`.
    """
    room = ROOMS[AccountKind(kind)]
    account_id = call(
        "ledger_open_account",
        {
            "code": code,
            "name": name,
            "kind": AccountKind(kind).value,
            "type": room.type.value,
            "asset_id": asset_id,
            "owner": owner,
            "guarded": room.guarded if guarded is None else guarded,
        },
    )
    account: Account = Account.objects.get(pk=account_id)
    return account


def close_account(*, code: str, reason: str) -> None:
    """Close an empty account for good. Raises UnknownAccount, AccountNotEmpty; closing it again is a no-op."""
    call("ledger_close_account", {"code": code, "reason": reason})


def set_account_guarded(*, code: str, guarded: bool, reason: str) -> bool:
    """Switch an account between guarded (locked by each posting, kept above its floor) and only collecting (never waited for).

    Postings in flight end first. False when it was so already. Raises UnknownAccount; to collecting, AccountNotEmpty while money is
    on hold and SwitchTooSoon while a transaction older than the last switch is open.
    """
    if not reason:
        raise ValueError("switching the mode of an account needs a reason")
    return bool(call("ledger_set_guarded", {"code": code, "guarded": guarded, "reason": reason}))
