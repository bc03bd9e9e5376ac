"""Taking on a client from several places at the same moment."""

from approvals.commands import create_client
from audit.models import AuditEvent
from tests.approvals.conftest import at_once

# A race that is lost one time in four is still found.
ROUNDS = range(4)


def test_a_client_that_several_take_on_at_once_is_taken_on_once(committing: None) -> None:
    for round_ in ROUNDS:
        name = f"client-{round_}"
        taken_on = at_once(*[lambda name=name: create_client(client_id=name, name="One of them")] * 6)
        assert [getattr(one, "pk", one) for one in taken_on] == [name] * 6
        assert AuditEvent.objects.filter(type="approvals.client_created", resource_id=name).count() == 1
