"""A wallet that only moves our own money pays those on the signer's list and nobody else, whoever asks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from tests.transfers.signer.conftest import STRANGER, another
from tests.transfers.signer.test_setup import Fresh, fresh
from transfers.rails.base import TerminalError
from transfers.rails.signing import SignerClient, SignIntent
from transfers.signer.errors import ConfigurationError
from transfers.signer.recipients import Recipients, read_recipients

__all__ = ["fresh"]
HOT, ELSEWHERE = (str(Account.create().address) for _ in range(2))


@pytest.mark.parametrize("listed", ["hot-1", STRANGER], ids=["a wallet of ours", "an address"])
def test_a_bound_wallet_pays_those_on_its_list(
    client: SignerClient, intent: SignIntent, wallets: dict[str, str], listed: str
) -> None:
    recipient = wallets.get(listed, listed)
    assert client.sign_transfer(replace(another(intent), wallet_address=wallets["bound"], recipient=recipient)).raw


@pytest.mark.parametrize("wallet", ["bound", "deposit-old"])
def test_it_is_signed_for_to_nobody_else(client: SignerClient, intent: SignIntent, wallets: dict[str, str], wallet: str) -> None:
    with pytest.raises(TerminalError) as refused:
        client.sign_transfer(replace(another(intent), wallet_address=wallets[wallet]))
    assert refused.value.code == "recipient_not_listed"


def test_what_was_never_signed_can_still_be_signed_to_the_right_one(
    client: SignerClient, intent: SignIntent, wallets: dict[str, str]
) -> None:
    """A refusal takes no nonce and leaves no payment behind."""
    astray = replace(another(intent), wallet_address=wallets["bound"])
    with pytest.raises(TerminalError):
        client.sign_transfer(astray)
    before = client.sign_transfer(replace(another(intent), wallet_address=wallets["bound"], recipient=STRANGER)).nonce
    assert client.sign_transfer(replace(astray, recipient=STRANGER)).nonce == before + 1


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"recipients": []}', '{"recipients": {"hot-1": ["hot-9"]}}', '{"recipients": {"hot-9": ["hot-1"]}}'],
)
def test_a_list_that_cannot_be_read_is_no_list(tmp_path: Path, content: str) -> None:
    path = tmp_path / "recipients.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="SIGNER_RECIPIENTS"):
        read_recipients(path, {"hot-1": HOT})


def test_a_signer_with_a_broken_list_does_not_start(fresh: Fresh, tmp_path: Path) -> None:
    fresh.must("create-wallet", "hot-1")
    fresh.must("create-token")
    network = {"name": "test", "chain_id": 1, "rpc_url": "http://127.0.0.1:9", "tokens": {}}
    caps = {"max_fee_per_gas": "1", "max_priority_fee_per_gas": "1", "max_gas_limit": 1}
    fresh.networks.write_text(json.dumps({"networks": [network | caps]}))
    path = tmp_path / "recipients.json"
    path.write_text(json.dumps({"recipients": {"hot-2": ["hot-1"]}}))
    ended = fresh.run("serve", SIGNER_RECIPIENTS=str(path))
    assert (ended.returncode, "hot-2" in ended.stderr) == (2, True)


def test_without_a_list_only_deposit_wallets_are_bound(tmp_path: Path) -> None:
    open_to_all = read_recipients(None, {"hot-1": HOT})
    assert open_to_all == Recipients()
    assert open_to_all.allows("hot-1", ELSEWHERE)
    assert not open_to_all.allows("deposit-1", HOT)
    path = tmp_path / "recipients.json"
    path.write_text(json.dumps({"recipients": {"deposit-1": ["hot-1"]}}))
    assert read_recipients(path, {"hot-1": HOT, "deposit-1": ELSEWHERE}).allows("deposit-1", HOT)
