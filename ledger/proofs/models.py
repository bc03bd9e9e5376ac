"""What is kept of proofs: every run, and the checkpoints from which the next one goes on. Append-only."""

from django.db import models
from django.db.models import Q

from audit.readonly import ReadOnlyModel
from ledger.fields import MinorUnitsField


class ProofCheckpoint(ReadOnlyModel):
    """Entries up to a transaction horizon, proved by the run that took it: nothing can still appear behind it.

    `entries` and `postings` count from the first one; `digest` is the SHA-256 of the sums of every account. The same figures are in
    the audit event `ledger.proved` of the same transaction.
    """

    number = models.BigIntegerField(primary_key=True)
    as_of_epoch = models.IntegerField()
    as_of_txid = models.BigIntegerField()
    entries = models.BigIntegerField()
    postings = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    taken_at = models.DateTimeField()

    class Meta:
        db_table = "ledger_proof_checkpoint"
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="ledger_proof_checkpoint_counts_from_one")]


class ProofSum(ReadOnlyModel):
    """The sums of one account at a checkpoint, from its first entry. A checkpoint has those that moved since the one before."""

    pk = models.CompositePrimaryKey("account_id", "checkpoint_id")
    account = models.ForeignKey("ledger.Account", on_delete=models.PROTECT, related_name="+", db_index=False)
    checkpoint = models.ForeignKey(ProofCheckpoint, on_delete=models.PROTECT, related_name="sums", db_index=False)
    debits = MinorUnitsField()
    credits = MinorUnitsField()
    entries = models.BigIntegerField()

    class Meta:
        db_table = "ledger_proof_sum"


class ProofRun(ReadOnlyModel):
    """One run of the proofs, a full one with the thorough ones. `since` is the checkpoint it went on from, null when it proved from
    the first entry; `taken` the one that it left behind. `broken` names the proofs that did not hold; `results` what each
    found and how long it took."""

    number = models.BigIntegerField(primary_key=True)
    is_full = models.BooleanField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    since = models.ForeignKey(ProofCheckpoint, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    taken = models.ForeignKey(ProofCheckpoint, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    broken = models.JSONField()
    results = models.JSONField()

    class Meta:
        db_table = "ledger_proof_run"
        permissions = [("run_proofs", "Can ask for a run of the proofs")]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_full=True, since=None) | Q(is_full=False),
                name="ledger_proof_run_full_goes_on_from_nothing",
            )
        ]
