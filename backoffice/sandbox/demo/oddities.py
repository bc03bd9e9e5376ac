"""Two things that nobody here ordered and that happen to everybody: somebody deposits without a word, and the bank takes a fee.

They happen once per sandbox, so that the break list has something to explain.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from backoffice.sandbox.demo import company
from backoffice.sandbox.demo.chain import SandboxChain

DEPOSIT_USDC = 1_250_000_000
BANK_FEE = "185.00"


def happen_once(demo: Mapping[str, Any], *, chain_url: str, bank_url: str, bank_token: str, marker: Path) -> bool:
    """Book both unless `marker` says that they have been; True when this call booked them.

    Should the process die before the marker is written, the deposit is not repeated, as the chain pays once per reference; a fee
    that the bank has booked by then is booked a second time, which is one more thing to explain.
    """
    if marker.exists():
        return False
    address = demo["wallets"][company.HOT_WALLET]
    with SandboxChain(chain_url) as chain:
        chain.fund(reference="unannounced/1", address=address, wei=0, token=DEPOSIT_USDC)
    fee = {"iban": demo["bank_accounts"]["MXN"], "amount": BANK_FEE, "remittance": "Account maintenance, November"}
    headers = {"Authorization": f"Bearer {bank_token}"}
    httpx.post(f"{bank_url}/sandbox/fee", json=fee, headers=headers, timeout=10).raise_for_status()
    marker.write_text("an unannounced deposit and a bank fee were booked\n", encoding="utf-8")
    return True
