"""The card rail: a payment service provider over HTTP, in our words."""

from transfers.rails.psp.adapter import CardOrder, PspRail
from transfers.rails.psp.answers import Batch, BatchLine, CardPayment, Dispute, Refund

__all__ = ["Batch", "BatchLine", "CardOrder", "CardPayment", "Dispute", "PspRail", "Refund"]
