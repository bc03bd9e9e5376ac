"""How often something may happen, counted in PostgreSQL.

One unlogged row per counted thing and one statement per count: the limit holds over all processes, needs no Redis, and writes no
WAL. A crash of the database forgets the counts, which only means that the buckets are full again. The row keeps a single time, the
moment at which the bucket will have drained (the generic cell rate algorithm), so there is no window whose edge could be gamed.
"""

import math
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

_TAKE = """
INSERT INTO transfers_api_rate AS rate (key_id, drained_at)
VALUES (%(key)s, clock_timestamp() + %(interval)s * interval '1 second')
ON CONFLICT (key_id) DO UPDATE
   SET drained_at = greatest(rate.drained_at, clock_timestamp()) + %(interval)s * interval '1 second'
 WHERE rate.drained_at <= clock_timestamp() + %(tolerance)s * interval '1 second'
RETURNING true
"""
_WAIT = "SELECT extract(epoch FROM drained_at - clock_timestamp())::float8 - %s FROM transfers_api_rate WHERE key_id = %s"

_USED = "SELECT greatest(extract(epoch FROM drained_at - clock_timestamp())::float8, 0) FROM transfers_api_rate WHERE key_id = %s"


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` on average, `burst` at once."""

    per_second: float
    burst: int

    @property
    def interval_s(self) -> float:
        return 1 / self.per_second

    @property
    def tolerance_s(self) -> float:
        return (self.burst - 1) * self.interval_s


def rate_of_keys() -> Rate:
    """What each API key may send."""
    return Rate(float(settings.API_RATE_PER_SECOND), int(settings.API_RATE_BURST))


def take(key: UUID, rate: Rate) -> float | None:
    """Count one. None when it was still allowed, else the seconds to wait; what was not allowed is not counted."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key, "interval": rate.interval_s, "tolerance": rate.tolerance_s})
        if cursor.fetchone():
            return None
        cursor.execute(_WAIT, [rate.tolerance_s, key])
        row = cursor.fetchone()
    return max(float(row[0]), 0.0) if row else 0.0


def used(key: UUID, rate: Rate) -> int:
    """How many of the burst are spent right now."""
    with connection.cursor() as cursor:
        cursor.execute(_USED, [key])
        row = cursor.fetchone()
    return min(math.ceil(float(row[0]) / rate.interval_s), rate.burst) if row else 0
