"""What a campaign asks outside of the books finds what was planted there: at the bank, in logs, and on the record of the wire."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from audit import clock, context
from audit.context import Actor
from backoffice.campaign import invariants, outside
from backoffice.campaign.works import client
from tests.transfers.tame import tame_outside
from tests.transfers.world import build, drive_until
from transfers.models import Leg, ProviderExchange

SECRET, KEY = "b7" * 32, "csk_0123456789abcdef"


@pytest.fixture
def directory(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sandbox's directory, with one secret of its own and one client's key."""
    for name in ("bank", "logs", "secrets"):
        (tmp_path / name).mkdir()
    (tmp_path / "secrets" / "psp.token").write_text(SECRET + "\n")
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(client, "demo", lambda: {"api_keys": {"acme": KEY}})
    return tmp_path


@pytest.fixture
def paid(db: None, directory: Path) -> Iterator[Leg]:
    """The leg of a payout that the bank booked once."""
    with context.bind(Actor.system("test")), tame_outside():
        transfer = drive_until(build().off_ramp(), "FIAT_SETTLED")
        leg = Leg.objects.get(transfer=transfer, rail="bank")
        with closing(_bank(directory)) as bank, bank:
            bank.execute("CREATE TABLE booking (end_to_end_id text, kind text, amount integer, iban text)")
        book(directory, leg.reference)
        yield leg


def _bank(directory: Path) -> sqlite3.Connection:
    return sqlite3.connect(directory / "bank" / "bank.sqlite3")


def book(directory: Path, name: str) -> None:
    with closing(_bank(directory)) as bank, bank:
        bank.execute("INSERT INTO booking VALUES (?, 'payment', -1, 'SE1')", (name,))


def test_a_payment_that_the_bank_booked_twice_is_found(paid: Leg, directory: Path) -> None:
    assert list(outside.paid_twice()) == []
    book(directory, paid.reference)
    assert list(outside.paid_twice()) == [f"{paid.reference} was paid 2 times"]


def test_a_payment_that_nobody_ordered_is_found(paid: Leg, directory: Path) -> None:
    assert list(outside.paid_unordered()) == []
    book(directory, "a stranger")
    assert list(outside.paid_unordered()) == ["a stranger"]


def _told(directory: Path) -> list[str]:
    return [str(found) for found in invariants.told_secrets(directory / "processes.log")]


@pytest.mark.django_db
def test_secrets_in_logs_are_found(directory: Path) -> None:
    (directory / "processes.log").write_text("nothing of the kind\n")
    (directory / "logs" / "bank.log").write_text("nothing here either\n")
    assert _told(directory) == []
    (directory / "processes.log").write_text(f"Authorization: Bearer {KEY}\n")
    (directory / "logs" / "bank.log").write_text(f"somebody came with {SECRET}\n")
    assert _told(directory) == [
        "I15 no secret in any log: processes.log holds the API key of acme",
        "I15 no secret in any log: bank.log holds psp.token",
    ]


@pytest.mark.django_db
def test_a_secret_on_the_record_of_the_wire_is_found(directory: Path) -> None:
    now = clock.now()
    ProviderExchange.objects.create(
        provider="psp", operation="find", request=f"token={SECRET}", elapsed_ms=1, digest=b"1", first_at=now, last_at=now
    )
    assert _told(directory) == ["I15 no secret on the record of the wire: 1 exchanges hold psp.token"]
