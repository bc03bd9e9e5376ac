"""The Celery application. Tasks carry ids, may be lost or doubled, and act as `system:<task name>` in the sender's conversation."""

import os
from contextlib import ExitStack
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging

from audit import context
from audit.context import Actor
from audit.identity import new_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

CORRELATION_HEADER = "countersign_correlation_id"
CAUSATION_HEADER = "countersign_causation_id"


class BoundTask(Task):  # type: ignore[type-arg]
    """A task that runs inside a bound audit context, with the ids it was given on every log line."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        """Send, carrying along the sender's conversation when there is one."""
        headers = dict(options.pop("headers", None) or {})
        bound = context.bound()
        if bound is not None:
            headers.setdefault(CORRELATION_HEADER, bound.correlation_id)
            headers.setdefault(CAUSATION_HEADER, bound.causation_id)
        return super().apply_async(args, kwargs, *rest, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        correlation_id = self.request.get(CORRELATION_HEADER) or str(new_id())
        causation_id = self.request.get(CAUSATION_HEADER) or ""
        names = {"task": self.name, "task_id": self.request.id or ""}
        if "transfer_id" in kwargs:
            names["transaction_id"] = str(kwargs["transfer_id"])
        with ExitStack() as stack:
            stack.enter_context(context.bind(Actor.system(self.name), correlation_id=correlation_id, causation_id=causation_id))
            stack.enter_context(structlog.contextvars.bound_contextvars(**names))
            return super().__call__(*args, **kwargs)


app = Celery("countersign", task_cls=BoundTask)


def _configure() -> None:
    from django.conf import settings

    from backoffice.broker import broker_settings
    from backoffice.schedule import beat_schedule

    app.conf.update(
        # Without a URL the name leads nowhere: a forgotten variable is an error at the first send.
        broker_settings(settings.REDIS_URL or f"redis+socket://{settings.DATA_DIR}/no-broker-configured"),
        beat_schedule=beat_schedule(),
        beat_schedule_filename=str(settings.DATA_DIR / "celerybeat-schedule"),
        beat_max_loop_interval=1,
    )
    app.autodiscover_tasks(["transfers", "reconciliation", "backoffice.alerts", "backoffice.health"])


@setup_logging.connect(weak=False)
def _keep_our_logging(**_signal: Any) -> None:
    """Connecting is the point: Celery then leaves logging alone, which Django has configured already."""


_configure()

from backoffice.health import worker_signs  # noqa: E402  (needs the app above)

worker_signs.install(app)
