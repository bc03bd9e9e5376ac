"""The card rail: a payment service provider over HTTP, in our words."""

from transfers.rails.psp.adapter import Batch, BatchLine, CardPayment, Dispute, PspRail, Refund

__all__ = ["Batch", "BatchLine", "CardPayment", "Dispute", "PspRail", "Refund"]
