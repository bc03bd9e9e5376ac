"""The reads of this floor, for the console, search, reports and the floors above."""

from transfers.queries.actions import Available, available_actions
from transfers.queries.listing import Page, TransferFilter, transfer_page
from transfers.queries.searching import Hit, search
from transfers.queries.timeline import TimelineEntry, timeline

__all__ = [
    "Available",
    "Hit",
    "Page",
    "TimelineEntry",
    "TransferFilter",
    "available_actions",
    "search",
    "timeline",
    "transfer_page",
]
