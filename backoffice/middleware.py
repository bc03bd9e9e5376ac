"""Names every request before anything else looks at it.

`request.request_id` is ours and new for each request. `request.correlation_id` is the caller's `Correlation-Id` when it is well
formed, else the request id. Both go out as response headers and on every log line; whoever binds an actor (console middleware,
the API's authentication, the webhook inbox) hands them to `audit.context.bind`.
"""

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audit.identity import new_id

# Visible ASCII of a sane length: it lands in logs, headers and rows.
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:/+=\-]{1,128}")


class Identify:
    """Outermost of our middlewares, so that also a refused request can be found again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = str(new_id())
        given = request.headers.get("Correlation-Id", "")
        correlation_id = given if _CORRELATION_ID.fullmatch(given) else request_id
        request.request_id = request_id  # type: ignore[attr-defined]
        request.correlation_id = correlation_id  # type: ignore[attr-defined]
        # django_structlog reads its request id from here; what the caller sent under this name is not to be believed.
        request.META["HTTP_X_REQUEST_ID"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id, correlation_id=correlation_id):
            response = self.get_response(request)
        response["Request-Id"] = request_id
        response["Correlation-Id"] = correlation_id
        return response
