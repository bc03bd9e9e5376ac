"""Floor 2: assets, accounts and the append-only double-entry book.

An account belongs to one asset and one side of the accounting equation. A ledger transaction has at least two entries that balance
per asset; entries are added only in the database transaction that made their parent, and never changed. A hold reserves part of a
guarded account's balance. All of it is written by the database functions of this floor's migrations, through `ledger.commands`;
nothing saves these rows one by one. Owners are opaque strings: the ledger holds no personal data and knows no transfer and no
operator.
"""

from functools import reduce
from operator import or_

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from audit.identity import new_id
from audit.readonly import ReadOnlyModel
from ledger import chart
from ledger.fields import MinorUnitsField
from ledger.proofs.models import ProofCheckpoint, ProofRun, ProofSum

__all__ = [
    "Account",
    "Asset",
    "Balance",
    "Entry",
    "Hold",
    "LedgerTransaction",
    "Period",
    "ProofCheckpoint",
    "ProofRun",
    "ProofSum",
]


class Asset(ReadOnlyModel):
    """Something countable, named by id: `USD`, `USDC.ethereum`, `ETH.ethereum`. `exponent` is the number of minor-unit digits."""

    class Kind(models.TextChoices):
        FIAT = "fiat"
        TOKEN = "token"  # noqa: S105 - a kind of asset, not a secret
        NATIVE = "native"

    id = models.TextField(primary_key=True)
    code = models.TextField(help_text="What people call it: USD, USDC. Not unique; the id is.")
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    exponent = models.SmallIntegerField()
    network = models.TextField(blank=True, default="")
    contract = models.TextField(blank=True, default="", help_text="Checksummed address of the token contract.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(exponent__gte=0, exponent__lte=30), name="ledger_asset_exponent_sane"),
            models.UniqueConstraint("network", Lower("contract"), condition=~Q(contract=""), name="ledger_asset_one_per_contract"),
        ]


def _in_its_room() -> Q:
    """The side of the equation on which its kind of account stands."""
    rooms = {side: [kind.value for kind, room in chart.ROOMS.items() if room.type is side] for side in chart.AccountType}
    return reduce(or_, (Q(type=side.value, kind__in=kinds) for side, kinds in rooms.items()))


class Account(ReadOnlyModel):
    """An account of one asset. `guarded` accounts are row-locked and keep `posted - held >= floor` for voluntary postings; the
    others only collect and are never locked. `code` is its stable business name, such as `client:acme:USDC.ethereum`."""

    class Status(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField(help_text="Room in the chart of accounts: see ledger.chart.AccountKind.")
    type = models.TextField(choices=[(side.value, side.name.capitalize()) for side in chart.AccountType])
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="accounts")
    owner = models.TextField(blank=True, default="", help_text="Opaque owner such as `client:acme`; empty for the house.")
    guarded = models.BooleanField()
    floor = MinorUnitsField(default=0)
    status = models.TextField(choices=Status.choices, default=Status.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["owner", "asset"], name="ledger_account_owner")]
        constraints = [
            # Target of the composite foreign key by which an entry is in the asset of its account.
            models.UniqueConstraint(fields=["id", "asset"], name="ledger_account_has_one_asset"),
            models.CheckConstraint(
                condition=Q(type__in=[side.value for side in chart.AccountType]), name="ledger_account_type_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in chart.AccountKind]), name="ledger_account_kind_is_known"
            ),
            models.CheckConstraint(condition=_in_its_room(), name="ledger_account_is_on_the_side_of_its_room"),
            models.CheckConstraint(
                condition=Q(guarded=True) | ~Q(kind__in=[kind.value for kind, room in chart.ROOMS.items() if room.guarded]),
                name="ledger_account_is_guarded_where_it_must_be",
            ),
            models.CheckConstraint(
                condition=Q(status="open", closed_at=None) | Q(status="closed", closed_at__isnull=False),
                name="ledger_account_closes_with_its_time",
            ),
        ]


