"""The same bytes for ever, one nonce per payment, and nothing signed that nobody may sign."""

import json
import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from subprocess import run
from typing import Any

import psycopg
import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from tests.sandbox.chain import CHAIN_ID, ROOT, Chain
from tests.transfers.signer.conftest import GWEI, another
from tests.transfers.signer.process import Signer
from transfers.rails.base import RetryableError, TerminalError
from transfers.rails.evm import EvmRail, TokenTransfer
from transfers.rails.signing import SignerClient, SignIntent


def signatures(urls: tuple[str, str], key: str) -> int:
    with psycopg.connect(urls[0]) as connection:
        row = connection.execute("SELECT count(*) FROM signer.signature WHERE key = %s", (key,)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_signed_intent_pays_on_the_chain(chain: Chain, client: SignerClient, intent: SignIntent, wallets: dict[str, str]) -> None:
    # A wallet of its own: the other tests sign what is never sent, which leaves gaps in the nonces.
    intent = replace(intent, wallet_address=wallets["payer"])
    signed = client.sign_transfer(intent)
    with closing(EvmRail(chain.url, CHAIN_ID, 1)) as rail:
        assert rail.broadcast(signed.raw) == signed.hash
        chain.mine()
        state = rail.find(signed.hash)
        expected = TokenTransfer(intent.token_contract, intent.wallet_address, intent.recipient, intent.amount, 0)
        assert (state.status, state.transfers) == ("mined", (expected,))
        assert rail.balances(intent.recipient, intent.token_contract).token == 1_000


def test_the_bytes_say_what_the_intent_says(client: SignerClient, intent: SignIntent) -> None:
    """Read by eth_account, which shares no code with the signer's own building of them but the signature itself."""
    signed = client.sign_transfer(intent)
    fields = TypedTransaction.from_bytes(HexBytes(signed.raw)).as_dict()
    assert (fields["to"].hex(), fields["value"], fields["gas"]) == (intent.token_contract[2:].lower(), 0, intent.gas_limit)
    assert Account.recover_transaction(signed.raw) == intent.wallet_address


def test_the_same_bytes_survive_kill_and_restart(signer: Signer, client: SignerClient, intent: SignIntent) -> None:
    first = client.sign_transfer(intent)
    signer.kill()
    signer.start()
    assert client.sign_transfer(intent) == first
    assert client.sign_transfer(another(intent)).nonce == first.nonce + 1


def test_concurrent_calls_for_one_payment_give_one_nonce(client: SignerClient, intent: SignIntent, urls: tuple[str, str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(client.sign_transfer, [intent] * 8))
    assert len(set(signed)) == 1
    assert signatures(urls, intent.key) == 1
    assert client.sign_transfer(another(intent)).nonce == signed[0].nonce + 1


def test_two_signers_never_give_a_nonce_twice(signer: Signer, client: SignerClient, intent: SignIntent) -> None:
    directory, urls = signer.directory, {"owner_url": signer.owner_url, "url": signer.url}
    second = Signer(directory, **urls, networks=signer.networks, name="second").start()
    try:
        with closing(second.client()) as other, ThreadPoolExecutor(8) as pool:
            intents = [another(intent) for _ in range(24)]
            clients = [client, other] * 12
            signed = list(pool.map(lambda pair: pair[0].sign_transfer(pair[1]), zip(clients, intents, strict=True)))
            nonces = sorted(item.nonce for item in signed)
            assert nonces == list(range(nonces[0], nonces[0] + 24))
            assert [other.sign_transfer(item) for item in intents] == signed
    finally:
        second.kill()


def test_one_key_for_two_wallets_at_once_is_signed_for_one(
    client: SignerClient, intent: SignIntent, wallets: dict[str, str], urls: tuple[str, str]
) -> None:
    contenders = [replace(intent, wallet_address=wallets[name]) for name in ("hot-1", "hot-2")] * 4

    def attempt(contender: SignIntent) -> str:
        try:
            return client.sign_transfer(contender).hash
        except TerminalError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, contenders))
    winners = {outcome for outcome in outcomes if outcome.startswith("0x")}
    assert len(winners) == 1
    assert set(outcomes) - winners <= {"attempt_reused", "key_reused"}
    assert signatures(urls, intent.key) == 1


