"""approvals.destinations: two spellings of one destination meet, and a wrong character is found before money leaves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.destinations import normalise
from approvals.errors import DestinationInvalid

# Checksummed examples of EIP-55 itself.
EIP55 = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
IBAN = "DE89370400440532013000"
CLABE = "032180000118359719"


def _bank(**changes: Any) -> dict[str, Any]:
    return {"type": "bank_account", "clabe": CLABE, "name": "Ana Torres", "country": "MX"} | changes


def _errors(raw: Any, **options: Any) -> dict[str, str]:
    with pytest.raises(DestinationInvalid) as refusal:
        normalise(raw, **options)
    assert refusal.value.code == "invalid_destination"
    return refusal.value.errors


@pytest.mark.parametrize("address", EIP55)
def test_every_spelling_of_an_address_is_one_destination(address: str) -> None:
    spellings = [address, address.lower(), "0x" + address[2:].upper(), f"  {address} "]
    found = {normalise(spelling, network="ethereum").fingerprint for spelling in spellings}
    assert found == {f"crypto_address:ethereum:{address.lower()}"}
    assert normalise(address.lower(), network="ethereum").details == {
        "type": "crypto_address",
        "network": "ethereum",
        "address": address,
    }


@pytest.mark.parametrize("address", EIP55)
def test_a_wrong_capital_is_a_wrong_address(address: str) -> None:
    position = next(index for index, letter in enumerate(address) if index > 1 and letter.isalpha())
    broken = address[:position] + address[position].swapcase() + address[position + 1 :]
    assert set(_errors(broken, network="ethereum")) == {"address"}


@pytest.mark.parametrize(
    "address", ["", "0x", "0x12", EIP55[0][:-1], EIP55[0] + "0", "0X" + EIP55[0][2:], "0x" + "g" * 40, "0x" + "٣" * 40]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert set(_errors(address, network="ethereum")) == {"address"}


def test_the_zero_address_is_refused() -> None:
    assert "lost" in _errors("0x" + "0" * 40, network="ethereum")["address"]


def test_an_address_needs_its_network() -> None:
    assert set(_errors(EIP55[0])) == {"network"}
    assert set(_errors({"type": "crypto_address", "network": "tron", "address": EIP55[0]})) == {"network"}


def test_the_network_of_the_route_must_be_that_of_the_destination() -> None:
    assert set(_errors({"type": "crypto_address", "network": "base", "address": EIP55[0]}, network="ethereum")) == {"network"}


def test_the_same_address_on_two_networks_is_two_destinations() -> None:
    assert normalise(EIP55[0], network="base").fingerprint != normalise(EIP55[0], network="ethereum").fingerprint


def test_an_iban_says_its_country_itself() -> None:
    found = normalise({"type": "bank_account", "iban": "de89 3704 0044 0532 0130 00", "name": "  Ana   Torres "})
    assert found.fingerprint == f"bank_account:iban:{IBAN}"
    assert found.details == {"type": "bank_account", "iban": IBAN, "name": "Ana Torres", "country": "DE"}


@pytest.mark.parametrize("iban", ["DE89370400440532013001", "DE8937040044053201300", "XX00", "DE89-3704", "\u0391\u039212"])
def test_a_wrong_iban_is_refused(iban: str) -> None:
    assert set(_errors({"type": "bank_account", "iban": iban, "name": "Ana", "country": "DE"})) == {"iban"}


def test_a_clabe_is_mexican_and_its_check_digit_holds() -> None:
    found = normalise(_bank(clabe="032 180 0001 1835 9719"))
    assert (found.fingerprint, found.details["country"]) == (f"bank_account:clabe:{CLABE}", "MX")


@given(st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_of_a_clabe_is_found(position: int, change: int) -> None:
    digit = (int(CLABE[position]) + change) % 10
    assert set(_errors(_bank(clabe=CLABE[:position] + str(digit) + CLABE[position + 1 :]))) == {"clabe"}


@pytest.mark.parametrize("clabe", ["", "03218000011835971", "03218000011835971x", "٠٣٢١٨٠٠٠٠١١٨٣٥٩٧١٩"])
def test_what_is_no_clabe_is_refused(clabe: str) -> None:
    assert set(_errors(_bank(clabe=clabe))) <= {"clabe", "iban"}


def test_an_account_has_one_number() -> None:
    assert set(_errors(_bank(iban=IBAN))) == {"iban"}


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = _bank(clabe="1", name=" ", country="Mexico", bic="nope")
    assert set(_errors(wrong)) == {"clabe", "name", "country", "bic"}


def test_the_country_must_be_that_of_the_account() -> None:
    assert "MX" in _errors(_bank(country="US"))["country"]


@pytest.mark.parametrize("name", ["x" * 141, "Ana\u200bTorres", "Ana\u202eTorres", "Ana\x00"])
def test_a_name_is_short_and_visible(name: str) -> None:
    assert set(_errors(_bank(name=name))) == {"name"}


def test_a_bic_is_checked_and_kept() -> None:
    assert normalise(_bank(bic="bcmrmxmmxxx")).details["bic"] == "BCMRMXMMXXX"


def test_a_field_that_nobody_knows_is_refused() -> None:
    assert set(_errors(_bank(routing="021000021"))) == {"routing"}
    assert set(_errors({"type": "crypto_address", "network": "ethereum", "address": EIP55[0], "memo": "7"})) == {"memo"}


@pytest.mark.parametrize("raw", [{}, {"type": "cheque"}, {"type": None}, 7, None, ["0x"]])
def test_a_destination_has_a_type(raw: Any) -> None:
    assert set(_errors(raw)) == {"type"}


def test_fields_are_text() -> None:
    assert set(_errors(_bank(name=7, clabe=None))) == {"name", "clabe"}
