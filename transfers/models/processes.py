"""Signs of life that one process leaves and another reads."""

from django.db import models


class Heartbeat(models.Model):
    """Last sign of life of a process, by name (`worker@host:pid`). Read by /readyz and the alert checks."""

    name = models.TextField(primary_key=True)
    kind = models.TextField(db_index=True, help_text="worker, beat, sweeper, signer, indexer.")
    seen_at = models.DateTimeField(help_text="Database time.")
    detail = models.JSONField(default=dict)
