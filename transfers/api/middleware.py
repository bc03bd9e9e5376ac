"""Keeps every error under the machine-facing paths a problem document, also those that never reach a REST view: an unknown path, a
crash in a middleware, a view that declares no access rule."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from transfers.api.problems import CONTENT_TYPE, INTERNAL_ERROR, Problem, respond
from transfers.api.translation import INTERNAL

_PREFIXES = ("/v1/", "/hooks/")
_CODES = {
    400: ("invalid_request", "The request cannot be read."),
    403: ("forbidden", "You may not use this."),
    404: ("not_found", "There is no such address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("payload_too_large", "The body is larger than any request here can be."),
}


class Problems:
    """Stands inside the middleware that names the request, so that `request_id` is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path.startswith(_PREFIXES) or response.status_code < 400:
            return response
        if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        return respond(request, _problem(response))


def _problem(response: HttpResponseBase) -> Problem:
    status = response.status_code
    if status >= 500:
        return INTERNAL if status == 500 else Problem(status, INTERNAL_ERROR, INTERNAL.detail)
    code, detail = _CODES.get(status, ("invalid_request", "The request was refused."))
    headers = {"Allow": response.headers["Allow"]} if "Allow" in response.headers else {}
    return Problem(status, code, detail, headers=headers)
