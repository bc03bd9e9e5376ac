"""Postings, entries and holds of one business transaction."""

from uuid import UUID

from django.db.models import QuerySet

from ledger.models import Entry, Hold, LedgerTransaction


def postings_of(transaction_id: UUID) -> "QuerySet[LedgerTransaction]":
    """The postings of a business transaction, oldest first."""
    return LedgerTransaction.objects.filter(transaction_id=transaction_id).order_by("booked_at", "id")


def entries_of(transaction_id: UUID) -> "QuerySet[Entry]":
    """The entries of a business transaction with their accounts and postings, oldest first."""
    entries = Entry.objects.filter(transaction__transaction_id=transaction_id)
    return entries.select_related("account__asset", "transaction").order_by("booked_at", "transaction_id", "ordinal")


def holds_of(transaction_id: UUID) -> "QuerySet[Hold]":
    """The holds of a business transaction with their accounts, oldest first."""
    return Hold.objects.filter(transaction_id=transaction_id).select_related("account__asset").order_by("placed_at", "id")
