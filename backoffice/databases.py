"""How each kind of process connects: its limits, its name for the server's logs, and whether connections are pooled."""

from typing import Any

from backoffice.environment import DatabaseUrl

_LIMITS = {"web": "-c statement_timeout=15s -c lock_timeout=5s", "owner": ""}
_SERVING_LIMITS = "-c statement_timeout=60s -c lock_timeout=10s"
_IDLE = "-c idle_in_transaction_session_timeout=60s"


def database_settings(url: DatabaseUrl, *, process: str, threads: int) -> dict[str, Any]:
    """Django's settings of the database. Only web pools: Celery closes a pool at every task, and a pool must not cross a fork."""
    limits = _LIMITS.get(process, _SERVING_LIMITS)
    options: dict[str, Any] = {"connect_timeout": 5, "application_name": f"countersign-{process}", **url.options}
    if limits:
        options["options"] = f"{limits} {_IDLE}"
    pooled = process == "web"
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": threads + 2, "timeout": 10, "max_lifetime": 600, "reconnect_timeout": 5}
    return {
        "ENGINE": "backoffice.postgres" if pooled else "django.db.backends.postgresql",
        "NAME": url.name,
        "USER": url.user,
        "PASSWORD": url.password,
        "HOST": url.host,
        "PORT": url.port,
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pooled else 60,
        # Of a pool's connections the backend asks (backoffice.postgres).
        "CONN_HEALTH_CHECKS": not pooled,
    }
