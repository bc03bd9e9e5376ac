"""Immutable facts about transfers: the common event envelope, partitioned by month, append-only."""

from django.db import models

from audit.readonly import ReadOnlyModel


class TransferEvent(ReadOnlyModel):
    """`seq` counts per transfer without gaps; for a change of status, `from_status` and `to_status` differ and `seq` is the new
    version."""

    pk = models.CompositePrimaryKey("recorded_at", "id")
    id = models.UUIDField()
    recorded_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    txid = models.BigIntegerField()
    transfer = models.ForeignKey("transfers.Transfer", on_delete=models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    type = models.TextField()
    schema_version = models.SmallIntegerField()
    from_status = models.TextField()
    to_status = models.TextField()
    actor_type = models.TextField()
    actor_id = models.TextField()
    person_id = models.UUIDField(null=True)
    credential_id = models.TextField()
    on_behalf_of = models.TextField()
    correlation_id = models.TextField()
    causation_id = models.TextField()
    reason = models.TextField()
    data = models.JSONField()
    status_text = models.TextField()

    class Meta:
        managed = False
        db_table = "transfers_event"
        ordering = ["transfer_id", "seq"]


class TransitionCount(models.Model):
    """How often transfers of a route have gone from one state to another, up to the mark. Only the database writes it."""

    pk = models.CompositePrimaryKey("route", "is_synthetic", "source", "target")
    route = models.TextField()
    is_synthetic = models.BooleanField()
    source = models.TextField(help_text="Empty where a transfer begins.")
    target = models.TextField()
    times = models.BigIntegerField()


class TransitionMark(models.Model):
    """One row. Events up to `until` are counted. `next_at` is up to where they can be as soon as no transaction is left that is
    older than `next_xid`: until then one of them may still show an event from before."""

    id = models.SmallIntegerField(primary_key=True)
    until = models.DateTimeField()
    next_at = models.DateTimeField()
    next_xid = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="transfers_transition_mark_is_one")]