def test_a_replacement_has_the_same_nonce_and_higher_fees(client: SignerClient, intent: SignIntent) -> None:
    first = client.sign_transfer(intent)
    dearer = replace(intent, attempt=2, max_fee_per_gas=6 * GWEI, max_priority_fee_per_gas=2 * GWEI)
    second = client.sign_transfer(dearer)
    assert (second.nonce, second.hash != first.hash) == (first.nonce, True)
    assert client.sign_transfer(intent) == first
    with pytest.raises(TerminalError, match="at least a tenth above") as cheap:
        client.sign_transfer(replace(dearer, attempt=3, max_fee_per_gas=6 * GWEI + 1))
    assert cheap.value.code == "replacement_underpriced"
    with pytest.raises(TerminalError) as late:
        client.sign_transfer(replace(dearer, attempt=0, max_fee_per_gas=60 * GWEI, max_priority_fee_per_gas=20 * GWEI))
    assert late.value.code == "attempt_superseded"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 1_001}, "attempt_reused"),
        ({"gas_limit": 119_999}, "attempt_reused"),
        ({"recipient": "0x" + "12" * 20}, "attempt_reused"),
        ({"attempt": 2, "amount": 999, "max_fee_per_gas": 50 * GWEI, "max_priority_fee_per_gas": 10 * GWEI}, "key_reused"),
    ],
)
def test_other_content_under_a_used_key_is_a_conflict(
    signer: Signer, client: SignerClient, intent: SignIntent, urls: tuple[str, str], change: dict[str, Any], code: str
) -> None:
    client.sign_transfer(intent)
    with pytest.raises(TerminalError) as refused:
        client.sign_transfer(replace(intent, **change))
    assert refused.value.code == code
    assert signer.post(body(replace(intent, **change)), token=signer.token).status_code == 409
    assert signatures(urls, intent.key) == 1


CAPPED = 150_000


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chain_id": 1}, "chain_unknown"),
        ({"token_contract": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"}, "token_unknown"),
        ({"wallet_address": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"}, "wallet_unknown"),
        ({"recipient": "0x" + "0" * 40}, "recipient_refused"),
        ({"max_fee_per_gas": 501 * GWEI}, "gas_above_cap"),
        ({"max_fee_per_gas": 400 * GWEI, "max_priority_fee_per_gas": 51 * GWEI}, "gas_above_cap"),
        ({"gas_limit": CAPPED + 1}, "gas_above_cap"),
        ({"gas_limit": 20_999}, "gas_limit_too_low"),
        ({"max_priority_fee_per_gas": 6 * GWEI}, "fees_inconsistent"),
    ],
)
def test_it_refuses_whoever_asks(
    client: SignerClient, intent: SignIntent, urls: tuple[str, str], change: dict[str, Any], code: str
) -> None:
    with pytest.raises(TerminalError) as refused:
        client.sign_transfer(replace(intent, **change))
    assert refused.value.code == code
    assert signatures(urls, intent.key) == 0


def test_paying_oneself_or_the_token_is_refused(client: SignerClient, intent: SignIntent) -> None:
    for recipient in (intent.wallet_address, intent.token_contract):
        with pytest.raises(TerminalError) as refused:
            client.sign_transfer(replace(intent, recipient=recipient))
        assert refused.value.code == "recipient_refused"


def body(intent: SignIntent, **changes: Any) -> bytes:
    fields = asdict(intent)
    for name in ("amount", "max_fee_per_gas", "max_priority_fee_per_gas"):
        fields[name] = str(fields[name])
    return json.dumps(fields | changes).encode()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "0"}, "amount_malformed"),
        ({"amount": "-1"}, "amount_malformed"),
        ({"amount": "01"}, "amount_malformed"),
        ({"amount": "1.0"}, "amount_malformed"),
        ({"amount": 1000}, "amount_malformed"),
        ({"amount": "\u0661\u0660"}, "amount_malformed"),
        ({"amount": str(2**256)}, "amount_malformed"),
        ({"attempt": True}, "attempt_malformed"),
        ({"attempt": 1.0}, "attempt_malformed"),
        ({"chain_id": "31337"}, "chain_id_malformed"),
        ({"key": ""}, "key_malformed"),
        ({"key": "a b"}, "key_malformed"),
        ({"recipient": "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}, "recipient_checksum"),
        ({"recipient": "0x1234"}, "recipient_malformed"),
        ({"recipient": None}, "recipient_malformed"),
        ({"data": "0xa9059cbb"}, "fields_wrong"),
    ],
)
def test_malformed_intents_are_refused(
    signer: Signer, intent: SignIntent, urls: tuple[str, str], change: dict[str, Any], code: str
) -> None:
    answer = signer.post(body(intent, **change), token=signer.token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert signatures(urls, intent.key) == 0


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"key":"a","key":"b"}', b"{}"])
def test_bodies_that_are_no_intent_are_refused(signer: Signer, content: bytes) -> None:
    assert signer.post(content, token=signer.token).status_code == 400