class Balance(ReadOnlyModel):
    """The projection of an account's entries: current for guarded accounts, a checkpoint up to `as_of_txid` for collecting ones.

    Written only by the posting functions; `verify_ledger` compares it with the entries. `version` counts the entries in the sums.
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="balance")
    debits = MinorUnitsField(default=0)
    credits = MinorUnitsField(default=0)
    held = MinorUnitsField(default=0)
    version = models.BigIntegerField(default=0)
    as_of_epoch = models.IntegerField(default=0)
    as_of_txid = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(debits__gte=0, credits__gte=0, held__gte=0), name="ledger_balance_sums_not_negative"
            ),
        ]


class LedgerTransaction(ReadOnlyModel):
    """The parent of a balanced set of entries. `reference` is deterministic and globally unique: posting it again is a no-op when
    `content_hash` agrees, and an error when it does not."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.TextField(unique=True)
    content_hash = models.BinaryField(max_length=32)
    kind = models.TextField()
    description = models.TextField(blank=True, default="")
    transaction_id = models.UUIDField(null=True, db_index=True, help_text="The business transaction (transfer) it belongs to.")
    correlation_id = models.TextField()
    value_at = models.DateTimeField(help_text="When it counts (value date).")
    booked_at = models.DateTimeField(help_text="When it was booked: the database's clock.")
    settled_at = models.DateTimeField(null=True, help_text="When the outside confirmed it, where that is known.")
    created_txid = models.BigIntegerField()
    cluster_epoch = models.IntegerField()
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    adjusts = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="adjusted_by")
    forced_kind = models.TextField(
        blank=True, default="", help_text="Named reason why floors did not bind, empty for voluntary postings."
    )
    metadata = models.JSONField(default=dict)

    class Meta:
        permissions = [("request_correction", "Can ask for corrections of the books")]
        # Postings come in the order of their value times, nearly: a few pages per month are enough to find them.
        indexes = [BrinIndex(fields=["value_at"], name="ledger_transaction_value_time")]
        constraints = [
            models.CheckConstraint(condition=~Q(reference="") & ~Q(kind=""), name="ledger_transaction_has_reference_and_kind"),
            models.CheckConstraint(
                condition=Q(forced_kind__in=["", *(kind.value for kind in chart.ForcedKind)]),
                name="ledger_transaction_forced_kind_is_known",
            ),
            models.CheckConstraint(condition=Q(reverses=None) | ~Q(reverses=F("id")), name="ledger_transaction_reverses_another"),
            models.CheckConstraint(
                condition=Q(adjusts=None) | (~Q(adjusts=F("id")) & Q(reverses=None)), name="ledger_transaction_adjusts_another"
            ),
        ]


class Entry(ReadOnlyModel):
    """One debit or one credit. Partitioned by month of `booked_at`. Guarded accounts set `balance_after` and `account_version`."""

    pk = models.CompositePrimaryKey("booked_at", "id")
    id = models.UUIDField()
    booked_at = models.DateTimeField()
    value_at = models.DateTimeField()
    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    ordinal = models.IntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+")
    debit = MinorUnitsField()
    credit = MinorUnitsField()
    balance_after = MinorUnitsField(null=True)
    account_version = models.BigIntegerField(null=True)
    txid = models.BigIntegerField()
    cluster_epoch = models.IntegerField()

    class Meta:
        managed = False
        db_table = "ledger_entry"
        ordering = ["booked_at", "transaction_id", "ordinal"]


class Hold(ReadOnlyModel):
    """Money of a guarded account set aside: still posted, no longer available. Ends once, as settled, released or expired."""

    class Status(models.TextChoices):
        PLACED = "placed"
        SETTLED = "settled"
        RELEASED = "released"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    reference = models.TextField(unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    amount = MinorUnitsField()
    settled_amount = MinorUnitsField(null=True)
    status = models.TextField(choices=Status.choices, default=Status.PLACED)
    transaction_id = models.UUIDField(null=True, db_index=True)
    correlation_id = models.TextField()
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_hold_amount_positive"),
            models.CheckConstraint(
                condition=Q(status="placed", ended_at=None)
                | Q(status__in=["settled", "released", "expired"], ended_at__isnull=False),
                name="ledger_hold_ends_with_its_time",
            ),
            models.CheckConstraint(
                # Said to be there first: a bare `> 0` is unknown, not false, for a missing amount, and CHECK lets unknown pass.
                condition=Q(status="settled", settled_amount__isnull=False, settled_amount__gt=0)
                | (~Q(status="settled") & Q(settled_amount=None)),
                name="ledger_hold_settles_an_amount",
            ),
        ]


class Period(ReadOnlyModel):
    """An accounting month. Nothing is booked with a value time inside a closed one."""

    class Status(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    month = models.DateField(primary_key=True, help_text="Its first day.")
    status = models.TextField(choices=Status.choices, default=Status.OPEN)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    record = models.JSONField(default=dict, help_text="What it held when it was closed.")

    class Meta:
        permissions = [("close_period", "Can ask for a month to be closed or reopened")]
