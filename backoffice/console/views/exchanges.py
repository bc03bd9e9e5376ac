"""What went over the wire to a provider, as it went, secrets masked. It names people and amounts, so each reading is recorded."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit.commands import record_access
from backoffice.access.roles import VIEW_CLIENT
from backoffice.access.rules import operator_of, requires
from backoffice.console.transfers.scope import transfer_of
from transfers.models import Provider, ProviderExchange
from transfers.queries.exchanges import exchanges_of

READ = "console.exchange_read"


@requires("transfers.view_provider")
@never_cache
@require_safe
def said(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """One request for no transfer that there was, and its answer. A statement names everybody's clients, so only who sees them all
    finds it."""
    found = ProviderExchange.objects.filter(transfer__isnull=True, pk=exchange_id).first()
    if found is None or not operator_of(request).has_perm(VIEW_CLIENT):
        raise Http404("no such exchange")
    told = {"provider": found.provider, "operation": found.operation}
    record_access(type=READ, resource_type="provider_exchange", resource_id=str(found.pk), metadata=told)
    known = Provider.objects.filter(pk=found.provider).first()
    return render(request, "providers/exchange.html", {"exchange": found, "provider": known})


@requires("transfers.view_transfer")
@never_cache
@require_safe
def exchange(request: HttpRequest, transfer_id: UUID, exchange_id: UUID) -> HttpResponse:
    """One request and its answer."""
    operator = operator_of(request)
    transfer = transfer_of(operator, transfer_id)
    found = exchanges_of(transfer.pk, with_shared=operator.has_perm(VIEW_CLIENT)).filter(pk=exchange_id).first()
    if found is None:
        raise Http404("no such exchange")
    said = {"provider": found.provider, "operation": found.operation}
    record_access(
        type=READ, resource_type="provider_exchange", resource_id=str(found.pk), metadata=said, transaction_id=transfer.pk
    )
    return render(request, "transfers/exchange.html", {"transfer": transfer, "exchange": found})
