"""What a production process refuses to start with, and what `manage.py check` says about the rest.

The refusals are asked by settings.py itself: a web server or worker runs no system checks, and must not start either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

DEVELOPMENT_KEY = "for-the-sandbox-only-and-refused-in-production"
KEY_LENGTH = 50
FEWEST_ANCHORS = 2


@dataclass(frozen=True, slots=True)
class ProductionFacts:
    """What the refusal rules look at; a plain value, so that each rule can be tested alone. Only the sealer has `anchors`."""

    debug: bool
    secret_key: str
    demo_password: bool
    allowed_hosts: tuple[str, ...]
    base_url: str
    database_configured: bool
    broker_url: str
    seed: str
    secrets: Mapping[str, str]
    anchors: int | None = None
    webhook_loopback: bool = False


def production_faults(facts: ProductionFacts) -> list[str]:
    """Every reason why production must not start; empty when it may. Names variables, never values."""
    rules = [
        (facts.debug, "DEBUG must be off"),
        (
            facts.secret_key == DEVELOPMENT_KEY or len(facts.secret_key) < KEY_LENGTH,
            f"SECRET_KEY must be set, {KEY_LENGTH} characters or more",
        ),
        (facts.demo_password, "DEMO_PASSWORD is for the demo company only"),
        (facts.seed != "none", "SEED must be none: the demo company is not for production"),
        (not facts.allowed_hosts or "*" in facts.allowed_hosts, "ALLOWED_HOSTS must name the hosts, and not with *"),
        (not facts.base_url.startswith("https://"), "BASE_URL must be an https address"),
        (not facts.database_configured, "the database URL of this process must be set: embedded services are for the sandbox"),
        (facts.webhook_loopback, "WEBHOOK_ALLOW_LOOPBACK is for the sandbox only: clients could make us call ourselves"),
        (not facts.broker_url and facts.anchors is None, "REDIS_URL must be set"),
        (
            facts.anchors is not None and facts.anchors < FEWEST_ANCHORS,
            f"AUDIT_ANCHORS must name {FEWEST_ANCHORS} places or more that keep the checkpoints",
        ),
    ]
    rules += [(not value, f"{name} (or {name}_FILE) must be set") for name, value in sorted(facts.secrets.items())]
    return [reason for wrong, reason in rules if wrong]


@register(Tags.database)
def serving_role_is_not_the_owner(*, databases: Iterable[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Nothing that serves requests may connect as owner or superuser. Run by `migrate` and by `check --database default`."""
    from django.conf import settings
    from django.db import connections

    if settings.COUNTERSIGN_PROCESS == "owner" or "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper OR EXISTS (SELECT 1 FROM pg_database WHERE datname = current_database() AND datdba = r.oid)"
            " FROM pg_roles r WHERE rolname = current_user"
        )
        name, powerful = cursor.fetchone()
    if not powerful:
        return []
    return [Error(f"process {settings.COUNTERSIGN_PROCESS!r} connects as {name!r}, which owns the database", id="countersign.E001")]


@register(Tags.security)
def tasks_carry_plain_data(**_options: Any) -> list[CheckMessage]:
    """A worker that unpickles runs whatever the broker holds."""
    from backoffice.celery import app

    if app.conf.accept_content == ["json"] and app.conf.task_serializer == "json":
        return []
    return [Error("Celery must accept and send JSON only", id="countersign.E002")]
