"""Asking that a card deposit be refunded, whole or in part. Others decide."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from approvals.errors import RequestAlreadyPending
from approvals.models import ApprovalRequest
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.corrections.flow import NO_PERSON
from backoffice.console.transfers.scope import transfer_of
from ledger import chart
from ledger.money import AssetUnit, Money, MoneyError
from ledger.queries import balance, unit
from transfers.commands.deposits.refund import refundable, refunded, request_refund
from transfers.commands.deposits.refund_payload import ACTION
from transfers.errors import Conflict, Refused
from transfers.models import Transfer
from transfers.states import Route

_OUT_OF_DATE = "Some of it went back since this page was opened. Open it again and read what is left before you ask for more."


class RefundForm(forms.Form):
    amount = forms.CharField(label="Amount", max_length=80, help_text="What goes back to the card.")
    # What had gone back when the form was drawn: sent again after that, it asks for nothing.
    given = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label="Why it is refunded",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the client or the cardholder has asked for. The approver reads it.",
    )

    def __init__(self, *args: Any, asset: AssetUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asset = asset
        self.fields["amount"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_amount(self) -> int:
        try:
            return int(Money.parse(self.cleaned_data["amount"].strip().replace(",", ""), self.asset).minor)
        except MoneyError as error:
            raise forms.ValidationError(f"{error}.") from error


@requires("transfers.create_withdrawal")
@require_http_methods(["GET", "POST"])
def refund(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """The form, with what was charged, what went back and what the client has beside it."""
    operator = operator_of(request)
    deposit = transfer_of(operator, transfer_id)
    if deposit.route != Route.CARD_DEPOSIT:
        raise Http404("no card deposit")
    asset, left = unit(deposit.source_asset_id), refundable(deposit)
    so_far = refunded(deposit)
    form = RefundForm(request.POST or None, asset=asset, initial={"amount": Money(left, asset).format(), "given": so_far})
    error = ""
    if request.method == "POST" and form.is_valid():
        drawn_at = form.cleaned_data.pop("given")
        error = _ask(request, operator, deposit, form.cleaned_data) if drawn_at in (None, so_far) else _OUT_OF_DATE
        if not error:
            return redirect("console:transfer", deposit.pk)
    pending = ApprovalRequest.objects.filter(action=ACTION, subject_id=str(deposit.pk), status="pending").first()
    context = {
        "form": form,
        "error": error,
        "transfer": deposit,
        "left": left,
        "given": so_far,
        "available": balance(chart.client_account_code(deposit.client_id, deposit.source_asset_id)).available,
        "pending": pending,
    }
    return TemplateResponse(request, "transfers/refund.html", context, status=422 if form.is_bound else 200)


def _ask(request: HttpRequest, operator: Operator, deposit: Transfer, given: dict[str, Any]) -> str:
    """Empty when it was asked for, else why not."""
    if operator.person_id is None:
        return NO_PERSON
    try:
        asked = request_refund(deposit_id=deposit.pk, maker=operator.person_id, **given)
    except RequestAlreadyPending:
        return "Somebody has asked for a refund of it already; that request waits for a decision."
    except (Conflict, Refused) as error:
        return str(error)
    messages.success(request, f"Asked: {asked.title}. Nothing is given back until it is approved.")
    return ""
