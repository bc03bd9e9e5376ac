"""Reference rates for houses of tests."""

from datetime import timedelta
from decimal import Decimal

from audit import clock
from transfers.commands.reference import keep_sheet
from transfers.models import RateSource
from transfers.rails.rate_feed import Sheet


def reference_rates(**rates: str) -> None:
    """A source that never grows stale: a dollar is a dollar, and so many pesos that the tame desk and the sandbox's are near."""
    source, _ = RateSource.objects.get_or_create(
        code="test", defaults={"name": "Test", "kind": "file", "max_age_s": 10**9, "priority": 900}
    )
    pairs = {"USDC/MXN": "17.70", "USDC/USD": "1", "USDC/EUR": "0.87"} | {
        name.replace("_", "/"): rate for name, rate in rates.items()
    }
    both = {pair: (Decimal(rate), Decimal(rate)) for pair, rate in pairs.items()}
    keep_sheet(source, Sheet(clock.now() - timedelta(minutes=5), both, "test"))
