"""REST v1. Addresses have no trailing slash."""

from django.urls import path

from transfers.api.views.balances import Balances
from transfers.api.views.bulk import BulkCancel, BulkResults, BulkTransferLines, BulkTransfers, OneBulk
from transfers.api.views.cards import CardDeposits
from transfers.api.views.deposits import DepositAddresses
from transfers.api.views.events import Events
from transfers.api.views.incoming import IncomingTransfers, OneIncoming
from transfers.api.views.quotes import Quotes
from transfers.api.views.receipts import ReceiptKeys, TransferReceipt
from transfers.api.views.schema import Schema
from transfers.api.views.transfers import OneTransfer, TransferCancel, TransferEvents, Transfers
from transfers.api.views.webhooks import OneWebhook, Webhooks, WebhookSecretRotation

urlpatterns = [
    path("transfers", Transfers.as_view(), name="v1-transfers"),
    path("transfers/<str:transaction_id>", OneTransfer.as_view(), name="v1-transfer"),
    path("transfers/<str:transaction_id>/cancel", TransferCancel.as_view(), name="v1-transfer-cancel"),
    path("transfers/<str:transaction_id>/events", TransferEvents.as_view(), name="v1-transfer-events"),
    path("bulk_transfers", BulkTransfers.as_view(), name="v1-bulk-transfers"),
    path("bulk_transfers/<str:bulk_id>", OneBulk.as_view(), name="v1-bulk-transfer"),
    path("bulk_transfers/<str:bulk_id>/lines", BulkTransferLines.as_view(), name="v1-bulk-lines"),
    path("bulk_transfers/<str:bulk_id>/results", BulkResults.as_view(), name="v1-bulk-results"),
    path("bulk_transfers/<str:bulk_id>/cancel", BulkCancel.as_view(), name="v1-bulk-cancel"),
    path("quotes", Quotes.as_view(), name="v1-quotes"),
    path("incoming_transfers", IncomingTransfers.as_view(), name="v1-incoming-transfers"),
    path("incoming_transfers/<str:transaction_id>", OneIncoming.as_view(), name="v1-incoming-transfer"),
    path("transfers/<str:transaction_id>/receipt", TransferReceipt.as_view(), name="v1-transfer-receipt"),
    path("receipt_keys", ReceiptKeys.as_view(), name="v1-receipt-keys"),
    path("balances", Balances.as_view(), name="v1-balances"),
    path("events", Events.as_view(), name="v1-events"),
    path("webhooks", Webhooks.as_view(), name="v1-webhooks"),
    path("webhooks/<str:webhook_id>", OneWebhook.as_view(), name="v1-webhook"),
    path("webhooks/<str:webhook_id>/rotate_secret", WebhookSecretRotation.as_view(), name="v1-webhook-rotate"),
    path("deposit_addresses", DepositAddresses.as_view(), name="v1-deposit-addresses"),
    path("card_deposits", CardDeposits.as_view(), name="v1-card-deposits"),
    path("openapi.json", Schema.as_view(), name="v1-openapi"),
]
