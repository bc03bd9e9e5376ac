"""What every endpoint has in common: a key, a rate, a scope, a bound actor, JSON only, problems only."""

from contextlib import ExitStack
from typing import Any, ClassVar

import structlog
from django.http.response import HttpResponseBase
from rest_framework.exceptions import PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import context
from audit.commands import record_refusal
from transfers.api.authentication import BearerKey, Caller
from transfers.api.parsing import StrictJson
from transfers.api.problems import CONTENT_TYPE, Problem
from transfers.api.refused import note_refused
from transfers.api.throttling import PerKey
from transfers.api.translation import problem_for
from transfers.vocabulary import API_ACCESS_REFUSED

log = structlog.get_logger(__name__)


class AlwaysJson(BaseContentNegotiation):
    """There is one representation, so `Accept` selects nothing and a browser gets JSON too."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return next((parser for parser in parsers if request.content_type.split(";")[0].strip().lower() == parser.media_type), None)

    def select_renderer(self, request: Request, renderers: Any, *_: Any, **__: Any) -> tuple[BaseRenderer, str]:  # noqa: ARG002
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A subclass names the scope of each method in `scopes`; `access_rule` is written from it, for access reviews. Methods in
    `admits_later` have the key judged and the request counted by the statement that writes, and call `admit` where none did."""

    scopes: ClassVar[dict[str, str]] = {}
    admits_later: ClassVar[frozenset[str]] = frozenset()
    access_rule: ClassVar[str] = ""
    authentication_classes = [BearerKey]
    permission_classes = []
    throttle_classes = [PerKey]
    parser_classes = [StrictJson]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJson
    metadata_class = None
    http_method_names = ["get", "head", "post"]
    is_let_in = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        names = sorted(set(cls.scopes.values()))
        if len(names) == 1:
            cls.access_rule = f"scope:{names[0]}"
        elif names:
            cls.access_rule = "scope:" + ", ".join(f"{scope} ({method})" for method, scope in cls.scopes.items())

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._bound:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Key, then rate, then scope: a key without the scope may not hammer either."""
        if self._needed(request) is None:
            self.http_method_not_allowed(request)
        self.perform_authentication(request)
        named = {"correlation_id": getattr(request, "correlation_id", ""), "request_id": getattr(request, "request_id", "")}
        self._bound.enter_context(context.bind(self.caller.actor(), **named))
        self.is_let_in = True
        self._bound.enter_context(
            structlog.contextvars.bound_contextvars(client_id=self.caller.client_id, api_key=self.caller.key_prefix)
        )
        self.check_throttles(request)
        self._check_scope(request)

    def admit(self) -> None:
        """Have the key judged and the request counted now, if that was left to a statement that has not done it. Raises what
        `initial` raises."""
        if self.caller.door is not None:
            self.request.user, self.request.auth = BearerKey().ask(self.request)  # type: ignore[assignment]
            self.check_throttles(self.request)
            self._check_scope(self.request)

    @property
    def caller(self) -> Caller:
        """Who calls. Only after authentication."""
        caller: Caller = self.request.user  # type: ignore[assignment]
        return caller

    def _needed(self, request: Request) -> str | None:
        return self.scopes.get("GET" if request.method == "HEAD" else str(request.method))

    def _check_scope(self, request: Request) -> None:
        needed = self._needed(request)
        if needed in self.caller.scopes:
            return
        record_refusal(
            type=API_ACCESS_REFUSED,
            resource_type="api_key",
            resource_id=str(self.caller.key_id),
            reason=f"{request.method} {request.path} needs the scope {needed}",
        )
        raise PermissionDenied(f"This needs a key with the scope {needed}.")

    def get_exception_handler(self) -> Any:
        return self._answer_problem

    def _answer_problem(self, error: Exception, _context: dict[str, Any]) -> Response:
        problem = problem_for(error)
        if problem.status >= 500:
            log.error("request failed", code=problem.code, exc_info=error)
        if self.is_let_in:
            note_refused(self.request, self.caller, problem, self.kwargs)
        return self.refuse(problem)

    def refuse(self, problem: Problem) -> Response:
        body = problem.body(path=self.request.path, request_id=getattr(self.request, "request_id", ""))
        return Response(body, status=problem.status, content_type=CONTENT_TYPE, headers=dict(problem.headers))
