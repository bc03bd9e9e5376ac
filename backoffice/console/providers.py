"""Providers, corridors and rates in the words of their pages."""

from dataclasses import dataclass

from django.urls import reverse

from backoffice.console.bars import Bar, bar
from backoffice.console.parts import Badge, Tab, Tone
from transfers.health.window import Counted
from transfers.models import ProviderExchange, QuoteAnswer
from transfers.queries.exchanges import of_rounds
from transfers.queries.providers import Lane, Standing

_RECENT = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One provider on the list; `health` is the share of good answers, None when it was not called lately."""

    standing: Standing
    badge: Badge
    words: str
    health: Bar | None
    health_words: str
    quota: Bar | None
    quota_words: str


@dataclass(frozen=True, slots=True)
class LaneLine:
    lane: Lane
    badge: Badge
    words: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What it offered, and the exchange in which it said so; None for one that nobody asked, or a desk by phone."""

    answer: QuoteAnswer
    exchange: ProviderExchange | None


def tabs(current: str) -> list[Tab]:
    pages = (("providers", "Providers", "console:providers"), ("rates", "Reference rates", "console:rates"))
    return [Tab(title, reverse(view), None, name == current) for name, title, view in pages]


def line(standing: Standing) -> Line:
    badge, words = _state(standing)
    lately, limit = standing.lately, standing.provider.calls_at_once
    quota = None if standing.quota_used is None else bar(used=standing.quota_used, this=0, total=limit)
    return Line(
        standing=standing,
        badge=badge,
        words=words,
        health=bar(used=lately.calls - lately.bad, this=lately.bad, total=lately.calls) if lately.calls else None,
        health_words=_health(lately),
        quota=quota,
        quota_words=_quota(standing),
    )


def _state(standing: Standing) -> tuple[Badge, str]:
    state = standing.state
    if not standing.provider.enabled:
        return Badge("switched off", Tone.NEUTRAL), "It is not asked for anything new."
    if state is None or state.state == "closed":
        return Badge("in use", Tone.DONE), ""
    if state.is_manual:
        return Badge("taken out", Tone.DANGER), f"By {state.changed_by}: {state.reason}"
    if state.state == "half_open":
        return Badge("being tried", Tone.LOOK), "One call is finding out whether it is back."
    return Badge("out of use", Tone.DANGER), "Too many of its calls failed; it is tried again by itself."


def _health(lately: Counted) -> str:
    if not lately.calls:
        return "no calls in 15 minutes"
    failed = f"{lately.bad} of {lately.calls} failed" if lately.bad else f"{lately.calls} answered"
    return f"{failed}, {lately.average_ms} ms on average"


def _quota(standing: Standing) -> str:
    provider = standing.provider
    if standing.quota_used is None:
        return "no limit agreed"
    return f"{standing.quota_used} of {provider.calls_at_once} used now; {provider.calls_per_minute} a minute come back"


def lane_line(lane: Lane) -> LaneLine:
    if lane.missing:
        return LaneLine(lane, Badge("walled off", Tone.DANGER), f"Waits for {', '.join(lane.missing)}.")
    if lane.desks == []:
        return LaneLine(lane, Badge("walled off", Tone.DANGER), "No desk is left that could price it.")
    if lane.desks is None:
        return LaneLine(lane, Badge("open", Tone.DONE), "")
    return LaneLine(lane, Badge("open", Tone.DONE), f"Priced by {', '.join(lane.desks)}.")


def recent_answers(code: str) -> list[Heard]:
    found = QuoteAnswer.objects.select_related("round__corridor").filter(provider=code)
    answers = list(found.order_by("-round__asked_at")[:_RECENT])
    wire = of_rounds(code, answers)
    return [Heard(answer, wire.get(answer.round_id)) for answer in answers]
