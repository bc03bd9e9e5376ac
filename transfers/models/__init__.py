"""Floor 4, the data plane: transfers with their legs, calls, chain transactions and references."""

from transfers.models.batches import PayoutBatch
from transfers.models.bulk import BulkOrder, BulkPart, BulkUpload
from transfers.models.calendars import BankCalendar
from transfers.models.calls import InboundWebhook, ProviderCall, ProviderExchange
from transfers.models.cards import CardBatch, CardDispute, CardRefund
from transfers.models.chain import ChainTransaction, Wallet, WalletReservation
from transfers.models.conversions import Cashback, ConversionSplit, ConversionTerms, Promotion
from transfers.models.deposits import Arrival, DepositAddress, ScanMark, SendBack, StatedAddress
from transfers.models.events import TransferEvent, TransitionCount, TransitionMark
from transfers.models.idempotency import IdempotencyKey
from transfers.models.liquidity import LiquidityLevel, TreasuryMove
from transfers.models.outbox import OutboxEvent, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from transfers.models.pricing import QuoteAnswer, QuoteRound, RateSheet, RateSource
from transfers.models.processes import Heartbeat
from transfers.models.providers import ManualEntry, Provider, ProviderState, ProviderTerms
from transfers.models.quotes import BankAccount, Quote
from transfers.models.recalls import PayoutRecall
from transfers.models.receipts import Receipt, ReceiptOrder
from transfers.models.sweeps import DepositSweep, SettledHolding
from transfers.models.synthetic import SyntheticRun
from transfers.models.transfers import ExternalReference, Leg, MachineRow, Transfer

__all__ = [
    "Arrival",
    "BankAccount",
    "BankCalendar",
    "BulkOrder",
    "BulkPart",
    "BulkUpload",
    "CardBatch",
    "CardDispute",
    "CardRefund",
    "Cashback",
    "ChainTransaction",
    "ConversionSplit",
    "ConversionTerms",
    "DepositAddress",
    "DepositSweep",
    "ExternalReference",
    "Heartbeat",
    "IdempotencyKey",
    "InboundWebhook",
    "Leg",
    "LiquidityLevel",
    "MachineRow",
    "ManualEntry",
    "OutboxEvent",
    "PayoutBatch",
    "PayoutRecall",
    "Promotion",
    "Provider",
    "ProviderCall",
    "ProviderExchange",
    "ProviderState",
    "ProviderTerms",
    "Quote",
    "QuoteAnswer",
    "QuoteRound",
    "RateSheet",
    "RateSource",
    "Receipt",
    "ReceiptOrder",
    "ScanMark",
    "SendBack",
    "SettledHolding",
    "StatedAddress",
    "SyntheticRun",
    "Transfer",
    "TransferEvent",
    "TransitionCount",
    "TransitionMark",
    "TreasuryMove",
    "Wallet",
    "WalletReservation",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
