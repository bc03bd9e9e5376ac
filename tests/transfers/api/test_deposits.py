"""Where a client's money may come in, and the deposits among its transfers."""

import pytest

from tests.transfers.api.conftest import Caller, problem
from tests.transfers.incoming import address_of, fake_chain
from tests.transfers.world import UNIT, World, drive_until
from transfers.commands.deposits.addresses import open_bank_reference
from transfers.commands.deposits.watching import watch
from transfers.models import BankAccount, Transfer


def test_it_tells_addresses_and_references(world: World, acme: Caller) -> None:
    with fake_chain():
        address = address_of()
    reference = open_bank_reference(client_id="acme", account=BankAccount.objects.get())
    at_bank, on_chain = acme.get("/v1/deposit_addresses").json()["data"]
    assert (on_chain["address"], on_chain["network"]) == (address.value, "ethereum")
    assert on_chain["assets"] == [{"asset": "USDC.ethereum", "minimum": "1"}]
    assert (at_bank["reference"], at_bank["iban"]) == (reference.value, BankAccount.objects.get().iban)


def test_a_deposit_is_among_the_transfers_and_in_the_balance(world: World, acme: Caller) -> None:
    with fake_chain() as chain:
        tx_hash = chain.pay(address_of().value, 5 * UNIT)
        chain.mine(3)
        watch()
        transfer = drive_until(Transfer.objects.get(), "CONFIRMED")
    listed = acme.get("/v1/transfers").json()["data"]
    assert [one["transaction_id"] for one in listed] == [str(transfer.pk)]
    told = acme.get(f"/v1/transfers/{transfer.pk}").json()
    assert (told["direction"], told["route"], told["status"]) == ("in", "chain_deposit", "CONFIRMED")
    assert (told["source_amount"], told["target_amount"]) == ("5.000000", "5.000000")
    assert (told["destination"], told["corridor"], told["on_chain_tx_hash"]) == (None, None, tx_hash)
    events = acme.get(f"/v1/transfers/{transfer.pk}/events").json()["data"]
    assert [event["to_status"] for event in events] == ["CREATED", "CONFIRMED"]
    cancelled = acme.cancel(str(transfer.pk))
    assert cancelled.status_code == 409


@pytest.mark.parametrize("number", ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005"])
def test_the_number_of_a_card_does_not_come_in(world: World, acme: Caller, number: str) -> None:
    order = {"currency": "MXN", "amount": "80.00", "card": number}
    refused = acme.send("POST", "/v1/card_deposits", order, Idempotency_Key="k1")
    assert problem(refused)["errors"]["card"] == [
        "This looks like a card's number. Send the card provider's token of the card instead."
    ]
    assert number not in refused.content.decode()
    assert not Transfer.objects.exists()
    tokened = acme.send("POST", "/v1/card_deposits", order | {"card": "tok_4111111111111111"}, Idempotency_Key="k2")
    assert tokened.status_code == 201
