"""Signs of life: each process writes its own row, another process reads it."""

from typing import Any

from django.db.models.functions import Now

from transfers.models import Heartbeat


def beat(name: str, kind: str, detail: dict[str, Any] | None = None) -> None:
    """Say that `name` is alive, in the database's own time."""
    Heartbeat.objects.update_or_create(name=name, defaults={"kind": kind, "seen_at": Now(), "detail": detail or {}})
