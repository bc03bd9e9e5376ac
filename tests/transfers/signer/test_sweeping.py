"""A deposit wallet's tokens come home: to a wallet on the signer's list, in one transaction that this wallet pays for, once."""

import json
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from eth_abi.abi import decode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from tests.sandbox.chain import CHAIN_ID, Chain
from tests.transfers.signer.conftest import GWEI
from tests.transfers.signer.process import Signer
from transfers.rails.base import TerminalError
from transfers.rails.evm import EvmRail
from transfers.rails.signing import CancelIntent, SignerClient, SignIntent, SweepIntent
from transfers.signer.errors import ConfigurationError
from transfers.signer.networks import read_networks
from transfers.signer.recipients import read_recipients

_numbers = count(1)


@pytest.fixture
def sweep(chain: Chain, wallets: dict[str, str]) -> SweepIntent:
    """A sweep of its own in every test."""
    return SweepIntent(
        key=f"sweep-{next(_numbers)}",
        attempt=1,
        wallet_address=wallets["hot-1"],
        chain_id=CHAIN_ID,
        token_contract=chain.token,
        payer=wallets["deposit-old"],
        amount=700,
        max_fee_per_gas=5 * GWEI,
        max_priority_fee_per_gas=GWEI,
        gas_limit=120_000,
    )


def test_tokens_come_home_from_an_address_without_gas(
    chain: Chain, client: SignerClient, sweep: SweepIntent, signer: Signer
) -> None:
    """Made while the signer runs, and funded with tokens alone."""
    address = client.deposit_address(f"deposit-{next(_numbers)}")
    chain.fund(address, wei=0, token=1_000)
    home = signer.get("/v1/wallets", token=signer.token).json()["wallets"]["sweeper"]
    swept = replace(sweep, payer=address, wallet_address=home)
    signed = client.sign_sweep(swept)
    with closing(EvmRail(chain.url, CHAIN_ID, 1)) as rail:
        rail.broadcast(signed.raw)
        chain.mine()
        state = rail.find(signed.hash)
        moved = [(log.sender, log.recipient, log.amount) for log in state.transfers]
        assert (state.status, moved) == ("mined", [(address, home, 700)])
        left = rail.balances(address, swept.token_contract)
        assert (left.native, left.token) == (0, 300)


def test_the_statement_is_what_others_read_it_as(client: SignerClient, sweep: SweepIntent) -> None:
    """Read by eth_account, which builds typed statements without our code."""
    fields = TypedTransaction.from_bytes(HexBytes(client.sign_sweep(sweep).raw)).as_dict()
    words = ["address", "address", "uint256", "uint256", "uint256", "bytes32", "uint8", "bytes32", "bytes32"]
    payer, home, amount, after, before, nonce, v, r, s = decode(words, bytes(HexBytes(fields["data"]))[4:])
    kind = [("from", "address"), ("to", "address"), ("value", "uint256"), ("validAfter", "uint256"), ("validBefore", "uint256")]
    statement = encode_typed_data(
        {"name": "Sandbox USD Coin", "version": "2", "chainId": CHAIN_ID, "verifyingContract": sweep.token_contract},
        {"ReceiveWithAuthorization": [{"name": name, "type": type_} for name, type_ in (*kind, ("nonce", "bytes32"))]},
        {"from": payer, "to": home, "value": amount, "validAfter": after, "validBefore": before, "nonce": nonce},
    )
    assert Account.recover_message(statement, vrs=(v, r, s)) == sweep.payer
    assert (home.lower(), amount) == (sweep.wallet_address.lower(), 700)


def test_every_attempt_presents_the_same_authorization_under_the_same_nonce(client: SignerClient, sweep: SweepIntent) -> None:
    first = client.sign_sweep(sweep)
    dearer = client.sign_sweep(replace(sweep, attempt=2, max_fee_per_gas=9 * GWEI, max_priority_fee_per_gas=2 * GWEI))
    read = [TypedTransaction.from_bytes(HexBytes(one.raw)).as_dict() for one in (first, dearer)]
    assert (dearer.nonce, read[0]["data"]) == (first.nonce, read[1]["data"])
    assert client.sign_sweep(sweep) == first


