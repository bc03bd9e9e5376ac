"""Wallets, what is reserved of them, and every transaction ever signed for a leg."""

from django.db import models
from django.db.models import Q

from approvals.models.history import Versioned, versions
from audit.identity import new_id
from ledger.fields import MinorUnitsField


class Wallet(Versioned):
    """An on-chain address of ours. The row is the lock under which inventory and gas are reserved. The signer holds the keys of hot
    and settlement wallets; keys of cold ones are kept by people, and what belongs to the house alone lies in house wallets."""

    class Purpose(models.TextChoices):
        HOT = "hot"
        SETTLEMENT = "settlement"
        COLD = "cold"
        HOUSE = "house"

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.TextField()
    network = models.TextField()
    chain_id = models.BigIntegerField()
    address = models.CharField(max_length=42)
    purpose = models.TextField(choices=Purpose.choices)
    token_account_code = models.TextField(help_text="Ledger account of its tokens.")
    gas_account_code = models.TextField(blank=True, default="", help_text="Ledger account of its gas asset, where it pays gas.")

    history = versions()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "address"], name="transfers_wallet_once_per_network")]


class WalletReservation(models.Model):
    """Tokens and gas of a wallet promised to one leg, from FUNDS_LOCKED until booked or given back; a reorg opens it again.

    `gas_amount` is also the most that any attempt may cost, and operators may raise it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="reservations")
    leg = models.OneToOneField("transfers.Leg", on_delete=models.PROTECT, related_name="reservation")
    amount = MinorUnitsField()
    gas_amount = MinorUnitsField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    hurried_at = models.DateTimeField(null=True, help_text="When somebody asked to outbid what waits, whatever its age.")
    recalled_at = models.DateTimeField(null=True, help_text="When somebody asked to use up its nonce without paying.")

    class Meta:
        # What is still promised: few rows, however many promises were kept.
        indexes = [models.Index(fields=["wallet"], condition=Q(ended_at__isnull=True), name="transfers_reservation_open")]


class ChainTransaction(models.Model):
    """Signed bytes, stored with their hash before they are broadcast. Every hash ever signed for a nonce stays here and is
    watched."""

    class Status(models.TextChoices):
        SIGNED = "signed"
        BROADCAST = "broadcast"
        MINED = "mined"
        CONFIRMED = "confirmed"
        REVERTED = "reverted"
        REPLACED = "replaced"

    class Purpose(models.TextChoices):
        PAYMENT = "payment"
        CANCEL = "cancel"

    hash = models.CharField(primary_key=True, max_length=66)
    leg = models.ForeignKey("transfers.Leg", on_delete=models.PROTECT, related_name="chain_transactions")
    attempt = models.PositiveSmallIntegerField()
    purpose = models.TextField(choices=Purpose.choices, default=Purpose.PAYMENT)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="chain_transactions")
    nonce = models.BigIntegerField()
    raw = models.BinaryField()
    max_fee_per_gas = MinorUnitsField()
    max_priority_fee_per_gas = MinorUnitsField()
    gas_limit = models.BigIntegerField()
    status = models.TextField(choices=Status.choices, default=Status.SIGNED)
    signed_at = models.DateTimeField()
    broadcast_at = models.DateTimeField(null=True)
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, blank=True, default="")
    confirmations = models.PositiveIntegerField(default=0)
    gas_cost = MinorUnitsField(null=True, help_text="Gas used times effective price, in the gas asset's minor units.")
    watch_at = models.DateTimeField(null=True, help_text="When to look whether its block is still there; null when final.")

    class Meta:
        indexes = [
            models.Index(fields=["block_number"], name="transfers_chain_tx_block"),
            models.Index(fields=["watch_at"], condition=Q(watch_at__isnull=False), name="transfers_chain_tx_watch"),
            # What no block holds yet.
            models.Index(
                fields=["wallet", "nonce", "attempt"],
                condition=Q(status__in=["signed", "broadcast"]),
                name="transfers_chain_tx_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["leg", "attempt"], name="transfers_chain_transaction_once_per_attempt"),
            models.CheckConstraint(condition=Q(nonce__gte=0), name="transfers_chain_transaction_nonce_not_negative"),
        ]
