"""Money that arrives: where clients may send it, and every arrival as the outside showed it."""

from datetime import UTC, date

from django.db import models
from django.db.models import Q

from audit.identity import new_id
from ledger.fields import MinorUnitsField


class DepositAddress(models.Model):
    """Where one client's money comes in: an address whose key the signer holds, or a reference that goes with a bank account of
    ours. Append-only: an address once told to somebody is watched for ever."""

    class Kind(models.TextChoices):
        CRYPTO_ADDRESS = "crypto_address"
        BANK_REFERENCE = "bank_reference"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="deposit_addresses")
    kind = models.TextField(choices=Kind.choices)
    network = models.TextField(blank=True, default="")
    bank_account = models.ForeignKey("transfers.BankAccount", null=True, on_delete=models.PROTECT, related_name="+")
    value = models.TextField(help_text="The address, or the reference that the payer writes into the payment.")
    from_block = models.BigIntegerField(null=True, help_text="First block in which it can have received anything.")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "deposit addresses"
        constraints = [
            models.UniqueConstraint(fields=["kind", "network", "value"], name="transfers_deposit_address_leads_to_one_client"),
            models.UniqueConstraint(
                fields=["client", "kind", "network", "bank_account"],
                nulls_distinct=False,
                name="transfers_deposit_address_once_per_client",
            ),
            models.CheckConstraint(
                condition=Q(kind="crypto_address", bank_account=None) & ~Q(network="") & Q(from_block__isnull=False)
                | Q(kind="bank_reference", bank_account__isnull=False, network=""),
                name="transfers_deposit_address_is_on_a_rail",
            ),
        ]


class Arrival(models.Model):
    """One movement of money to us. `identity` is the outside's name for it (transaction and log, statement entry), so that however
    often and in whatever order it is reported, it arrives once. What was seen never changes; what became of it does, one `version`
    at a time, each with its event on the audit trail."""

    class Status(models.TextChoices):
        SEEN = "seen"
        CREDITED = "credited"
        UNALLOCATED = "unallocated"
        GONE = "gone"
        RETURNING = "returning"
        RETURNED = "returned"
        TAKEN_BACK = "taken_back"
        SETTLEMENT = "settlement"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=26, unique=True)
    rail = models.TextField()
    identity = models.TextField(unique=True)
    account_code = models.TextField(help_text="Ledger account of the wallet or nostro where it is.")
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    amount = MinorUnitsField()
    value_at = models.DateTimeField()
    sender = models.JSONField(default=dict, help_text="Who sent it, as far as the outside says.")
    facts = models.JSONField(default=dict, help_text="Where it was seen: transaction, log and block, or statement entry and text.")
    address = models.ForeignKey(DepositAddress, null=True, on_delete=models.PROTECT, related_name="arrivals")
    seen_at = models.DateTimeField()
    status = models.TextField(choices=Status.choices, default=Status.SEEN)
    transfer = models.OneToOneField("transfers.Transfer", null=True, on_delete=models.PROTECT, related_name="arrival")
    block_number = models.BigIntegerField(null=True, help_text="Block in which it was credited.")
    block_hash = models.CharField(max_length=66, blank=True, default="")
    credits = models.PositiveSmallIntegerField(default=0, help_text="How often it was credited: again after a reorg took it back.")
    reason = models.TextField(blank=True, default="", help_text="Why nobody was credited, in words.")
    version = models.PositiveIntegerField(default=1)
    is_settled = models.BooleanField(
        db_default=False, default=False, help_text="It is in the sums of its address, and never changes again."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transfers_arrival_amount_positive"),
            models.CheckConstraint(
                condition=~Q(status__in=["credited"]) | Q(transfer__isnull=False),
                name="transfers_arrival_is_credited_by_a_transfer",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "seen_at"], name="transfers_arrival_queue"),
            models.Index(fields=["block_number"], name="transfers_arrival_block"),
            models.Index(
                fields=["address", "asset"], condition=Q(is_settled=False, rail="evm"), name="transfers_arrival_not_settled"
            ),
        ]

    @property
    def value_date(self) -> date:
        """As the statement says it, also where that day is still to come; on a chain the day of the block in UTC."""
        stated = self.facts.get("value_date")
        return date.fromisoformat(stated) if stated else self.value_at.astimezone(UTC).date()


class StatedAddress(models.Model):
    """Where one person says, on evidence of their own, that an arrival on a chain belongs back. Append-only: the newest of each
    person counts, and only what two of them say alike is acted on."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    arrival = models.ForeignKey(Arrival, on_delete=models.PROTECT, related_name="stated_addresses")
    person = models.ForeignKey("approvals.Person", on_delete=models.PROTECT, related_name="+")
    address = models.TextField()
    evidence = models.TextField()
    fee = MinorUnitsField(default=0, help_text="What we keep of it, in minor units of the arrival's asset.")
    stated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "stated addresses"


class SendBack(models.Model):
    """Which arrival a transfer sends back, and on whose word. Written with the transfer, and never changed."""

    transfer = models.OneToOneField("transfers.Transfer", primary_key=True, on_delete=models.PROTECT, related_name="send_back")
    arrival = models.ForeignKey(Arrival, on_delete=models.PROTECT, related_name="send_backs")
    evidence = models.JSONField(help_text="Who said what about where it belongs: a list of `person` and `says`.")


class ScanMark(models.Model):
    """How far the watch for deposits has read a network. Losing it costs reading again, and no money."""

    network = models.TextField(primary_key=True)
    block = models.BigIntegerField()
    scanned_at = models.DateTimeField()
