"""A sealer whose database contradicts what it signed signs and seals nothing more, and says why."""

import shutil

import pytest
from django.db import connection, transaction

from audit.sealing.keys import SigningKey
from audit.sealing.memory import Memory
from audit.sealing.sealer import Sealer, SealRefused
from tests.audit.log import KEY, ORIGIN, House, events, holds, house, leaves, notes, rows
from tests.audit.log import db as db
from tests.audit.log import event as one_event

__all__ = ["db", "house"]

YOUNGEST = "txid = (SELECT max(txid) FROM audit_event)"
CUT_TO_TEN = ["DELETE FROM audit_leaf WHERE index >= 10", "DELETE FROM audit_checkpoint WHERE size > 10"]


@pytest.fixture
def sealed(house: House) -> House:
    """Fifteen events in three batches."""
    house.options["batch"] = 5
    for number in (5, 10, 15):
        events(5)
        house.seal(number)
    return house


def _as_owner(*statements: str) -> None:
    """With the guards switched off for these statements, as only the owner can."""
    tables = ("audit_leaf", "audit_node", "audit_checkpoint", "audit_event")
    with transaction.atomic(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _refused(house: House, reason: str) -> None:
    """Every round is refused with this reason, which is written down once, and nothing is signed or sealed."""
    before = _everything(house)
    house.now += 3_600
    for _ in range(2):
        with pytest.raises(SealRefused, match=reason):
            house.round()
    assert _everything(house) == before
    assert len(rows("SELECT id FROM audit_seal_refusal WHERE reason ~ %s", [reason])) == 1


def _everything(house: House) -> tuple[object, ...]:
    path = house.memory.path
    return leaves(), notes(), path.read_bytes() if path.exists() else None


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["DELETE FROM audit_leaf WHERE index >= 5", "DELETE FROM audit_checkpoint WHERE size > 5"], "rolled back or cut"),
        (["DELETE FROM audit_leaf", "DELETE FROM audit_checkpoint"], "rolled back or cut"),
        (["DELETE FROM audit_leaf WHERE index = 14"], "14 leaves, but the newest checkpoint covers 15"),
        (["UPDATE audit_leaf SET hash = sha256('other') WHERE index = 7"], "not those that checkpoint .* was signed over"),
        (["DELETE FROM audit_leaf WHERE index = 7"], "lacks hashes"),
        ([*CUT_TO_TEN, f"UPDATE audit_event SET reason = 'no' WHERE resource_id = '3' AND {YOUNGEST}"], "do not lead there"),
        ([*CUT_TO_TEN, f"DELETE FROM audit_event WHERE resource_id = '3' AND {YOUNGEST}"], "do not lead there"),
    ],
)
def test_it_refuses_a_database_that_was_rolled_back_or_edited(sealed: House, statements: list[str], reason: str) -> None:
    _as_owner(*statements)
    _refused(sealed, reason)


def test_leaves_lost_without_their_events_are_made_again_as_they_were_signed(sealed: House) -> None:
    note = notes()[-1]
    _as_owner(*CUT_TO_TEN)
    sealed.seal(15)
    assert notes()[-1] == note
    assert holds(sealed)


def test_it_refuses_yesterdays_database_also_after_that_went_on(sealed: House) -> None:
    """Yesterday's copy was sealed on by somebody who had the key: two trees, and this sealer has signed one of them."""
    _as_owner(
        "DELETE FROM audit_leaf WHERE index >= 5",
        "DELETE FROM audit_checkpoint WHERE size > 5",
        "DELETE FROM audit_event WHERE txid <> (SELECT min(txid) FROM audit_event)",
    )
    thief = House(sealed.directory.with_name("elsewhere"))
    thief.memory.directory.mkdir()
    thief.memory.path.write_text(notes()[-1])
    events(12)
    thief.seal(17)
    _refused(sealed, "first 15 leaves are not those that were signed")


def test_it_refuses_to_go_on_without_its_memory(sealed: House) -> None:
    shutil.rmtree(sealed.directory)
    _refused(sealed, "does not remember")


@pytest.mark.parametrize("damage", ["", "x", None])
def test_it_refuses_a_damaged_memory(sealed: House, damage: str | None) -> None:
    path = sealed.memory.path
    path.write_text(path.read_text().replace("\n15\n", "\n14\n") if damage is None else damage)
    _refused(sealed, "is damaged")


def test_it_refuses_a_memory_that_another_key_signed(sealed: House) -> None:
    impostor = SigningKey.generate(ORIGIN)
    with pytest.raises(SealRefused, match="is damaged: no key that we know"):
        Sealer(impostor, Memory(sealed.directory, [impostor.public()])).round()


def test_it_goes_on_by_itself_when_the_right_database_is_back(sealed: House) -> None:
    right = bytes(rows("SELECT hash FROM audit_leaf WHERE index = 7")[0][0]).hex()
    _as_owner("UPDATE audit_leaf SET hash = sha256('other') WHERE index = 7")
    _refused(sealed, "not those that checkpoint")
    _as_owner(f"UPDATE audit_leaf SET hash = '\\x{right}' WHERE index = 7")
    one_event()
    sealed.seal(16)
    assert holds(sealed)


def test_a_new_key_signs_on_over_the_same_tree(sealed: House) -> None:
    fresh = House(sealed.directory, key=SigningKey.generate("house.example/audit-2"), now=sealed.now)
    assert KEY.public() in fresh.memory.keys
    one_event()
    fresh.seal(16)
    assert fresh.newest.checkpoint.origin == "house.example/audit-2"
    assert holds(fresh)
