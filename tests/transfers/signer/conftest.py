"""A running signer whose wallet is funded on a running chain, and an intent to pay somebody."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count

import pytest
from eth_account import Account

from tests.sandbox.chain import CHAIN_ID, Chain
from tests.sandbox.fixtures import chain
from tests.transfers.signer.process import Signer, database
from transfers.rails.signing import SignerClient, SignIntent

__all__ = ["chain"]

GWEI = 10**9
# Whom the wallet `bound` may pay besides our own.
STRANGER = str(Account.create().address)
_numbers = count(1)


@pytest.fixture(scope="session")
def urls() -> Iterator[tuple[str, str]]:
    with database() as made:
        yield made


@pytest.fixture(scope="session")
def wallets(signer: Signer, chain: Chain) -> dict[str, str]:
    known: dict[str, str] = signer.get("/v1/wallets", token=signer.token).json()["wallets"]
    return known


@pytest.fixture(scope="session")
def signer(chain: Chain, urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    networks = chain.directory / "network.json"
    running = Signer(tmp_path_factory.mktemp("signer"), owner_url=urls[0], url=urls[1], networks=networks)
    for address in running.prepare("hot-1", "hot-2", "payer", "canceller", "bound", "sweeper", "deposit-old"):
        chain.fund(address, token=10**9)
    running.bound.write_text(json.dumps({"recipients": {"bound": ["hot-1", STRANGER]}, "sweep_to": ["hot-1", "sweeper"]}))
    try:
        yield running.start()
    finally:
        running.kill()


@pytest.fixture
def client(signer: Signer) -> Iterator[SignerClient]:
    with closing(signer.client()) as opened:
        yield opened


@pytest.fixture
def intent(chain: Chain, wallets: dict[str, str]) -> SignIntent:
    """A payment of its own in every test."""
    return SignIntent(
        key=f"leg-{next(_numbers)}",
        attempt=1,
        wallet_address=wallets["hot-1"],
        chain_id=CHAIN_ID,
        token_contract=chain.token,
        recipient=Account.create().address,
        amount=1_000,
        max_fee_per_gas=5 * GWEI,
        max_priority_fee_per_gas=GWEI,
        gas_limit=120_000,
    )


def another(intent: SignIntent) -> SignIntent:
    """The same payment under a new key."""
    return replace(intent, key=f"leg-{next(_numbers)}")
