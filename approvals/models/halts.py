"""Freeze and halt. One person stops; lifting needs two, through a `halt.lift` request."""

from django.db import models
from django.db.models import Q

from audit.identity import new_id


class Halt(models.Model):
    """A stop in force for one target. Every step that starts after its commit is refused."""

    class Scope(models.TextChoices):
        SYSTEM = "system"
        ACCOUNT = "account"
        CLIENT = "client"
        DESTINATION = "destination"
        PROVIDER = "provider"
        CORRIDOR = "corridor"
        ASSET = "asset"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    scope = models.TextField(choices=Scope.choices)
    target = models.TextField(blank=True, default="", help_text="Account code, client id and so on; empty for the whole system.")
    reason = models.TextField()
    placed_by = models.TextField()
    placed_by_person_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField()
    review_at = models.DateTimeField(help_text="When somebody must look whether it is still right.")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.TextField(blank=True, default="")
    lift_reason = models.TextField(blank=True, default="")

    class Meta:
        permissions = [("place_halt", "Can freeze and halt"), ("request_lift", "Can ask for a halt to be lifted")]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "target"], condition=Q(lifted_at=None), name="approvals_halt_one_in_force_per_target"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="approvals_halt_has_reason"),
            models.CheckConstraint(
                condition=Q(scope="system", target="") | ~Q(scope="system") & ~Q(target=""), name="approvals_halt_target_fits_scope"
            ),
        ]


class HaltGate(models.Model):
    """The single row that every step locks FOR SHARE and every halt FOR UPDATE, so that a halt's commit has no step beside it."""

    id = models.SmallIntegerField(primary_key=True, default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="approvals_halt_gate_is_one_row")]
