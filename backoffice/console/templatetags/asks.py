"""`{% load asks %}`: panels for the pages of postings, accounts and months that say what may be asked for there, and what waits."""

from typing import Any

from django import template

from backoffice.access.rules import operator_of
from backoffice.console.corrections import asks
from ledger.models import Account, LedgerTransaction

register = template.Library()
Context = dict[str, Any]


@register.inclusion_tag("ledger/_asks.html", takes_context=True)
def posting_asks(context: template.Context, posting: LedgerTransaction) -> Context:
    return {"asks": asks.of_posting(posting, operator_of(context["request"])), "title": "Correct it"}


@register.inclusion_tag("ledger/_asks.html", takes_context=True)
def account_asks(context: template.Context, account: Account) -> Context:
    """Nothing for an account on which nothing is owed."""
    return {"asks": asks.of_account(account, operator_of(context["request"])), "title": "Get it back"}
