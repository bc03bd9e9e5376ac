"""The rolling window of outcomes: per provider and ten seconds one unlogged row of counters, like the rates beside it.

A crash of the database forgets it, which only means that breakers count from zero; what they had decided is kept elsewhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from audit import clock
from transfers.health.breaker import Window

KEPT = timedelta(hours=24)
_BUCKET_S = 10
_COUNT = """
INSERT INTO transfers_provider_window AS kept (provider, began_at, good, refused, failed, unknown, elapsed_ms, last_at)
VALUES (%(provider)s, %(bucket)s, %(good)s, %(refused)s, %(failed)s, %(unknown)s, %(elapsed)s, %(now)s)
ON CONFLICT (provider, began_at) DO UPDATE
   SET good = kept.good + excluded.good, refused = kept.refused + excluded.refused, failed = kept.failed + excluded.failed,
       unknown = kept.unknown + excluded.unknown, elapsed_ms = kept.elapsed_ms + excluded.elapsed_ms, last_at = excluded.last_at
"""
_SUM = """
SELECT provider, sum(good)::bigint, sum(refused)::bigint, sum(failed)::bigint, sum(unknown)::bigint, sum(elapsed_ms)::bigint,
       max(last_at) FILTER (WHERE good > 0)
  FROM transfers_provider_window WHERE began_at > %s AND (%s = '' OR provider = %s) GROUP BY provider
"""
KINDS = ("good", "refused", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Counted:
    """Outcomes since some moment. `refused`: the provider answered that it will not; that is an answer, not a failure."""

    good: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    elapsed_ms: int = 0
    last_good_at: datetime | None = None

    @property
    def calls(self) -> int:
        return self.good + self.refused + self.failed + self.unknown

    @property
    def bad(self) -> int:
        return self.failed + self.unknown

    @property
    def average_ms(self) -> int:
        return self.elapsed_ms // self.calls if self.calls else 0


def count(provider: str, kind: str, elapsed_ms: int) -> None:
    """Count one outcome, `kind` of KINDS."""
    now = clock.now()
    bucket = now.replace(second=now.second // _BUCKET_S * _BUCKET_S, microsecond=0)
    numbers = {name: int(name == kind) for name in KINDS}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"provider": provider, "bucket": bucket, "elapsed": elapsed_ms, "now": now, **numbers})


def since(ago: timedelta, provider: str = "") -> dict[str, Counted]:
    """By provider, those that had any outcome."""
    with connection.cursor() as cursor:
        cursor.execute(_SUM, [clock.now() - ago, provider, provider])
        return {row[0]: Counted(*row[1:]) for row in cursor.fetchall()}


def window(provider: str, ago: timedelta) -> Window:
    counted = since(ago, provider).get(provider, Counted())
    return Window(counted.calls, counted.bad)


def forget_old() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM transfers_provider_window WHERE began_at < %s", [clock.now() - KEPT])