def test_nobody_signs_without_the_token(signer: Signer, intent: SignIntent, urls: tuple[str, str]) -> None:
    for token in ("", "wrong", signer.token[:-1], signer.token + "x"):
        assert signer.post(body(intent), token=token).status_code == 401
        assert signer.get("/v1/wallets", token=token).status_code == 401
    assert signatures(urls, intent.key) == 0
    assert signer.get("/healthz").status_code == 200


def test_a_wallet_starts_where_the_chain_is(chain: Chain, signer: Signer, client: SignerClient, intent: SignIntent) -> None:
    """A key used before the signer had its tables, and tables from a backup older than the chain, both end well."""
    signed = client.sign_transfer(intent)
    behind = Signer(signer.directory, owner_url=signer.owner_url, url=signer.url, networks=signer.networks, name="late")
    mined = int(chain.call("eth_getTransactionCount", intent.wallet_address, "pending"), 16)
    behind.start()
    try:
        with closing(behind.client()) as late:
            assert late.sign_transfer(another(intent)).nonce == max(signed.nonce + 1, mined)
    finally:
        behind.kill()


def test_without_its_node_a_first_use_waits_and_nothing_is_signed(
    signer: Signer, intent: SignIntent, urls: tuple[str, str]
) -> None:
    networks = json.loads(signer.networks.read_text())
    networks["networks"][0]["rpc_url"] = "http://127.0.0.1:9"
    nowhere = signer.directory / "nowhere.json"
    nowhere.write_text(json.dumps(networks))
    lonely = Signer(signer.directory, owner_url=signer.owner_url, url=signer.url, networks=nowhere, name="lonely").start()
    try:
        with closing(lonely.client()) as client, pytest.raises(RetryableError) as refused:
            client.sign_transfer(intent)
        assert refused.value.code == "node_unavailable"
        assert signatures(urls, intent.key) == 0
    finally:
        lonely.kill()


def test_without_its_first_node_another_one_is_asked(signer: Signer, intent: SignIntent, urls: tuple[str, str]) -> None:
    networks = json.loads(signer.networks.read_text())
    (network,) = networks["networks"]
    networks["networks"] = [network | {"rpc_url": "http://127.0.0.1:9", "other_rpc_urls": [network["rpc_url"]]}]
    second = signer.directory / "second.json"
    second.write_text(json.dumps(networks))
    limping = Signer(signer.directory, owner_url=signer.owner_url, url=signer.url, networks=second, name="limping").start()
    try:
        with closing(limping.client()) as client:
            client.sign_transfer(intent)
        assert signatures(urls, intent.key) == 1
    finally:
        limping.kill()


def test_a_signer_that_is_away_is_worth_another_try(intent: SignIntent) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        closing(SignerClient(f"http://127.0.0.1:{port}", "x" * 32)) as client,
        pytest.raises(RetryableError, match="did not answer"),
    ):
        client.sign_transfer(intent)


def test_no_secret_is_ever_logged(signer: Signer, client: SignerClient, intent: SignIntent) -> None:
    client.sign_transfer(intent, correlation_id="story-1")
    said = signer.log.read_text()
    password = (signer.directory / "keys" / "password").read_text().strip()
    key = Account.decrypt((signer.directory / "keys" / "hot-1.json").read_text(), password)
    assert Account.from_key(key).address == intent.wallet_address
    assert intent.key in said
    for secret in (bytes(key).hex(), password, signer.token):
        assert secret not in said


def test_the_signer_has_no_django_and_nothing_of_ours() -> None:
    program = (
        "import sys, transfers.signer.__main__\n"
        "ours = ('audit', 'ledger', 'approvals', 'reconciliation', 'backoffice', 'transfers.rails', 'transfers.models', 'django')\n"
        "print(sorted(name for name in sys.modules if name.startswith(ours)))"
    )
    done = run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, env=os.environ, check=True)
    assert done.stdout.strip() == "[]"
