"""How the pipeline's floor is written down, and that it says no when a side did less."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backoffice.bench import scratch
from backoffice.bench.crew import Crew, Round, Share
from backoffice.bench.pipeline import floor
from backoffice.bench.pipeline.measure import _check
from backoffice.bench.pipeline.shapes import Column, Recording, Write
from backoffice.bench.pipeline.speech import Speech
from backoffice.bench.report import BenchBroken
from tests.bench.test_benches import databases, db, template

__all__ = ["databases", "db", "template"]
MOMENT = datetime(2026, 11, 26, 12, tzinfo=UTC)
TRANSFER, OWN, REFERENCE = "transfers_transfer", "0198c2f0-0000-7000-8000-000000000001", "01J9ZQ4N3B8T5XW2K7M6C0HVRD"
COLUMNS = (Column("id", "uuid", is_key=True), Column("reference", "text"), Column("fence", "bigint"))


def spoken(column: Column, text: str | None) -> str:
    speech = Speech((REFERENCE, OWN), lambda place: f"names[{place + 1}]", moment="moment", nonce="nonce")
    return speech.value(column, text, txid=77, since=MOMENT)


def test_what_is_a_transfers_own_is_left_open_wherever_it_stands() -> None:
    assert spoken(Column("id", "uuid", is_key=True), OWN) == "(names[2])::uuid"
    said = spoken(Column("facts", "jsonb"), f'{{"of": "{OWN}", "no": "hold/{REFERENCE}"}}')
    assert said == """('{"of": "' || names[2] || '", "no": "hold/' || names[1] || '"}')::jsonb"""


def test_moments_and_transactions_are_those_of_the_telling() -> None:
    due = spoken(Column("due_at", "timestamp with time zone"), (MOMENT + timedelta(seconds=4)).isoformat())
    assert due == "(moment + interval '4.000000 seconds')"
    assert spoken(Column("txid", "bigint"), "77") == "pg_current_xact_id()::text::bigint"
    assert spoken(Column("nonce", "bigint"), "3") == "nonce"
    assert spoken(Column("note", "text"), None) == "NULL"


def recording(*writes: Write) -> Recording:
    return Recording("bench-0", (REFERENCE, OWN), (writes,), ())


def write(before: dict[str, str | None] | None, **after: str) -> Write:
    return Write(1, 77, MOMENT, 1, TRANSFER, COLUMNS, before, {"id": OWN, "reference": REFERENCE, "fence": "4", **after})


def test_what_counts_up_counts_up_by_as_much() -> None:
    changed = write({"id": OWN, "reference": REFERENCE, "fence": "4"}, fence="6")
    (statement,) = floor.statements(recording(changed), [changed])
    assert statement == 'UPDATE transfers_transfer SET "fence" = "fence" + (2) WHERE "id" = (names[2])::uuid'


def test_a_side_that_left_less_than_it_says_gives_no_figure(databases: scratch.Scratch) -> None:
    crew: Any = Crew([], done={"bare": 1})
    with pytest.raises(BenchBroken, match="brought 1 transfers, but left 0 rows in transfers_transfer"):
        _check(databases.base, "bare", crew, {TRANSFER: 0}, [recording(write(None))])


def test_time_that_others_take_is_not_ours() -> None:
    found = Round((Share(10, 2.0, 1.0, 0.5), Share(10, 4.0, 2.0, 1.5)))
    assert (found.rate, found.own_rate, found.per_processor_s) == (7.5, 15.0, 10.0)
