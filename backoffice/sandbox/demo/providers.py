"""The desks of the demo company, what they deal in, and the first reference rates."""

import time

from django.conf import settings

from ledger.money import Money
from ledger.queries import unit
from transfers.commands.providers import add_provider, set_terms
from transfers.commands.reference import fetch_rates
from transfers.rails.base import RetryableError

_DESKS = {"harbour": "Harbour FX", "pacific": "Pacific Liquidity"}
# With the asset that their amounts are in.
_CORRIDORS = {"US-MX": "USDC.ethereum", "US-AT": "USDC.ethereum", "USDC-USD": "USDC.ethereum", "USD-USDC": "USD"}
# Neither wants small change; Pacific's flat fee would make it dear.
_LEAST = {"harbour": "500.00", "pacific": "250.00"}
_PATIENCE_S = 20.0


def seed_providers() -> None:
    """Those desks that have an address here. Repeating it changes nothing."""
    for code in sorted(_DESKS.keys() & settings.DESKS.keys()):
        add_provider(code=code, name=_DESKS[code], kind="desk", calls_per_minute=600)
        for corridor, asset in _CORRIDORS.items():
            set_terms(provider=code, corridor=corridor, min_amount=Money.parse(_LEAST[code], unit(asset)).minor, reason="demo")
    _first_rates()


def _first_rates() -> None:
    """Without a reference rate nothing is priced, so the feed is waited for while it starts."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fetch_rates()
        except RetryableError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.2)
        else:
            return
