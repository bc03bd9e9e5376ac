"""Desks and their gate: who may be asked now, and what is told of each afterwards. Both by the thread that asks, never by those
that wait for an answer."""

from collections.abc import Mapping
from dataclasses import replace

from transfers.health import gate
from transfers.health.breaker import Admission
from transfers.pricing.eligible import Eligibility
from transfers.pricing.judging import Judged
from transfers.rails.asking import Heard
from transfers.rails.base import RailError, RetryableError
from transfers.rails.desk import DeskQuote
from transfers.rails.guard import Walled


def admitted(who: Eligibility) -> Eligibility:
    """Without those whose breaker is open or whose quota is spent."""
    asked, probes, passed_over = [], set(), dict(who.passed_over)
    for code in who.asked:
        try:
            if gate.admit(code) == Admission.PROBE:
                probes.add(code)
        except Walled as walled:
            passed_over[code] = str(walled)
        else:
            asked.append(code)
    return replace(who, asked=tuple(asked), passed_over=passed_over, probes=frozenset(probes))


def tell(judged: list[Judged], heard: Mapping[str, Heard[DeskQuote]], probes: frozenset[str]) -> None:
    """A desk that is not believed has failed as one that is silent: its next answers are worth as little."""
    for one in (judgement for judgement in judged if judgement.provider in heard):
        gate.report(one.provider, _error(one, heard[one.provider]), one.elapsed_ms or 0, was_probe=one.provider in probes)


def _error(one: Judged, heard: Heard[DeskQuote]) -> RailError | None:
    if one.is_lie:
        return RetryableError(f"not believed: {one.reason}", provider=one.provider)
    return heard.error
