"""The chain as our own indexer reads it."""

from django.db import models


class IndexedBlock(models.Model):
    """A block we read, with its parent: a different hash at a known height means the chain was rewritten."""

    id = models.BigAutoField(primary_key=True)
    network = models.TextField()
    number = models.BigIntegerField()
    hash = models.CharField(max_length=66)
    parent_hash = models.CharField(max_length=66)
    mined_at = models.DateTimeField()
    canonical = models.BooleanField(default=True)
    indexed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "hash"], name="reconciliation_block_hash_once"),
            models.UniqueConstraint(
                fields=["network", "number"], condition=models.Q(canonical=True), name="reconciliation_block_one_canonical"
            ),
        ]
