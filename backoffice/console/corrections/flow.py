"""Form, review, request: what was reviewed is what is asked for, byte for byte, since the review carries the payload signed.

The last press counts once: asking twice for the same finds the request that waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from approvals import canonical
from approvals.commands import request_correction
from approvals.corrections.payload import posting_of, to_payload
from approvals.corrections.quorum import ROLE, quorum_for
from approvals.corrections.words import describe, title, why_not
from approvals.errors import RequestAlreadyPending
from approvals.models import ApprovalRequest
from audit.commands import record_refusal
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of
from backoffice.console.approvals.page import lines
from backoffice.console.approvals.preview import rows_of
from ledger.commands.corrections import rehearse_correction
from ledger.errors import LedgerError
from ledger.posting import Posting

REVIEW, ASK = "review", "ask"
NO_PERSON = "Your account belongs to no person, so nobody could tell whether two people decided. Ask an admin."
_SALT = "ledger.correct"
_REVIEW_LIVES_S = 3600


@dataclass(frozen=True, slots=True)
class Flow:
    """One correction being asked for. `build` makes the posting of the valid form and may raise LedgerError; `record` is the name
    of what it is about and `back` its page; `context` is what the form's template shows beside the form."""

    form: forms.BaseForm
    build: Callable[[], Posting]
    template: str
    back: str
    record: str
    context: dict[str, Any] = field(default_factory=dict)


class OutOfDate(Exception):
    """What was reviewed is too old, or somebody else's."""


def run(request: HttpRequest, flow: Flow) -> HttpResponse:
    """GET draws the form; the steps of its POST are review, ask, and anything else for the form again."""
    step = request.POST.get("step", "")
    if request.method == "POST" and step == ASK:
        return _ask(request, flow)
    if request.method != "POST" or step != REVIEW:
        return _form(request, flow)
    if not flow.form.is_valid():
        return _form(request, flow, status=422)
    try:
        given = flow.build()
        rehearse_correction(given)
    except LedgerError as error:
        return _form(request, flow, error=why_not(error), status=422)
    return _review(request, flow, given)


def _form(request: HttpRequest, flow: Flow, *, error: str = "", status: int = 200) -> HttpResponse:
    return TemplateResponse(
        request, flow.template, {"form": flow.form, "back": flow.back, "error": error} | flow.context, status=status
    )


def _review(request: HttpRequest, flow: Flow, given: Posting) -> HttpResponse:
    content = to_payload(given)
    context = {
        "form": flow.form,
        "back": flow.back,
        "record": flow.record,
        "title": title(content),
        "facts": [line for line in lines(describe(content)) if line.label not in ("Debit", "Credit")],
        "rows": rows_of(given.lines),
        "quorum": quorum_for(content),
        "role": ROLE,
        "signed": signing.dumps({"payload": content, "operator": operator_of(request).pk}, salt=_SALT),
    }
    return TemplateResponse(request, "ledger/correction_review.html", context)


def _ask(request: HttpRequest, flow: Flow) -> HttpResponse:
    operator = operator_of(request)
    try:
        content = _reviewed(request, operator)
    except OutOfDate as error:
        return _form(request, flow, error=str(error), status=409)
    if operator.person_id is None:
        return _form(request, flow, error=NO_PERSON, status=403)
    try:
        asked = request_correction(given=posting_of(content), maker=operator.person_id)
    except RequestAlreadyPending as error:
        waiting = _same(content)
        if waiting is None:
            return _refused(request, flow, content, str(error), status=409)
        messages.info(request, "This was asked for already; here it waits.")
        return redirect("console:approval", waiting.pk)
    except LedgerError as error:
        return _refused(request, flow, content, why_not(error), status=409)
    people = "one other person decides" if asked.quorum == 1 else f"{asked.quorum} other people decide"
    messages.success(request, f"Asked: {people}. Nothing is booked before.")
    return redirect(flow.back)


def _reviewed(request: HttpRequest, operator: Operator) -> dict[str, Any]:
    try:
        kept = signing.loads(request.POST.get("signed", ""), salt=_SALT, max_age=_REVIEW_LIVES_S)
    except signing.BadSignature:
        raise OutOfDate("The review is too old. Read it again.") from None
    if kept["operator"] != operator.pk:
        raise OutOfDate("Somebody else reviewed this. Read it yourself.")
    content: dict[str, Any] = kept["payload"]
    return content


def _same(content: dict[str, Any]) -> ApprovalRequest | None:
    """The waiting request for exactly these bytes."""
    digest = canonical.digest_of(canonical.to_bytes(content))
    return ApprovalRequest.objects.filter(status=ApprovalRequest.Status.PENDING, digest=digest).first()


def _refused(request: HttpRequest, flow: Flow, content: dict[str, Any], words: str, *, status: int) -> HttpResponse:
    record_refusal(
        type="console.correction_refused",
        resource_type="ledger_transaction",
        resource_id=content["reference"],
        reason=words,
        metadata={"operator": operator_of(request).get_username(), "title": title(content)},
    )
    return _form(request, flow, error=words, status=status)
