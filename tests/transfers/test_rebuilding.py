"""A transfer is what its events tell: rebuilt from them alone, it is the row, column by column."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import transaction

from tests.transfers import uncertain
from tests.transfers.bulk.payroll import carry_out, payout, released, staff, wage
from tests.transfers.tame import Tame, every_ending, tame_outside
from tests.transfers.world import BANK_ACCOUNT, PAYEE, World, drive_until, history
from transfers import locks
from transfers.commands import moves
from transfers.errors import NotFound
from transfers.models import Transfer, TransferEvent
from transfers.rebuilding import DRIVERS, PERSONAL, apart, columns, rebuilt
from transfers.states import RequestState


@pytest.fixture
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def test_nothing_but_the_drivers_columns_and_what_is_personal_is_left_out() -> None:
    told_by_every_event = {"id", "status", "version", "status_text", "correlation_id"}
    every = {field.attname for field in Transfer._meta.concrete_fields}
    assert every - columns().keys() == DRIVERS | PERSONAL | told_by_every_event


def test_every_ending_is_rebuilt_column_by_column(world: World, tame: Tame) -> None:
    every_ending(world, tame)
    told = list(Transfer.objects.order_by("created_at"))
    assert {one.status for one in told} >= {"CREATED", "FUNDS_LOCKED", "CONFIRMED", "FIAT_SETTLED", "FAILED", "CANCELLED"}
    assert [apart(one.pk) for one in told] == [{}] * len(told)
    paid = rebuilt(told[1].pk)
    assert (paid["status"], paid["money_state"], paid["source_amount"], paid["quote_id"]) == (
        "FIAT_SETTLED",
        "posted",
        100_000_000,
        told[1].quote_id,
    )


@pytest.mark.parametrize("name", uncertain.INTO)
def test_so_is_one_of_which_we_do_not_know(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    transfer = uncertain.INTO[name][0](world, tame, monkeypatch)
    assert apart(transfer.pk) == {}


def test_that_an_order_stays_unanswered_is_told_once(world: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = uncertain.payout(world, tame, monkeypatch)
    assert transfer.request_state == RequestState.TIMED_OUT
    assert [kind for kind, *_ in history(transfer.pk)].count("unanswered") == 1


def test_lines_of_a_file_are_rebuilt_too(world: World, tame: Tame) -> None:
    names = staff(2)
    given = released(world, [*(wage(name) for name in names), payout()])
    carry_out()
    lines = list(Transfer.objects.filter(bulk=given).order_by("bulk_line"))
    drive_until(lines[-1], "CONFIRMED")
    assert [one.status for one in lines] == ["CONFIRMED"] * 3
    assert [apart(one.pk) for one in lines] == [{}] * 3


def test_what_is_personal_is_in_no_event(world: World, tame: Tame) -> None:
    transfer = world.off_ramp(reference="INV-7 of Jane Doe", metadata={"payer": "Jane Doe"})
    told = json.dumps(list(TransferEvent.objects.filter(transfer=transfer).values_list("data", flat=True)))
    assert not [secret for secret in ("Jane Doe", BANK_ACCOUNT["clabe"], BANK_ACCOUNT["name"], PAYEE) if secret in told]


def test_a_column_that_events_keep_does_not_change_without_one(world: World) -> None:
    transfer = world.order()
    with pytest.raises(ValueError, match="request_state of a transfer change with an event"), transaction.atomic():
        moves.set_columns(locks.transfer(transfer.pk), request_state=RequestState.TIMED_OUT)
    assert apart(transfer.pk) == {}


def test_a_row_that_was_changed_behind_its_events_is_named(world: World) -> None:
    transfer = world.order()
    Transfer.objects.filter(pk=transfer.pk).update(evidence_state="matched")
    assert apart(transfer.pk) == {"evidence_state": ("matched", "journaled")}
    written = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_transfer", transfer.reference, stdout=written)
    assert ended.value.code == 1
    assert "evidence_state: the row says 'matched', the events 'journaled'" in written.getvalue()


def test_the_command_prints_what_the_events_tell(world: World) -> None:
    transfer, written = world.order(), StringIO()
    call_command("rebuild_transfer", str(transfer.pk), "--json", stdout=written)
    said: dict[str, Any] = json.loads(written.getvalue())
    assert (said["row"]["status"], said["row"]["source_amount"], said["apart"]) == ("CREATED", "100000000", {})


def test_without_its_first_event_nothing_is_made_up(world: World) -> None:
    with pytest.raises(NotFound):
        rebuilt(uuid4())
    with pytest.raises(SystemExit) as ended:
        call_command("rebuild_transfer", str(uuid4()), stderr=StringIO())
    assert ended.value.code == 2
