"""Where money may go, in one normal form: an EVM address with its checksum, a bank account with its check digits proved, another
client's balance here, or the client's own in another asset.

`normalise` is pure. The fingerprint is what makes two spellings one destination; unknown fields are refused, since a field that we
ignore may be the one that the client relied on.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pycountry
from eth_utils.address import is_checksum_address, to_checksum_address
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from approvals.errors import DestinationInvalid

CRYPTO_ADDRESS = "crypto_address"
BANK_ACCOUNT = "bank_account"
CLIENT_ACCOUNT = "client_account"
# The client's own balance in the target asset. It is on nobody's list: nothing leaves the client.
OWN_BALANCE = "own_balance"
# Networks whose addresses are EIP-55; whether we have a rail for one is the corridor's matter.
EVM_NETWORKS = ("ethereum", "base", "polygon", "arbitrum", "optimism")
MAX_NAME_LENGTH = 140
_ADDRESS_LENGTH = 42
_CRYPTO_FIELDS = {"type", "network", "address"}
_CLIENT = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
_BANK_FIELDS = {"type", "iban", "clabe", "bic", "name", "country"}
_CLABE_WEIGHTS = (3, 7, 1)
_CLABE_LENGTH = 18


@dataclass(frozen=True, slots=True)
class NormalDestination:
    """`kind` as in Destination.Kind; `details` is what is stored, shown and signed."""

    kind: str
    fingerprint: str
    details: dict[str, str]


def normalise(raw: Mapping[str, Any] | str, *, network: str | None = None) -> NormalDestination:
    """One destination from the API's shapes. A bare string is an address on `network`. Raises DestinationInvalid with a field for
    each error."""
    if isinstance(raw, str):
        raw = {"type": CRYPTO_ADDRESS, "address": raw, "network": network or ""}
    if not isinstance(raw, Mapping):
        raise DestinationInvalid({"type": "Give an object with a type, or an address."})
    kind = raw.get("type")
    if kind == CRYPTO_ADDRESS:
        return _crypto_address(_fields(raw, _CRYPTO_FIELDS), network)
    if kind == BANK_ACCOUNT:
        return _bank_account(_fields(raw, _BANK_FIELDS))
    if kind == CLIENT_ACCOUNT:
        return _client_account(_fields(raw, {"type", "client"}))
    if kind == OWN_BALANCE:
        return NormalDestination(OWN_BALANCE, OWN_BALANCE, _fields(raw, {"type"}))
    raise DestinationInvalid({"type": f"Use {CRYPTO_ADDRESS}, {BANK_ACCOUNT}, {CLIENT_ACCOUNT} or {OWN_BALANCE}."})


def _fields(raw: Mapping[str, Any], known: set[str]) -> dict[str, str]:
    errors = {str(name): "This field is not known." for name in raw if name not in known}
    errors |= {name: "Give text." for name, value in raw.items() if name in known and not isinstance(value, str)}
    if errors:
        raise DestinationInvalid(errors)
    return {name: value.strip() for name, value in raw.items()}


def _crypto_address(fields: dict[str, str], expected_network: str | None) -> NormalDestination:
    errors: dict[str, str] = {}
    network = fields.get("network", "") or expected_network or ""
    if network not in EVM_NETWORKS:
        errors["network"] = f"Use one of {', '.join(EVM_NETWORKS)}." if network else "Say which network."
    elif expected_network and network != expected_network:
        errors["network"] = f"This goes over {expected_network}, not {network}."
    address, problem = _address(fields.get("address", ""))
    if problem:
        errors["address"] = problem
    if errors:
        raise DestinationInvalid(errors)
    details = {"type": CRYPTO_ADDRESS, "network": network, "address": address}
    return NormalDestination(CRYPTO_ADDRESS, f"{CRYPTO_ADDRESS}:{network}:{address.lower()}", details)


def _client_account(fields: dict[str, str]) -> NormalDestination:
    client = fields.get("client", "").lower()
    if not _CLIENT.fullmatch(client):
        raise DestinationInvalid({"client": "Give the receiver's short name, such as globex."})
    return NormalDestination(CLIENT_ACCOUNT, f"{CLIENT_ACCOUNT}:{client}", {"type": CLIENT_ACCOUNT, "client": client})


@lru_cache(maxsize=4096)
def _address(text: str) -> tuple[str, str]:
    """The checksummed address and "", or "" and the problem. Mixed case claims a checksum, so it must be the right one."""
    digits = text[2:]
    if len(text) != _ADDRESS_LENGTH or text[:2] != "0x" or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
        return "", "Give 0x and 40 hexadecimal digits."
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(text):
        return "", "The capital letters do not fit the address (EIP-55 checksum): a character may be wrong."
    if int(digits, 16) == 0:
        return "", "Money sent to the zero address is lost."
    return str(to_checksum_address("0x" + digits.lower())), ""


def _bank_account(fields: dict[str, str]) -> NormalDestination:
    errors: dict[str, str] = {}
    details = {"type": BANK_ACCOUNT} | _account_number(fields, errors)
    details["name"] = _name(fields.get("name", ""), errors)
    details["country"] = _country(fields.get("country", ""), details, errors)
    if fields.get("bic"):
        details["bic"] = _bic(fields["bic"], errors)
    if errors:
        raise DestinationInvalid(errors)
    scheme = "iban" if "iban" in details else "clabe"
    return NormalDestination(BANK_ACCOUNT, f"{BANK_ACCOUNT}:{scheme}:{details[scheme]}", details)


def _account_number(fields: dict[str, str], errors: dict[str, str]) -> dict[str, str]:
    given = [scheme for scheme in ("iban", "clabe") if fields.get(scheme)]
    if len(given) != 1:
        errors["iban"] = "Give either an iban or a clabe."
        return {}
    scheme = given[0]
    number, problem = _iban(fields["iban"]) if scheme == "iban" else _clabe(fields["clabe"])
    if problem:
        errors[scheme] = problem
    return {scheme: number}


def _iban(text: str) -> tuple[str, str]:
    try:
        return str(IBAN(text).compact), ""
    except SchwiftyException as error:
        return "", f"This is no valid IBAN: {str(error)[:1].lower()}{str(error)[1:]}."


def _clabe(text: str) -> tuple[str, str]:
    """CLABE: 17 digits and a check digit; each digit times 3, 7, 1 in turn, modulo 10, sums to a multiple of ten with it."""
    digits = text.replace(" ", "")
    if len(digits) != _CLABE_LENGTH or not (digits.isascii() and digits.isdigit()):
        return "", "A CLABE has 18 digits."
    total = sum(int(digit) * _CLABE_WEIGHTS[index % 3] % 10 for index, digit in enumerate(digits[:-1]))
    if (10 - total % 10) % 10 != int(digits[-1]):
        return "", "The last digit does not fit the others: a digit may be wrong."
    return digits, ""


def _name(text: str, errors: dict[str, str]) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        errors["name"] = "Say whose account it is."
    elif len(name) > MAX_NAME_LENGTH:
        errors["name"] = f"A name has at most {MAX_NAME_LENGTH} characters."
    elif any(unicodedata.category(character).startswith("C") for character in name):
        errors["name"] = "The name holds an invisible character."
    return name


def _country(text: str, details: dict[str, str], errors: dict[str, str]) -> str:
    """The account's country: an IBAN and a CLABE say it themselves, so what is given may only agree."""
    own = details["iban"][:2] if details.get("iban") else "MX" if details.get("clabe") else ""
    country = text.upper() or own
    if own and country != own:
        errors["country"] = f"The account is in {own}, not in {country}."
    elif not own and pycountry.countries.get(alpha_2=country) is None:
        errors["country"] = "Give the two-letter country code."
    return country


def _bic(text: str, errors: dict[str, str]) -> str:
    try:
        return str(BIC(text).compact)
    except SchwiftyException:
        errors["bic"] = "This is no valid BIC."
        return ""
