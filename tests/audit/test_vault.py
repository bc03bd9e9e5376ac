"""What identifies a person is sealed, shown with a reason, and forgotten for good; the trail proves it without holding it."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit import context
from audit.context import Actor
from audit.models import AuditEvent, VaultSubject, VaultValue
from audit.vault import crypto
from audit.vault.commands import Forgotten, NotKept, erase, hints, reveal, rewrap_keys, store

SUBJECT, IBAN = "destination:7", "DE89370400440532013000"
texts = st.text(min_size=1, max_size=40)


@pytest.fixture(autouse=True)
def _vault(settings: Any, request: pytest.FixtureRequest) -> Any:
    settings.VAULT_KEYS = [crypto.new_house_key()]
    with context.bind(Actor.system("test")):
        yield


def _told(kind: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(type=f"audit.vault_{kind}").order_by("recorded_at"))


@pytest.mark.django_db
def test_it_keeps_the_newest_version_and_says_only_its_hint() -> None:
    first = store(subject=SUBJECT, field="iban", value=IBAN, hint="•••• 3000")
    assert store(subject=SUBJECT, field="iban", value=IBAN) == first
    second = store(subject=SUBJECT, field="iban", value="GB33BUKB20201555555555", hint="•••• 5555")
    assert (first.version, second.version) == (1, 2)
    assert hints(subject=SUBJECT) == {"iban": "•••• 5555"}
    assert [event.metadata for event in _told("stored")] == [
        {"field": "iban", "version": 1, "commitment": first.commitment},
        {"field": "iban", "version": 2, "commitment": second.commitment},
    ]


@pytest.mark.django_db
def test_neither_rows_nor_events_hold_the_value() -> None:
    store(subject=SUBJECT, field="iban", value=IBAN)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(kept)::text, '') FROM audit_vaultvalue AS kept")
        rows = str(cursor.fetchone())
        cursor.execute("SELECT string_agg(to_jsonb(told)::text, '') FROM audit_event AS told WHERE type LIKE 'audit.vault%'")
        events = str(cursor.fetchone())
    assert IBAN not in rows + events
    assert IBAN.encode().hex() not in rows + events


@pytest.mark.django_db
def test_revealing_leaves_who_and_why() -> None:
    store(subject=SUBJECT, field="iban", value=IBAN)
    assert reveal(subject=SUBJECT, field="iban", reason="the bank asks for it") == IBAN
    (event,) = _told("revealed")
    assert (event.resource_id, event.reason, event.metadata) == (SUBJECT, "the bank asks for it", {"field": "iban", "version": 1})


@pytest.mark.django_db
def test_nothing_is_revealed_without_a_reason_or_where_the_evidence_could_be_lost() -> None:
    store(subject=SUBJECT, field="iban", value=IBAN)
    with pytest.raises(ValueError, match="reason"):
        reveal(subject=SUBJECT, field="iban", reason=" ")
    with pytest.raises(NotKept):
        reveal(subject=SUBJECT, field="name", reason="asked")
    with pytest.raises(RuntimeError), transaction.atomic():
        reveal(subject=SUBJECT, field="iban", reason="asked")
    assert _told("revealed") == []


@pytest.mark.django_db
def test_forgetting_takes_every_version_and_leaves_the_trail() -> None:
    store(subject=SUBJECT, field="iban", value=IBAN, hint="•••• 3000")
    kept = store(subject=SUBJECT, field="name", value="Anna Example")
    erase(subject=SUBJECT, reason="asked for by the person")
    for field in ("iban", "name"):
        with pytest.raises(Forgotten):
            reveal(subject=SUBJECT, field=field, reason="asked")
    with pytest.raises(Forgotten):
        store(subject=SUBJECT, field="iban", value=IBAN)
    with pytest.raises(Forgotten):
        erase(subject=SUBJECT, reason="again")
    assert hints(subject=SUBJECT) == {"iban": "", "name": ""}
    assert _told("stored")[1].metadata["commitment"] == kept.commitment
    assert [event.reason for event in _told("erased")] == ["asked for by the person"]


@pytest.mark.django_db
def test_sql_can_neither_bring_a_subject_back_nor_change_what_is_kept() -> None:
    store(subject=SUBJECT, field="iban", value=IBAN)
    key = bytes(VaultSubject.objects.get().sealed_key or b"")
    erase(subject=SUBJECT, reason="asked")
    attacks: list[tuple[str, list[Any]]] = [
        ("UPDATE audit_vaultsubject SET sealed_key = %s, erased_at = NULL", [key]),
        ("UPDATE audit_vaultvalue SET commitment = ''", []),
        ("DELETE FROM audit_vaultvalue", []),
        ("DELETE FROM audit_vaultsubject", []),
        ("TRUNCATE audit_vaultvalue", []),
    ]
    for statement, values in attacks:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    assert VaultValue.objects.count() == 1


@pytest.mark.django_db
def test_a_value_moved_to_another_subject_does_not_open() -> None:
    store(subject=SUBJECT, field="iban", value=IBAN)
    store(subject="destination:8", field="iban", value="other")
    stolen = VaultValue.objects.get(subject__name=SUBJECT)
    other = VaultSubject.objects.get(name="destination:8")
    other.values.create(field="iban", version=2, sealed=stolen.sealed, commitment="", created_at=stolen.created_at)
    with pytest.raises(crypto.Unopenable):
        reveal(subject="destination:8", field="iban", reason="asked")


@pytest.mark.django_db
def test_house_keys_are_replaced_without_touching_what_is_kept(settings: Any) -> None:
    store(subject=SUBJECT, field="iban", value=IBAN)
    old, new = settings.VAULT_KEYS[0], crypto.new_house_key()
    settings.VAULT_KEYS = [new, old]
    assert rewrap_keys() == 1
    settings.VAULT_KEYS = [new]
    assert reveal(subject=SUBJECT, field="iban", reason="asked") == IBAN
    settings.VAULT_KEYS = [old]
    with pytest.raises(crypto.Unopenable):
        reveal(subject=SUBJECT, field="iban", reason="asked")
    settings.VAULT_KEYS = []
    with pytest.raises(ValueError, match="VAULT_KEYS"):
        store(subject="destination:9", field="iban", value=IBAN)


@given(subject=texts, field=texts, value=st.text(max_size=200))
def test_what_is_sealed_opens_in_its_place_and_its_commitment_needs_the_key(subject: str, field: str, value: str) -> None:
    key, other = crypto.new_subject_key(), crypto.new_subject_key()
    place = {"subject": subject, "field": field}
    sealed = crypto.seal(key, **place, value=value)
    assert crypto.unseal(key, **place, sealed=sealed) == value
    assert crypto.commitment(key, **place, value=value) != crypto.commitment(other, **place, value=value)
    for broken in (sealed[:-1], sealed[:5], bytes([sealed[0] ^ 1]) + sealed[1:]):
        with pytest.raises(crypto.Unopenable):
            crypto.unseal(key, **place, sealed=broken)


@given(one=st.tuples(texts, texts), other=st.tuples(texts, texts))
def test_no_two_places_read_the_same(one: tuple[str, str], other: tuple[str, str]) -> None:
    key = crypto.new_subject_key()
    same = crypto.commitment(key, subject=one[0], field=one[1], value="x") == crypto.commitment(
        key, subject=other[0], field=other[1], value="x"
    )
    assert same == (one == other)
