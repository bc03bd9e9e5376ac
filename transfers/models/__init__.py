"""Floor 4, the data plane: transfers with their legs, calls, chain transactions and references."""

from transfers.models.calendars import BankCalendar
from transfers.models.calls import InboundWebhook, ProviderCall
from transfers.models.chain import ChainTransaction, Wallet, WalletReservation
from transfers.models.events import TransferEvent
from transfers.models.idempotency import IdempotencyKey
from transfers.models.processes import Heartbeat
from transfers.models.quotes import BankAccount, Quote
from transfers.models.transfers import ExternalReference, Leg, MachineRow, Transfer

__all__ = [
    "BankAccount",
    "BankCalendar",
    "ChainTransaction",
    "ExternalReference",
    "Heartbeat",
    "IdempotencyKey",
    "InboundWebhook",
    "Leg",
    "MachineRow",
    "ProviderCall",
    "Quote",
    "Transfer",
    "TransferEvent",
    "Wallet",
    "WalletReservation",
]
