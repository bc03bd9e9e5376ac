"""Health checks by transfers of our own: how each stands, and the last ones one by one."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.rules import requires
from backoffice.console.parts import Badge, Tone
from backoffice.console.transfers.incoming import TITLES
from backoffice.console.views.alerts import tabs
from transfers.commands.synthetic_setup import is_prepared
from transfers.models import SyntheticRun
from transfers.queries.synthetic import Standing, recent, standings

_MOST = 30
_BADGES = {
    SyntheticRun.Result.RUNNING: Badge("on its way", Tone.ACCENT),
    SyntheticRun.Result.PASSED: Badge("passed", Tone.DONE),
    SyntheticRun.Result.FAILED: Badge("failed", Tone.DANGER),
    SyntheticRun.Result.SKIPPED: Badge("skipped", Tone.NEUTRAL),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One check; `seconds` are those that the last one took, and that it may take."""

    standing: Standing
    title: str
    badge: Badge
    took: str
    limit: str
    every: str


@requires("alerts.view_alert")
@require_safe
def health_checks(request: HttpRequest) -> HttpResponse:
    lines = [_line(standing) for standing in standings()]
    context = {
        "lines": lines,
        "bad": sum(line.badge.tone is Tone.DANGER for line in lines),
        "runs": [
            (run, TITLES.get(run.route, run.route), _BADGES[SyntheticRun.Result(run.result)], _took(run)) for run in recent(_MOST)
        ],
        "asset": settings.SYNTHETIC_ASSET,
        "tabs": tabs(None, "health-checks"),
        "sees_transfers": request.user.has_perm("transfers.view_transfer"),
    }
    return render(request, "alerts/health_checks.html", context)


def _line(standing: Standing) -> Line:
    check = standing.check
    took = "" if standing.took is None else words(standing.took)
    return Line(standing, TITLES.get(check.route, check.route), _state(standing), took, words(check.limit), words(check.every))


def _state(standing: Standing) -> Badge:
    if standing.is_late:
        return Badge("takes too long", Tone.DANGER)
    if standing.has_failed:
        return Badge("failed", Tone.DANGER)
    if standing.last is None and standing.running is None and not is_prepared(standing.check.asset_id):
        return Badge("not set up: manage.py prepare_synthetic", Tone.LOOK)
    if standing.last is None:
        return Badge("not ended yet", Tone.NEUTRAL)
    return Badge("passed late", Tone.LOOK) if standing.was_late else Badge("passed", Tone.DONE)


def _took(run: SyntheticRun) -> str:
    return words(run.ended_at - run.started_at) if run.ended_at else ""


def words(length: timedelta) -> str:
    """Tenths below two minutes: a second more or less is the first sign that something is slow."""
    seconds = length.total_seconds()
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