def test_it_can_be_cancelled_as_a_payment_can_and_is_then_never_signed_again(client: SignerClient, sweep: SweepIntent) -> None:
    signed = client.sign_sweep(sweep)
    fees = {"max_fee_per_gas": 9 * GWEI, "max_priority_fee_per_gas": 2 * GWEI}
    cancelled = client.sign_cancel(CancelIntent(sweep.key, 2, sweep.wallet_address, CHAIN_ID, gas_limit=21_000, **fees))
    assert cancelled.nonce == signed.nonce
    with pytest.raises(TerminalError) as refused:
        client.sign_sweep(replace(sweep, attempt=3, max_fee_per_gas=20 * GWEI, max_priority_fee_per_gas=9 * GWEI))
    assert refused.value.code == "payment_cancelled"


@pytest.mark.parametrize(
    ("wallet", "payer", "code"),
    [
        ("hot-2", "deposit-old", "sweep_not_listed"),
        ("bound", "deposit-old", "sweep_not_listed"),
        ("deposit-old", "deposit-old", "sweep_not_listed"),
        ("hot-1", "payer", "payer_refused"),
        ("hot-1", "hot-1", "payer_refused"),
    ],
)
def test_nothing_goes_anywhere_else_and_no_paying_wallet_is_swept(
    client: SignerClient, sweep: SweepIntent, wallets: dict[str, str], wallet: str, payer: str, code: str
) -> None:
    with pytest.raises(TerminalError) as refused:
        client.sign_sweep(replace(sweep, wallet_address=wallets[wallet], payer=wallets[payer]))
    assert refused.value.code == code


def test_a_stranger_s_tokens_are_not_swept(client: SignerClient, sweep: SweepIntent) -> None:
    with pytest.raises(TerminalError) as refused:
        client.sign_sweep(replace(sweep, payer=str(Account.create().address)))
    assert refused.value.code == "payer_refused"


def test_a_key_stands_for_a_payment_or_a_sweep(client: SignerClient, sweep: SweepIntent, intent: SignIntent) -> None:
    client.sign_transfer(intent)
    with pytest.raises(TerminalError) as refused:
        client.sign_sweep(replace(sweep, key=intent.key, attempt=2))
    assert refused.value.code == "key_reused"


def test_a_token_that_reads_no_signatures_is_not_swept(tmp_path: Path, chain: Chain) -> None:
    """As in a sandbox whose token is older than sweeping."""
    network = json.loads((chain.directory / "network.json").read_text())
    del network["networks"][0]["authorizations"]
    path = tmp_path / "networks.json"
    path.write_text(json.dumps(network))
    assert read_networks(path)[CHAIN_ID].domains == {}


@pytest.mark.parametrize("listed", [["deposit-1"], ["elsewhere"], [7]])
def test_a_list_of_homes_that_is_wrong_stops_the_signer(tmp_path: Path, listed: list[object]) -> None:
    path = tmp_path / "recipients.json"
    path.write_text(json.dumps({"recipients": {}, "sweep_to": listed}))
    known = {"hot-1": str(Account.create().address), "deposit-1": str(Account.create().address)}
    with pytest.raises(ConfigurationError):
        read_recipients(path, known)


def test_without_a_list_nothing_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "recipients.json"
    path.write_text(json.dumps({"recipients": {}}))
    assert not read_recipients(path, {}).sweep_to
    assert not read_recipients(None, {}).sweep_to


def test_a_deposit_wallet_whose_file_lies_is_found_out(client: SignerClient, sweep: SweepIntent, signer: Signer) -> None:
    """The address in the file is somebody else's: no key of that address is here."""
    name = f"deposit-{next(_numbers)}"
    client.deposit_address(name)
    signer.kill()
    path, stranger = signer.directory / "keys" / f"{name}.json", str(Account.create().address)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "address": stranger[2:].lower()}))
    signer.start()
    with pytest.raises(TerminalError) as refused:
        client.sign_sweep(replace(sweep, payer=stranger))
    assert refused.value.code == "payer_refused"
    assert client.deposit_address(name).lower() != stranger.lower()
