"""Several workers, one breaker and one quota: commits are real here, and every thread has a connection of its own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from audit import clock, context
from audit.context import Actor
from transfers.commands.providers import add_provider
from transfers.health import gate
from transfers.models import ProviderState
from transfers.rails.guard import Walled


@pytest.mark.usefixtures("committing")
def test_workers_share_one_quota_and_one_probe() -> None:
    """Threads with connections of their own: to the database they are workers."""
    provider = add_provider(code="shared", name="Shared", kind="desk", calls_per_minute=1, calls_at_once=10)
    add_provider(code="broken", name="Broken", kind="desk")
    ProviderState.objects.create(provider_id="broken", state="open", retry_at=clock.now(), changed_at=clock.now(), trips=1)
    together = threading.Barrier(8, timeout=30)

    def work(_: int) -> list[str]:
        together.wait()
        try:
            with context.bind(Actor.system("worker")):
                return [_admitted(provider.code) for _ in range(4)] + [_admitted("broken")]
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as crowd:
        seen = list(crowd.map(work, range(8)))

    assert sum(answer == "pass" for answers in seen for answer in answers[:4]) == 10
    assert sum(answers[4] == "probe" for answers in seen) == 1


def _admitted(code: str) -> str:
    try:
        return gate.admit(code)
    except Walled:
        return "walled"
