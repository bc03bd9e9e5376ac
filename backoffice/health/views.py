"""Probes: is the process alive, is the whole ready, and figures for a scraper."""

import ipaddress
from hmac import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from backoffice import release
from backoffice.access.rules import public
from backoffice.health import readiness
from backoffice.health.metrics import registry


@public("a load balancer asks whether the process lives")
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 while the process can answer at all; asks nobody else."""
    return JsonResponse({"status": "alive", "version": release.current().version})


@public("a load balancer asks whether the whole is ready; the answer names parts and no secrets")
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """200 when web, database, broker and at least one worker answer, else 503; the body says which part does not."""
    parts = readiness.parts()
    ready = all(part.ready for part in parts.values())
    body = {"status": "ready" if ready else "not ready", "parts": {name: part.as_json() for name, part in parts.items()}}
    return JsonResponse(body, status=200 if ready else 503)


@public("a scraper has no account; it must come from this machine or bring the metrics token")
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus text form. 404 to anybody else: that there are figures is nobody's business."""
    if not _may_scrape(request):
        return HttpResponse(status=404)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request: HttpRequest) -> bool:
    """With METRICS_TOKEN set only the token counts. Without it only a direct loopback connection: behind a proxy on this machine
    every request comes from loopback, so one that was forwarded does not count."""
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    if settings.PRODUCTION or any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip")):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
