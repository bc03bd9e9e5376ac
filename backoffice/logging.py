"""Logs: one JSON object per line on standard error, with the conversation on every line and no secret on any.

`correlation_id`, `request_id` and the actor come from the bound audit context; `transaction_id` from `structlog.contextvars`, bound
by whoever works on one transfer. Lines of libraries that use the standard library's logging come out in the same shape.
"""

import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from audit import context

_SECRET_NAME = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|private|mnemonic|signature|raw_transaction", re.IGNORECASE
)
# Our own keys and webhook secrets, bearer tokens, and the password inside a URL, wherever they turn up in a text.
_SECRET_TEXT = re.compile(r"(csk_[A-Za-z0-9]+_|whsec_|[Bb]earer )[A-Za-z0-9+/=_\-.]+|(?<=://)([^/\s:@]*):[^/\s@]+(?=@)")
MASK = "[masked]"
_DEPTH = 6

Event = MutableMapping[str, Any]


def mask(value: Any, depth: int = _DEPTH) -> Any:
    """The value with everything masked that looks like a secret, by the name it stands under or by its own form."""
    if isinstance(value, str):
        return _SECRET_TEXT.sub(lambda found: (found[1] or f"{found[2] or ''}:") + MASK, value)
    if depth == 0 or value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {key: MASK if _SECRET_NAME.search(str(key)) and item else mask(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item, depth - 1) for item in value]
    return mask(str(value), depth - 1)


def mask_secrets(_logger: Any, _method: str, event: Event) -> Event:
    """The processor form of `mask`; structlog's own keys (they start with an underscore) pass."""
    for key, value in list(event.items()):
        if not key.startswith("_"):
            event[key] = MASK if _SECRET_NAME.search(key) and value else mask(value)
    return event


def add_conversation(_logger: Any, _method: str, event: Event) -> Event:
    """Who acts, in which conversation; absent outside a bound context."""
    bound = context.bound()
    if bound is not None:
        event.setdefault("correlation_id", bound.correlation_id)
        event.setdefault("actor", f"{bound.actor.type}:{bound.actor.id}")
        if bound.request_id:
            event.setdefault("request_id", bound.request_id)
    return event


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    add_conversation,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    structlog.processors.StackInfoRenderer(),
]


def logging_settings(level: str) -> dict[str, Any]:
    """The `LOGGING` dictionary: everything to standard error as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    mask_secrets,
                    structlog.processors.JSONRenderer(default=str),
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Refused requests (4xx) are answers, and django_structlog logs every request already.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            # These log whole URLs, some of which are secrets.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "apprise": {"level": "CRITICAL"},
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Called by Django as LOGGING_CONFIG."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
