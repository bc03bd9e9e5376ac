"""A transfer, its legs and the names the outside knows them by."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from audit.identity import new_id
from ledger.fields import MinorUnitsField
from transfers.states import EvidenceState, MoneyState, RequestState, Status


def _choices(enum: type) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]  # type: ignore[attr-defined]


class MachineRow(models.Model):
    """The database's copy of transfers.machines.MACHINES; the transition trigger reads it. Append-only."""

    id = models.BigAutoField(primary_key=True)
    route = models.TextField()
    version = models.PositiveSmallIntegerField()
    source = models.TextField()
    target = models.TextField()
    command = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "version", "source", "target"], name="transfers_machine_row_once")]


class Transfer(models.Model):
    """Money of a client on its way, from acceptance to reconciliation: ordered by somebody, or arrived from outside.

    `status` moves only along MachineRow, by one `version` at a time, each with its TransferEvent in the same database
    transaction: the database checks all three. Amounts are minor units: `source_amount` of the source asset is the principal;
    fees come on top, at most `max_fee`; `source_amount + max_fee <= max_total_debit` is on hold from acceptance. The driver owns
    the `due_at` and lease columns. What only an order has (corridor, bounds, destination, policy decision, hold) is empty where
    money arrives unordered. What it must have on which route and in which state, and within which bounds its amounts stay, the
    trigger `transfers_transfer_terms` checks (migrations/sql/0062).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.CharField(max_length=26, unique=True)
    # Indexes that others begin with, or that would name a few values a million times, cost every move and find nothing.
    client = models.ForeignKey("approvals.Client", on_delete=models.PROTECT, related_name="transfers", db_index=False)
    route = models.TextField(help_text="One of transfers.states.Route; the machine of that name must exist.")
    machine_version = models.PositiveSmallIntegerField()
    status = models.TextField(choices=_choices(Status), default=Status.CREATED)
    version = models.PositiveIntegerField(default=0, help_text="Number of the last event; a lost update is refused by it.")
    request_state = models.TextField(choices=_choices(RequestState), default=RequestState.RECEIVED)
    money_state = models.TextField(choices=_choices(MoneyState), default=MoneyState.NONE)
    evidence_state = models.TextField(choices=_choices(EvidenceState), default=EvidenceState.JOURNALED)
    corridor = models.ForeignKey("approvals.Corridor", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Assets and decisions are never deleted: the database looks for them when the transfer is written (migrations/sql/0056). A
    # foreign key would lock the one asset for everybody.
    source_asset = models.ForeignKey(
        "ledger.Asset", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    target_asset = models.ForeignKey(
        "ledger.Asset", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    source_amount = MinorUnitsField()
    target_amount = MinorUnitsField(null=True, help_text="Known from the firm quote on.")
    fee_amount = MinorUnitsField(default=0, help_text="Client fee in the source asset, fixed by the firm quote.")
    # The bounds that approvers sign. A firm quote inside them goes on; outside them the votes are void.
    max_fee = MinorUnitsField(default=0)
    max_total_debit = MinorUnitsField(default=0)
    min_target_amount = MinorUnitsField(default=0)
    not_after = models.DateTimeField(null=True)
    destination = models.ForeignKey("approvals.Destination", null=True, on_delete=models.PROTECT, related_name="+")
    destination_details = models.JSONField(default=dict, help_text="The destination as it was when the transfer was made.")
    receiver = models.ForeignKey(
        "approvals.Client",
        null=True,
        on_delete=models.PROTECT,
        related_name="incoming_transfers",
        db_index=False,
        help_text="The client that gets an internal transfer.",
    )
    bulk = models.ForeignKey("transfers.BulkOrder", null=True, on_delete=models.PROTECT, related_name="transfers", db_index=False)
    bulk_part = models.PositiveIntegerField(null=True, help_text="Ordinal of the part of the file that drew it up.")
    bulk_line = models.PositiveIntegerField(null=True, help_text="Of the file that ordered it.")
    client_reference = models.TextField(blank=True, default="")
    metadata = models.JSONField(default=dict)
    approval_request = models.ForeignKey("approvals.ApprovalRequest", null=True, on_delete=models.PROTECT, related_name="+")
    policy_decision = models.ForeignKey(
        "approvals.PolicyDecision", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    quote = models.ForeignKey("transfers.Quote", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    named_quote = models.OneToOneField(
        "transfers.Quote", null=True, on_delete=models.PROTECT, related_name="+", help_text="The client's own quote that it names."
    )
    hold_reference = models.TextField(blank=True, default="")
    failure_code = models.TextField(blank=True, default="")
    failure_message = models.TextField(blank=True, default="")
    status_text = models.TextField(help_text="What the client is told.")
    correlation_id = models.TextField()
    made_by = models.TextField(help_text="Operator name or API key prefix.")
    made_by_type = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    state_entered_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, help_text="By when it should have left this state; null when nothing is awaited.")
    is_synthetic = models.BooleanField(
        db_default=False, default=False, help_text="A health check of our own: no client's business."
    )
    priority = models.PositiveSmallIntegerField(default=0, help_text="1 for what came in a file: it lets single ones pass.")
    # The driver's columns.
    due_at = models.DateTimeField(null=True, help_text="When the driver looks next; null when nothing is to be done by it.")
    lease_owner = models.TextField(blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0, help_text="Grows with every lease: a worker that lost its lease cannot write.")
    attempts = models.PositiveIntegerField(default=0, help_text="Failed tries of the present step.")
    last_error = models.TextField(blank=True, default="")
    stopped_by = models.TextField(blank=True, default="", help_text="The halt that keeps it from its next step, in words.")

    class Meta:
        permissions = [
            ("create_withdrawal", "Can make withdrawals"),
            ("cancel_transfer", "Can cancel transfers before they are sent"),
            ("retry_transfer", "Can have the failed or stopped step of a transfer looked at now"),
            ("ask_verdict", "Can ask that a transfer be declared lost, paid or not paid"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["bulk", "bulk_line"], condition=Q(bulk__isnull=False), name="transfers_transfer_one_per_line"
            ),
        ]
        indexes = [
            models.Index(fields=["priority", "due_at"], condition=Q(due_at__isnull=False), name="transfers_transfer_due_first"),
            models.Index(fields=["client", "-created_at", "-id"], name="transfers_transfer_by_client"),
            models.Index(fields=["-created_at", "-id"], name="transfers_transfer_newest"),
            models.Index(
                fields=["receiver", "-created_at", "-id"], condition=Q(receiver__isnull=False), name="transfers_transfer_received"
            ),
            # Of a kind, in a state, or both: a skip scan hops over the few kinds when only the state is asked for.
            models.Index(fields=["route", "status", "state_entered_at"], name="transfers_transfer_of_a_kind"),
            models.Index(
                fields=["route", "status", "deadline_at"],
                condition=Q(deadline_at__isnull=False),
                name="transfers_transfer_overdue",
            ),
            models.Index(fields=["source_amount"], name="transfers_transfer_amount"),
            models.Index(fields=["-created_at", "-id"], condition=~Q(stopped_by=""), name="transfers_transfer_stopped"),
            models.Index(fields=["client_reference"], condition=~Q(client_reference=""), name="transfers_transfer_client_ref"),
            # What alert rules look for among everything that was ever confirmed.
            models.Index(
                fields=["state_entered_at"], condition=Q(money_state=MoneyState.EXCEPTION.value), name="transfers_transfer_in_doubt"
            ),
            models.Index(
                fields=["state_entered_at"],
                condition=Q(last_error__startswith="nodes_disagree"),
                name="transfers_transfer_two_stories",
            ),
        ]

    @property
    def good_until(self) -> datetime:
        """When the order lapses. Raises ValueError for a transfer that nobody ordered."""
        if self.not_after is None:
            raise ValueError(f"transfer {self.pk} on route {self.route} has no time limit")
        return self.not_after


class Leg(models.Model):
    """One movement over one rail. `reference` is made before the first send and is what the rail knows it by. A leg whose request
    state is past `received` has a committed intent: the point of no return."""

    class Direction(models.TextChoices):
        OUT = "out"
        IN = "in"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="legs")
    ordinal = models.PositiveSmallIntegerField()
    reference = models.CharField(max_length=26, unique=True)
    rail = models.TextField(help_text="Registered rail, such as `evm` or `bank`.")
    direction = models.TextField(choices=Direction.choices)
    asset = models.ForeignKey("ledger.Asset", on_delete=models.PROTECT, related_name="+")
    amount = MinorUnitsField()
    account_code = models.TextField(help_text="Ledger account of the wallet or nostro it leaves from.")
    counterparty = models.JSONField(help_text="Where it goes on this rail.")
    request_state = models.TextField(choices=_choices(RequestState), default=RequestState.RECEIVED)
    money_state = models.TextField(choices=_choices(MoneyState), default=MoneyState.NONE)
    evidence_state = models.TextField(choices=_choices(EvidenceState), default=EvidenceState.JOURNALED)
    created_at = models.DateTimeField()
    # Of a leg over a bank, from its order on.
    batch = models.ForeignKey("transfers.PayoutBatch", null=True, on_delete=models.PROTECT, related_name="legs")
    value_date = models.DateField(null=True, help_text="The day the bank was asked to work on it.")
    expected_on = models.DateField(null=True, help_text="The day the beneficiary should have it.")
    missed_cut_off = models.TextField(blank=True, default="", help_text="Why it is not worked on the day it was ordered, in words.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transfer", "ordinal"], name="transfers_leg_ordinal_once")]
        # What is in flight, and what no evidence has shown yet: few rows, however many there were.
        indexes = [
            models.Index(
                fields=["account_code"], condition=Q(money_state__in=["reserved", "exception"]), name="transfers_leg_in_flight"
            ),
            models.Index(
                fields=["account_code"],
                condition=Q(money_state="posted", evidence_state="journaled"),
                name="transfers_leg_not_shown_yet",
            ),
        ]


class ExternalReference(models.Model):
    """A name the outside has for a leg or transfer: transaction hash, EndToEndId, UETR, the bank's own reference. Append-only."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="external_references")
    leg = models.ForeignKey(Leg, null=True, on_delete=models.PROTECT, related_name="external_references")
    kind = models.TextField()
    value = models.TextField(db_index=True)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["transfer", "kind", "value"], name="transfers_external_reference_once")]
