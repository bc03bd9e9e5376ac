"""What is refused because of a stop is not kept: the same request under the same key goes through once the stop is lifted."""

from typing import Any

import pytest

from approvals.commands import place_halt, request_lift
from approvals.models import Halt
from audit.models import AuditEvent
from tests.transfers.api.conftest import Caller, problem
from tests.transfers.bulk.payroll import staff, wage
from tests.transfers.world import ACCOUNT, Books, World
from transfers.models import IdempotencyKey, Transfer


def lift(world: World) -> None:
    request = request_lift(halt_id=Halt.objects.get(lifted_at=None).pk, reason="over", maker=world.maker.id)
    for person in (world.checker, world.second_checker):
        world.vote_on(request, person)


def refusals() -> list[str]:
    return list(AuditEvent.objects.filter(type="transfer.refused").order_by("recorded_at").values_list("reason", flat=True))


# The first is accepted by one statement, the second waits for people.
@pytest.mark.parametrize("amount", ["100.00", "5000.00"])
@pytest.mark.parametrize(
    ("scope", "target", "code"),
    [("system", "", "system_halted"), ("corridor", "US-ETH", "corridor_halted"), ("account", ACCOUNT, "account_frozen")],
)
def test_the_same_key_works_once_the_halt_is_lifted(
    acme: Caller, world: World, scope: str, target: str, code: str, amount: str
) -> None:
    place_halt(scope=scope, target=target, reason="drill")
    before = Books.now()
    tries = [acme.create(key="order-1", amount=amount) for _ in range(2)]
    assert [(one.status_code, problem(one)["code"], "Idempotent-Replayed" in one) for one in tries] == [(422, code, False)] * 2
    assert (Books.now(), IdempotencyKey.objects.count()) == (before, 0)
    assert [reason.split(":")[0] for reason in refusals()] == [code, code]
    told = AuditEvent.objects.filter(type="transfer.refused").first()
    assert told is not None
    assert (told.outcome, told.resource_id, told.metadata["amount"]) == ("refused", "acme", amount)
    assert told.metadata["idempotency_key"] == "order-1"

    lift(world)
    made = acme.create(key="order-1", amount=amount)
    assert (made.status_code, "Idempotent-Replayed" in made) == (201, False)
    assert acme.create(key="order-1", amount=amount)["Idempotent-Replayed"] == "true"
    assert Transfer.objects.count() == 1


def test_a_stored_answer_is_replayed_also_during_a_halt(acme: Caller) -> None:
    first, refused = acme.create(key="order-1"), acme.create(key="order-2", amount="0")
    place_halt(scope="system", target="", reason="drill")
    assert acme.create(key="order-1").json() == first.json()
    assert acme.create(key="order-2", amount="0").json() == refused.json()
    assert refusals()[1:] == []


def test_a_file_may_be_sent_again_too(acme: Caller, world: World) -> None:
    def send() -> Any:
        return acme.send("POST", "/v1/bulk_transfers", {"lines": lines}, Idempotency_Key="payroll-may")

    lines = [wage(name, reference=name) for name in staff(3)]
    place_halt(scope="asset", target="USDC.ethereum", reason="drill")
    assert problem(send())["code"] == "asset_halted"
    assert (IdempotencyKey.objects.count(), len(refusals())) == (0, 1)
    lift(world)
    assert send().status_code == 201
