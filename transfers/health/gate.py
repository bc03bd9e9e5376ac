"""The one place where every call to a provider passes: may it be made, and what came of it.

`admit` and `report` are short transactions of their own around a call, never open during it. Questions about money that was sent
already are not admitted but only counted and reported: no breaker and no quota keeps us from the truth.
"""

from datetime import timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from audit import clock
from transfers.health import breaker, states, window
from transfers.health.breaker import Admission, Rules
from transfers.models import Provider, ProviderState
from transfers.rails.base import RailError, TerminalError, UnknownOutcome
from transfers.rails.guard import Walled
from transfers.rates import Rate, take


class Gate:
    """What `transfers.rails.guard` asks; it keeps nothing itself."""

    def admit(self, provider: str) -> Admission:
        """Raises Walled: the breaker is open, or the quota is spent."""
        return admit(provider)

    def pace(self, provider: str) -> None:
        """Raises Walled: the quota is spent."""
        pace(provider)

    def report(self, provider: str, error: RailError | None, elapsed_ms: int, *, was_probe: bool) -> None:
        report(provider, error, elapsed_ms, was_probe=was_probe)


def admit(code: str) -> Admission:
    """Whether a call for new work may be made now. Raises Walled. A provider that nobody has set up has no rules and passes."""
    provider = Provider.objects.filter(pk=code).first()
    if provider is None:
        return Admission.PASS
    state = ProviderState.objects.filter(provider=provider).first()
    may = breaker.admits(states.breaker_of(state), clock.now()) if state else Admission.PASS
    if may == Admission.REFUSED:
        raise Walled(f"{provider.name} is out of use{_until(state)}", provider=code, code="provider_out_of_use")
    _within_quota(provider)
    if may == Admission.PROBE and not states.take_probe(code):
        raise Walled(f"{provider.name} is being tried out", provider=code, code="provider_out_of_use")
    return may


def pace(code: str) -> None:
    """Count a question against the quota; without one it passes. Raises Walled when it is spent, whatever the breaker says."""
    provider = Provider.objects.filter(pk=code, calls_per_minute__gt=0).first()
    if provider is not None:
        _within_quota(provider)


def report(code: str, error: RailError | None, elapsed_ms: int, *, was_probe: bool = False) -> None:
    """What came of a call: None for an answer. A refusal for good is an answer as well, also about the provider's health."""
    is_good = error is None or isinstance(error, TerminalError)
    window.count(code, _kind(error), elapsed_ms)
    if is_good and not was_probe:
        return
    provider = Provider.objects.filter(pk=code).first()
    if provider is None:
        return
    with transaction.atomic():
        state = states.locked(code)
        before = states.breaker_of(state)
        if is_good:
            after = breaker.after_success(before, was_probe=was_probe)
        else:
            counted = window.window(code, timedelta(seconds=provider.breaker_window_s))
            after = breaker.after_failure(before, was_probe=was_probe, window=counted, rules=_rules(provider), now=clock.now())
            states.note_error(state, str(error))
        states.change(state, before, after, reason="" if error is None else str(error))


def quota_key(code: str) -> UUID:
    """The row under which the provider's calls are counted."""
    return uuid5(NAMESPACE_URL, f"countersign:provider:{code}")


def rate_of(provider: Provider) -> Rate | None:
    """None without a quota."""
    if not provider.calls_per_minute:
        return None
    return Rate(provider.calls_per_minute / 60, provider.calls_at_once)  # per second


def _within_quota(provider: Provider) -> None:
    rate = rate_of(provider)
    wait_s = take(quota_key(provider.code), rate) if rate else None
    if wait_s is not None:
        words = f"{provider.name} may be asked {provider.calls_per_minute} times a minute; the next time is in {wait_s:.1f} seconds"
        raise Walled(words, provider=provider.code, code="provider_quota_spent")


def _kind(error: RailError | None) -> str:
    if error is None:
        return "good"
    if isinstance(error, TerminalError):
        return "refused"
    return "unknown" if isinstance(error, UnknownOutcome) else "failed"


def _rules(provider: Provider) -> Rules:
    return Rules(calls=provider.breaker_calls, percent=provider.breaker_percent, rest=timedelta(seconds=provider.breaker_rest_s))


def _until(state: ProviderState | None) -> str:
    if state is None:
        return ""
    if state.is_manual:
        return f", taken out by {state.changed_by}: {state.reason}"
    if state.state == breaker.State.OPEN and state.retry_at:
        return f" until {state.retry_at:%H:%M:%S} UTC: {state.last_error}"
    return ", one call is finding out whether it is back"
