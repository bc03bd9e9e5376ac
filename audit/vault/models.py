"""The vault's rows. They are added and, for a subject, emptied; guards refuse the rest (see migrations)."""

from django.db import models

from audit.identity import new_id


class VaultSubject(models.Model):
    """Somebody, or something that identifies somebody. `sealed_key` is empty once the subject is forgotten, and stays so."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.TextField(unique=True, help_text="Opaque, given by the floor that knows it: `destination:0192...`.")
    sealed_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sealed_key__isnull=True, erased_at__isnull=False)
                | models.Q(sealed_key__isnull=False, erased_at__isnull=True),
                name="audit_vaultsubject_has_a_key_until_erased",
            )
        ]


class VaultValue(models.Model):
    """One version of one field of a subject, sealed. The latest counts; older ones say what was known when."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject = models.ForeignKey(VaultSubject, on_delete=models.PROTECT, related_name="values")
    field = models.TextField()
    version = models.PositiveIntegerField()
    sealed = models.BinaryField()
    commitment = models.TextField()
    hint = models.TextField(
        blank=True, default="", help_text="What may be shown without revealing it, such as the last four digits."
    )
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("reveal_vaultvalue", "Can reveal what the vault keeps")]
        constraints = [models.UniqueConstraint(fields=["subject", "field", "version"], name="audit_vaultvalue_version_once")]
