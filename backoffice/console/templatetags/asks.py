"""`{% load asks %}`: panels for the pages of postings, accounts and months that say what may be asked for there, and what waits."""

from typing import Any

from django import template
from django.forms import BoundField

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


@register.inclusion_tag("ledger/_cell.html")
def cell(bound: BoundField, row: int) -> Context:
    """A field in a table of lines: the head of the column says what it is, and a hidden label says it again with the row."""
    attrs: dict[str, str | bool] = {"aria-invalid": "true", "aria-describedby": f"{bound.auto_id}_error"} if bound.errors else {}
    return {"field": bound, "row": row, "widget": bound.as_widget(attrs=attrs)}
