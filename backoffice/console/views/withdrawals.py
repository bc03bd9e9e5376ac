"""Making a withdrawal: choose the client, fill in the order, read what would happen to it, and only then give it.

Every step is this one address. Nothing is written before the last press, and that press counts once however often it is sent.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from approvals.models import Client, Corridor
from audit.identity import new_id
from backoffice.access.models import Operator
from backoffice.access.rules import operator_of, requires
from backoffice.console.transfers import draft
from backoffice.console.transfers.forms import ClientChoiceForm, WithdrawalForm
from backoffice.console.transfers.once import TokenUsed, make_once
from backoffice.console.transfers.scope import visible_clients
from ledger.queries import balances_of
from transfers.commands.house import HOUSE
from transfers.commands.orders import WithdrawalOrder
from transfers.errors import Refused, Unavailable

REVIEW, GIVE = "review", "give"


@requires("transfers.create_withdrawal")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    operator = operator_of(request)
    client = chosen_client(request, operator)
    if client is None:
        clients = visible_clients(operator).exclude(pk=HOUSE)
        return TemplateResponse(
            request, "transfers/new_client.html", {"form": ClientChoiceForm(clients=clients), "has_clients": clients.exists()}
        )
    if request.method == "GET":
        return _form(request, client, _drawn(client))
    form = _sent(request, client)
    step = request.POST.get("step")
    if not form.is_valid():
        return _form(request, client, form, status=422)
    if step not in (REVIEW, GIVE):
        return _form(request, client, form)
    try:
        order = _order(form, client, operator)
        if step == GIVE:
            return _give(request, client, order, form, operator)
        return _review(request, client, order, form)
    except (Refused, Unavailable) as error:
        return _refused(request, client, error)


def chosen_client(request: HttpRequest, operator: Operator) -> Client | None:
    """None while none is chosen. Raises Http404 for one out of scope."""
    chosen = request.POST.get("client") or request.GET.get("client")
    if not chosen:
        return None
    found = visible_clients(operator).exclude(pk=HOUSE).filter(pk=chosen).first()
    if found is None:
        raise Http404("no such client")
    return found


def _drawn(client: Client) -> WithdrawalForm:
    """An empty form with a token of its own."""
    return WithdrawalForm(client=client, lanes=_lanes(client), initial={"token": new_id()})


def _sent(request: HttpRequest, client: Client, **changes: str) -> WithdrawalForm:
    return WithdrawalForm({**request.POST.dict(), **changes}, client=client, lanes=_lanes(client))


def _lanes(client: Client) -> list[Corridor]:
    """Every corridor that any of the client's destinations can use, once."""
    lanes = {lane.pk: lane for choice in draft.choices(client.pk) for lane in choice.corridors}
    return [lanes[key] for key in sorted(lanes)]


def _order(form: WithdrawalForm, client: Client, operator: Operator) -> WithdrawalOrder:
    given = form.cleaned_data
    return draft.order_of(
        client_id=client.pk,
        destination=given["destination"],
        amount=given["amount"],
        corridor=given["corridor"],
        reference=given["reference"],
        operator=operator,
    )


def _give(request: HttpRequest, client: Client, order: WithdrawalOrder, form: WithdrawalForm, operator: Operator) -> HttpResponse:
    """Raises Refused and Unavailable."""
    try:
        made = make_once(order, token=form.cleaned_data["token"], operator_id=operator.pk)
    except TokenUsed as used:
        fresh = _sent(request, client, token=str(new_id()))
        fresh.add_error(None, _already_sent(used))
        return _form(request, client, fresh, status=409)
    if made.is_repeat:
        messages.info(request, "This form was sent before: here is the transfer it made. There is only one.")
    elif made.transfer.approval_request_id:
        messages.success(request, "Made. The funds are on hold; it waits for somebody else to approve it.")
    else:
        messages.success(request, "Made. The policy lets it go without an approval.")
    return redirect("console:transfer", made.transfer.pk)


def _already_sent(used: TokenUsed) -> str:
    again = "This form was sent before with other content."
    if used.transfer is None:
        return f"{again} That was refused. Read it again and send it."
    url = reverse("console:transfer", args=[used.transfer.pk])
    return format_html('{} It made <a href="{}">{}</a>. Sending this makes another one.', again, url, used.transfer.reference)


def _review(request: HttpRequest, client: Client, order: WithdrawalOrder, form: WithdrawalForm) -> HttpResponse:
    """Raises Refused."""
    found = draft.review(order)
    return TemplateResponse(request, "transfers/new_review.html", {"form": form, "client": client, "review": found, "order": order})


def _refused(request: HttpRequest, client: Client, error: Exception) -> HttpResponse:
    """What was wrong stands beside the fields; a fresh token, since what was sent under the old one is over."""
    form = _sent(request, client, token=str(new_id()))
    form.is_valid()
    fields: dict[str, str] = getattr(error, "fields", {})
    for name, problem in fields.items():
        known = name.split(".")[0]
        if known in form.fields:
            form.add_error(known, problem)
    form.add_error(None, getattr(error, "detail", str(error)))
    return _form(request, client, form, status=422 if isinstance(error, Refused) else 503)


def _form(request: HttpRequest, client: Client, form: WithdrawalForm, *, status: int = 200) -> HttpResponse:
    found = draft.choices(client.pk)
    chosen = str(form["destination"].value() or "")
    several = any(len(choice.corridors) > 1 for choice in found)
    context = {"form": form, "client": client, "choices": found, "chosen": chosen, "asks_corridor": several}
    context["balances"] = [one for one in balances_of(f"client:{client.pk}") if one.status == "open"]
    return TemplateResponse(request, "transfers/new.html", context, status=status)
