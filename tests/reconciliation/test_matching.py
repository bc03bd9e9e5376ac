"""The pure rules: an item matches the leg it names, or differs from it in a way that is said."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciliation.matching import Expected, Role, Seen, Verdict, compare, not_booked

HOT, SETTLEMENT, NOSTRO = "wallet:hot-1:USDC.ethereum", "wallet:settlement-1:USDC.ethereum", "nostro:nordbank-mxn:MXN"
PAYEE, HOT_ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
HASH, OTHER_HASH = "0x" + "a1" * 32, "0x" + "b2" * 32

ON_CHAIN = Expected(
    kind="token_transfer",
    account=HOT,
    currency="USDC.ethereum",
    amount=100_000_000,
    counterparty=PAYEE,
    receiving_account=SETTLEMENT,
    payer=HOT_ADDRESS,
    names={"tx_hash": frozenset({HASH, OTHER_HASH})},
    gas_currency="ETH.ethereum",
    gas_cost=21_000,
)
AT_BANK = Expected(
    kind="bank_line",
    account=NOSTRO,
    currency="MXN",
    amount=185_000,
    counterparty="002010077777777771",
    names={"end_to_end_id": frozenset({"01E2E"}), "uetr": frozenset({"8a5f"})},
)
PAYMENT = Seen("token_transfer", "debit", HOT, "USDC.ethereum", 100_000_000, PAYEE, {"tx_hash": HASH}, HOT_ADDRESS)
RECEIPT = Seen("token_transfer", "credit", SETTLEMENT, "USDC.ethereum", 100_000_000, HOT_ADDRESS, {"tx_hash": HASH}, PAYEE)
GAS = Seen("gas", "debit", HOT, "ETH.ethereum", 21_000, "", {"tx_hash": HASH}, HOT_ADDRESS)
LINE = Seen("bank_line", "debit", NOSTRO, "MXN", 185_000, "002010077777777771", {"end_to_end_id": "01E2E", "uetr": "8a5f"})
RIGHT = [(PAYMENT, ON_CHAIN), (RECEIPT, ON_CHAIN), (GAS, ON_CHAIN), (LINE, AT_BANK)]
NOTHING: frozenset[Role] = frozenset()


@pytest.mark.parametrize(("item", "expected"), RIGHT)
def test_what_was_ordered_matches(item: Seen, expected: Expected) -> None:
    compared = compare(item, expected, NOTHING)
    assert (compared.verdict, compared.difference) == (Verdict.MATCHED, "")
    assert compared.expected == item.amount


@pytest.mark.parametrize(
    ("item", "role"), [(PAYMENT, Role.PAYMENT), (RECEIPT, Role.RECEIPT), (GAS, Role.GAS), (LINE, Role.PAYMENT)]
)
def test_each_item_proves_one_thing(item: Seen, role: Role) -> None:
    expected = AT_BANK if item is LINE else ON_CHAIN
    assert compare(item, expected, NOTHING).role is role
    repeated = compare(item, expected, frozenset({role}))
    assert repeated.verdict is Verdict.DUPLICATE
    assert compare(item, expected, frozenset(Role) - {role}).verdict is Verdict.MATCHED


@pytest.mark.parametrize(
    ("item", "expected", "verdict", "words"),
    [
        (replace(PAYMENT, amount=99_999_999), ON_CHAIN, Verdict.AMOUNT, "the amount differs"),
        (replace(LINE, amount=185_001), AT_BANK, Verdict.AMOUNT, "the amount differs"),
        (replace(GAS, amount=21_001), ON_CHAIN, Verdict.FEE, "the gas booked is not the gas paid"),
        (GAS, replace(ON_CHAIN, gas_cost=None), Verdict.FEE, "the gas booked is not the gas paid"),
        (replace(PAYMENT, currency="FAKE.ethereum"), ON_CHAIN, Verdict.OTHER, "the asset is FAKE.ethereum, not USDC.ethereum"),
        (replace(PAYMENT, counterparty=HOT_ADDRESS), ON_CHAIN, Verdict.OTHER, "it went to another destination"),
        (replace(PAYMENT, counterparty=""), ON_CHAIN, Verdict.OTHER, "it went to another destination"),
        (replace(RECEIPT, counterparty=PAYEE), ON_CHAIN, Verdict.OTHER, "it came from another sender"),
        (replace(PAYMENT, account=SETTLEMENT), ON_CHAIN, Verdict.OTHER, "it was booked on another account"),
        (RECEIPT, replace(ON_CHAIN, receiving_account=""), Verdict.OTHER, "it was booked on another account"),
        (
            replace(LINE, names={"end_to_end_id": "01E2E", "uetr": "ffff"}),
            AT_BANK,
            Verdict.OTHER,
            "its references name more than one",
        ),
        (replace(LINE, kind="token_transfer"), AT_BANK, Verdict.OTHER, "it is another kind of movement"),
        (replace(GAS, currency="MXN", account=NOSTRO), AT_BANK, Verdict.OTHER, "it is another kind of movement"),
        (replace(LINE, direction="credit"), AT_BANK, Verdict.RETURNED, "the bank booked money back"),
    ],
)
def test_a_difference_is_said(item: Seen, expected: Expected, verdict: Verdict, words: str) -> None:
    compared = compare(item, expected, NOTHING)
    assert compared.verdict is verdict
    assert words in compared.difference


@pytest.mark.parametrize(
    "item",
    [
        replace(PAYMENT, counterparty=PAYEE.lower()),
        replace(PAYMENT, names={"tx_hash": OTHER_HASH}),
        replace(LINE, counterparty=""),
        replace(LINE, counterparty="0020 1007 7777 7777 71"),
        replace(LINE, names={"uetr": "8a5f"}),
    ],
)
def test_writing_it_otherwise_is_no_difference(item: Seen) -> None:
    assert compare(item, AT_BANK if item.kind == "bank_line" else ON_CHAIN, NOTHING).verdict is Verdict.MATCHED


def test_of_a_sweep_the_hot_wallet_pays_the_gas_and_the_deposit_address_the_tokens() -> None:
    """Many deposit addresses share the account `ROOM`: only the address tells which of them was emptied."""
    room, payer = "wallet:deposits:USDC.ethereum", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
    expected = replace(
        ON_CHAIN, account=room, payer=payer, receiving_account=HOT, counterparty=HOT_ADDRESS, gas_account=HOT, sender=HOT_ADDRESS
    )
    left = replace(PAYMENT, account=room, counterparty=HOT_ADDRESS, holder=payer)
    came = replace(RECEIPT, account=HOT, counterparty=payer, holder=HOT_ADDRESS)
    assert [compare(item, expected, NOTHING).verdict for item in (left, came, GAS)] == [Verdict.MATCHED] * 3
    assert compare(replace(left, holder=PAYEE), expected, NOTHING).verdict is Verdict.OTHER
    assert compare(replace(GAS, account=room, holder=payer), expected, NOTHING).verdict is Verdict.OTHER


def test_what_matches_and_was_never_made_by_our_books_is_a_difference() -> None:
    compared = not_booked(compare(PAYMENT, ON_CHAIN, NOTHING))
    assert (compared.verdict, compared.expected) == (Verdict.NOT_BOOKED, None)


_TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc", "Zs"]), min_size=1, max_size=12)
_OTHERWISE: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.sampled_from(["bank_line", "token_transfer", "gas"]),
    "direction": st.sampled_from(["debit", "credit"]),
    "account": st.sampled_from([HOT, SETTLEMENT, NOSTRO]) | _TEXT,
    "currency": st.sampled_from(["USDC.ethereum", "ETH.ethereum", "MXN"]) | _TEXT,
    "amount": st.integers(min_value=0, max_value=2**256 - 1),
    "counterparty": st.sampled_from([PAYEE, HOT_ADDRESS]) | _TEXT,
    "holder": st.sampled_from([PAYEE, HOT_ADDRESS]) | _TEXT,
    "names": st.dictionaries(st.sampled_from(["tx_hash", "end_to_end_id", "uetr"]), _TEXT, min_size=3),
}


def _says_the_same(item: Seen, field: str, value: Any) -> bool:
    if field in ("counterparty", "holder"):
        return str(value).casefold() == str(getattr(item, field)).casefold()
    return bool(getattr(item, field) == value)


@given(right=st.sampled_from(RIGHT), field=st.sampled_from([field.name for field in fields(Seen)]), data=st.data())
def test_an_item_that_differs_in_any_one_field_never_matches(right: tuple[Seen, Expected], field: str, data: st.DataObject) -> None:
    item, expected = right
    assume((field, item.kind) not in (("counterparty", "gas"), ("holder", "bank_line")))
    other = data.draw(_OTHERWISE[field].filter(lambda value: not _says_the_same(item, field, value)))
    assert compare(replace(item, **{field: other}), expected, NOTHING).verdict is not Verdict.MATCHED


@given(amount=st.integers(min_value=0), due=st.integers(min_value=0))
def test_only_the_same_amount_matches(amount: int, due: int) -> None:
    compared = compare(replace(PAYMENT, amount=amount), replace(ON_CHAIN, amount=due), NOTHING)
    assert (compared.verdict is Verdict.MATCHED) == (amount == due)
