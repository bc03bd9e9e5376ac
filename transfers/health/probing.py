"""Finding out whether a provider is back, by a question that moves nothing, before real work has to find out.

Run again and again by whoever sweeps; of several, one gets the place. A breaker that was opened by hand is left alone.
"""

import logging
import time
from collections.abc import Callable

from django.db.models import Q

from approvals.models import Corridor
from audit import clock
from ledger.queries import unit
from transfers.health import gate, window
from transfers.health.breaker import Admission, State
from transfers.models import Provider, ProviderState, ProviderTerms
from transfers.rails.adapters import Sample
from transfers.rails.base import RailError
from transfers.rails.desk_order import DeskOrder
from transfers.rails.guard import Walled
from transfers.rails.registry import rails
from transfers.states import Route

log = logging.getLogger(__name__)
# A reference that no order has.
_NOBODY = "0" * 26
_ENOUGH_UNITS = 1_000


def probe_due() -> int:
    """Ask every provider whose rest is over; how many were asked."""
    now = clock.now()
    due = Q(state=State.OPEN, retry_at__lte=now) | Q(state=State.HALF_OPEN, probe_until__lte=now)
    waiting = ProviderState.objects.select_related("provider").filter(due, is_manual=False)
    asked = sum(_probe(state.provider) for state in waiting)
    window.forget_old()
    return asked


def _probe(provider: Provider) -> bool:
    question = _question(provider)
    try:
        if question is None or gate.admit(provider.code) != Admission.PROBE:
            return False
    except Walled:
        return False
    started_s, failure = time.monotonic(), None
    try:
        question()
    except RailError as error:
        failure = error
        log.info("%s is still out: %s", provider.code, error)
    gate.report(provider.code, failure, int((time.monotonic() - started_s) * 1000), was_probe=True)
    return True


def _question(provider: Provider) -> Callable[[], object] | None:
    """None where the next real call has to find out, or nobody is connected."""
    known = rails().connected.get(provider.code)
    return None if known is None else known.adapter.probe(rails().at(provider.code), Sample(_NOBODY, _small_order(provider)))


def _small_order(provider: Provider) -> DeskOrder | None:
    """A conversion in which a desk deals."""
    terms = ProviderTerms.objects.select_related("corridor").filter(provider=provider, active=True).first()
    corridor = terms.corridor if terms else Corridor.objects.filter(active=True, route=Route.OFF_RAMP).first()
    if corridor is None:
        return None
    source, target = unit(corridor.source_asset_id), unit(corridor.target_asset_id)
    least = int(terms.min_amount) if terms else 0
    return DeskOrder(
        source_currency=source.code,
        target_currency=target.code,
        source_amount_minor=max(least, _ENOUGH_UNITS * 10**source.exponent),
        source_exponent=source.exponent,
    )
