"""`POST /hooks/{source}`: kept first, answered fast, believed never."""

from collections.abc import Mapping

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from audit import context
from audit.context import Actor
from transfers.api.problems import Problem, respond
from transfers.rails.inbox import NotGenuine
from transfers.webhooks import commands, verify
from transfers.webhooks.inboxes import inbox_of

log = structlog.get_logger(__name__)
MAX_BODY_BYTES = 256 * 1024


@csrf_exempt
def receive(request: HttpRequest, source: str) -> HttpResponseBase:
    """202 when stored, 200 for a repeat, 401 when it is not genuine; anything but 2xx makes the sender try again."""
    if request.method != "POST":
        return respond(request, Problem(405, "method_not_allowed", "Messages are posted.", headers={"Allow": "POST"}))
    secret = settings.WEBHOOK_SECRETS.get(source)
    if secret is None:
        return respond(request, Problem(404, "not_found", "We expect no messages from this source."))
    named = {"correlation_id": getattr(request, "correlation_id", ""), "request_id": getattr(request, "request_id", "")}
    with context.bind(Actor.system(f"webhook:{source}"), **named):
        return _take(request, source, secret)


receive.access_rule = "signature: as the source signs, with its secret"  # type: ignore[attr-defined]


def _take(request: HttpRequest, source: str, secret: str) -> HttpResponseBase:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        problem = Problem(413, "payload_too_large", f"A message may hold {MAX_BODY_BYTES} bytes.")
        return _refuse(request, source, headers, body, problem, "The body is too large.")
    inbox = inbox_of(source)
    try:
        webhook_id = verify.named(inbox.identify(headers, body))
        inbox.check(secret, headers, body)
    except NotGenuine as error:
        problem = Problem(401, "signature_invalid", "The signature does not fit, or the message is too old.")
        return _refuse(request, source, headers, body, problem, str(error))
    receipt = commands.store(source=source, webhook_id=webhook_id, headers=headers, body=body)
    if receipt.is_new:
        _process(receipt)
    return JsonResponse({"id": str(receipt.webhook_id)}, status=202 if receipt.is_new else 200)


def _process(receipt: commands.Receipt) -> None:
    """The message is safe by now, so a failure here is ours alone: the sweep processes it again."""
    try:
        commands.process_or_mark(receipt.webhook_id)
    except DatabaseError:
        log.exception("webhook stored, not processed", webhook=str(receipt.webhook_id))


def _refuse(
    request: HttpRequest, source: str, headers: Mapping[str, str], body: bytes, problem: Problem, detail: str
) -> HttpResponse:
    if commands.reject(source=source, headers=headers, body=body, detail=detail):
        return respond(request, problem)
    return respond(request, Problem(429, "rate_limited", "Too many refused messages.", headers={"Retry-After": "1"}))
