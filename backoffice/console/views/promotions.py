"""Promotions: what they promise and what is left of the money that was set aside for them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from backoffice.access.rules import requires
from backoffice.console.bars import bar
from backoffice.console.parts import Badge, Tone
from ledger import chart
from transfers.queries.promotions import Standing, standings

_BADGES = {
    "running": Badge("running", Tone.DONE),
    "waiting": Badge("begins later", Tone.NEUTRAL),
    "ended": Badge("ended", Tone.NEUTRAL),
    "empty": Badge("used up: pays nothing", Tone.LOOK),
}


@requires("ledger.view_account")
@require_safe
def promotions(request: HttpRequest) -> HttpResponse:
    rows = [(one, _BADGES[one.state], bar(used=one.spent, this=0, total=one.budget), _account(one)) for one in standings()]
    running = sum(one.state == "running" for one, *_ in rows)
    return render(request, "treasury/promotions.html", {"rows": rows, "running": running})


def _account(one: Standing) -> str:
    return chart.promotion_account_code(one.promotion.pk, one.promotion.asset_id)
