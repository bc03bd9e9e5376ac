"""Whose accounts an operator may see."""

from django.db.models import Q, QuerySet

from backoffice.access.models import Operator
from backoffice.console.transfers.scope import client_ids
from ledger.chart import client_owner
from ledger.models import Account


def owners(operator: Operator) -> list[str] | None:
    """As the queries of the ledger take it: the house and the operator's clients; None for everybody."""
    clients = client_ids(operator)
    return None if clients is None else ["", *(client_owner(client_id) for client_id in clients)]


def visible_accounts(operator: Operator) -> QuerySet[Account]:
    """House accounts, and those of clients in the operator's scope."""
    seen = owners(operator)
    return Account.objects.filter(Q() if seen is None else Q(owner__in=seen))
