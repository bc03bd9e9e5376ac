"""Operator accounts. The account signs in; the Person behind it is who acts."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


class Operator(AbstractUser):
    """An account of the console. Two accounts of one person are still one pair of eyes."""

    person = models.ForeignKey("approvals.Person", on_delete=models.PROTECT, related_name="operators", null=True)
    time_zone = models.TextField(default="UTC")
    theme = models.TextField(default="system", choices=[("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")])
    single_key_shortcuts = models.BooleanField(default=True)

    REQUIRED_FIELDS: ClassVar[list[str]] = []


class RoleGrant(models.Model):
    """When a person gained a role (Django group). A role gained after a request was made does not count for it."""

    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="role_grants")
    role = models.TextField()
    granted_at = models.DateTimeField()
    granted_by = models.TextField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "role"], condition=models.Q(revoked_at=None), name="access_role_grant_once_in_force"
            )
        ]
