"""Banks that speak ISO 20022 over HTTPS: pain.001 out, pain.002 back, camt.053 fetched."""

from transfers.rails.bank.adapter import BankAnswer, BankRail, BatchAnswer, RecallAnswer
from transfers.rails.bank.camt056 import RecallRequest
from transfers.rails.bank.pain001 import CreditTransfer

__all__ = ["BankAnswer", "BankRail", "BatchAnswer", "CreditTransfer", "RecallAnswer", "RecallRequest"]
