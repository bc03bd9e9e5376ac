"""What the demo's clients pay in once per sandbox: tokens, a bank transfer that names them, and a card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from backoffice.sandbox.demo import company
from backoffice.sandbox.demo.chain import SandboxChain

_TOKENS = 2_500_000_000
_TO_BANK = {"MXN": "48200.00", "EUR": "3150.00"}
_BY_CARD = {"currency": "EUR", "amount": "129.00", "card": "card_good", "reference": "Top-up by card"}


def pay_in_once(demo: Mapping[str, Any], *, chain_url: str, bank_url: str, bank_token: str, marker: Path) -> bool:
    """Pay in unless `marker` says that they have; True when this call did. Chain and card are asked once per name whatever happens;
    should the process die in between, the bank may be asked again, and that is one more deposit."""
    if marker.exists():
        return False
    client = company.CLIENTS[0].id
    rooms = demo["deposit_addresses"][client]
    with SandboxChain(chain_url) as chain:
        chain.fund(reference="pay-in/1", address=rooms[company.NETWORK], wei=0, token=_TOKENS)
    for currency, amount in _TO_BANK.items():
        order = {"iban": demo["bank_accounts"][currency], "amount": amount, "name": "Ferro y Piezas SA"}
        text = {"remittance": f"Factura 2291 {rooms[currency]}"}
        headers = {"Authorization": f"Bearer {bank_token}"}
        httpx.post(f"{bank_url}/sandbox/incoming", json=order | text, headers=headers, timeout=10).raise_for_status()
    headers = {"Authorization": f"Bearer {demo['api_keys'][client]}", "Idempotency-Key": "pay-in-card-1"}
    httpx.post(f"{demo['url']}/v1/card_deposits", json=_BY_CARD, headers=headers, timeout=10).raise_for_status()
    marker.write_text("deposits were paid in on chain, at the bank and by card\n", encoding="utf-8")
    return True
