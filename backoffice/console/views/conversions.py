"""Converting between two balances of a client: say how much, read a firm price with all that it costs, and take it while it holds.

Every step is this one address. Nothing is written before the last press but the price itself, and that press counts once.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from approvals.models import Client, Corridor
from audit.identity import new_id
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.transfers import draft
from backoffice.console.transfers.conversion import ConversionForm, lanes_of, order_of, price_taken
from backoffice.console.transfers.once import TokenUsed, make_once
from backoffice.console.views.withdrawals import chosen_client
from ledger.queries import balances_of
from transfers.commands.quotes import QuoteWish, give_quote
from transfers.errors import Refused, Unavailable
from transfers.models import Quote

PRICE, GIVE = "price", "give"


@requires("transfers.create_withdrawal")
@require_http_methods(["GET", "POST"])
def convert(request: HttpRequest) -> HttpResponse:
    operator = operator_of(request)
    client = chosen_client(request, operator)
    if client is None:
        return redirect("console:transfer-new")
    lanes = lanes_of(client)
    form = ConversionForm(request.POST or None, lanes=lanes, initial={"token": new_id()})
    step = request.POST.get("step")
    if request.method == "GET" or not form.is_valid() or step not in (PRICE, GIVE):
        return _form(request, client, form, status=422 if step and not form.is_valid() else 200)
    lane = next(one for one in lanes if one.pk == form.cleaned_data["corridor"])
    try:
        return (_give if step == GIVE else _price)(request, client, lane, form, operator)
    except (Refused, Unavailable) as error:
        return _refused(request, client, form, error)


def _price(request: HttpRequest, client: Client, lane: Corridor, form: ConversionForm, operator: Operator) -> HttpResponse:
    """Raises Refused and Unavailable."""
    given = form.cleaned_data
    quote = give_quote(
        QuoteWish(
            client_id=client.pk,
            source_currency=lane.source_asset_id,
            target_currency=lane.target_asset_id,
            amount=given["amount"],
            corridor=lane.pk,
        )
    )
    named = quote.pk if quote.kind == Quote.Kind.FIRM else None
    review = draft.review(order_of(client=client, lane=lane, given=given | {"quote_id": named}, operator=operator))
    context = {"form": form, "client": client, "review": review, "taken": price_taken(quote), "quote_id": named or ""}
    return TemplateResponse(request, "transfers/convert_price.html", context)


def _give(request: HttpRequest, client: Client, lane: Corridor, form: ConversionForm, operator: Operator) -> HttpResponse:
    """Raises Refused and Unavailable."""
    order = order_of(client=client, lane=lane, given=form.cleaned_data, operator=operator)
    try:
        made = make_once(order, token=form.cleaned_data["token"], operator_id=operator.pk)
    except TokenUsed:
        form.add_error(None, "This form was sent before with other content. Ask for a new price.")
        return _form(request, client, form, status=409)
    if made.is_repeat:
        messages.info(request, "This form was sent before: here is the conversion it made. There is only one.")
    elif made.transfer.approval_request_id:
        messages.success(request, "Ordered. The funds are on hold; it waits for somebody else to approve it.")
    else:
        messages.success(request, "Ordered at the price that you took.")
    return redirect("console:transfer", made.transfer.pk)


def _refused(request: HttpRequest, client: Client, form: ConversionForm, error: Refused | Unavailable) -> HttpResponse:
    """What was wrong stands beside the fields, or above them."""
    fields: dict[str, str] = getattr(error, "fields", {})
    for name, problem in fields.items():
        if name in form.fields and name != "quote_id":
            form.add_error(name, problem)
    form.add_error(None, getattr(error, "detail", str(error)))
    return _form(request, client, form, status=422 if isinstance(error, Refused) else 503)


def _form(request: HttpRequest, client: Client, form: ConversionForm, *, status: int = 200) -> HttpResponse:
    balances = [one for one in balances_of(f"client:{client.pk}") if one.status == "open"]
    context = {"form": form, "client": client, "balances": balances, "has_lanes": len(form.fields["corridor"].choices) > 1}  # type: ignore[attr-defined]
    return TemplateResponse(request, "transfers/convert.html", context, status=status)
