"""Is everything there that a withdrawal needs? Each part is asked for real, with short time limits."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from psycopg_pool import PoolTimeout

from backoffice.health import heartbeats

BROKER_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the answer; `detail` is for people and names no secret."""

    ready: bool
    detail: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def parts() -> dict[str, Part]:
    asked: dict[str, Callable[[], Part]] = {"database": _database, "broker": _broker, "workers": _workers}
    return {"web": Part(ready=True, detail="answers")} | {name: ask() for name, ask in asked.items()}


def _database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, PoolTimeout) as error:
        return Part(ready=False, detail=type(error).__name__)
    return Part(ready=True, detail="answers")


def _broker() -> Part:
    if not settings.REDIS_URL:
        return Part(ready=False, detail="REDIS_URL is not set")
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=BROKER_TIMEOUT_S, socket_connect_timeout=BROKER_TIMEOUT_S)
    try:
        client.ping()
    except redis.RedisError as error:
        return Part(ready=False, detail=type(error).__name__)
    finally:
        client.close()
    return Part(ready=True, detail="answers")


def _workers() -> Part:
    try:
        alive = [sign for sign in heartbeats.signs(newer_than_s=settings.HEARTBEAT_STALE_AFTER) if sign.kind == "worker"]
    except (DatabaseError, PoolTimeout) as error:
        return Part(ready=False, detail=type(error).__name__)
    return Part(ready=bool(alive), detail=f"{len(alive)} alive" if alive else "none has signed lately")
