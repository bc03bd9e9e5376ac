"""Health checks by real transfers: who they run for, how often, and how long they may take. Plain settings, no database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from transfers.states import Route

# Two parties of the house: what one sends comes to the other, or comes back. Neither has API keys or a say in anything.
NEAR, FAR = "health-check", "health-check-far"
PARTIES: Mapping[str, str] = {NEAR: "Health check (house)", FAR: "Health check, far side (house)"}
ROUTES = (Route.INTERNAL_TRANSFER, Route.ON_CHAIN_WITHDRAWAL)
# From the order to the proof from outside; on chain to the credit of what came back as well.
_USUAL_LIMITS_S = {Route.INTERNAL_TRANSFER: 120.0, Route.ON_CHAIN_WITHDRAWAL: 1800.0}


@dataclass(frozen=True, slots=True)
class Check:
    """`amount` in major units of `asset_id`, as text."""

    route: Route
    asset_id: str
    amount: str
    every: timedelta
    limit: timedelta


def checks() -> list[Check]:
    """What is switched on, by SYNTHETIC_TRANSFERS. Raises ValueError for a route that has no check."""
    return [_check(Route(name), amount) for name, amount in settings.SYNTHETIC_TRANSFERS.items()]


def is_party(client_id: str) -> bool:
    """Whether what is done for this client is no business of anybody's."""
    return client_id in PARTIES


def _check(route: Route, amount: str) -> Check:
    if route not in ROUTES:
        raise ValueError(f"no health check runs on route {route}; there are {', '.join(ROUTES)}")
    limit_s = float(settings.SYNTHETIC_LIMITS.get(route, _USUAL_LIMITS_S[route]))
    every = timedelta(seconds=settings.SYNTHETIC_EVERY)
    return Check(route, settings.SYNTHETIC_ASSET, amount, every, timedelta(seconds=limit_s))
