"""Putting something into the vault, looking at it with a reason, and forgetting a subject. Each leaves its event, none leaves
the value.

VaultError
├── NotKept     nothing is kept under this subject and field
└── Forgotten   the subject was erased: nothing opens any more, and nothing can be put there
"""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from audit import clock
from audit.commands import record, record_access
from audit.vault import crypto
from audit.vault.models import VaultSubject, VaultValue
from audit.vocabulary import VAULT_ERASED, VAULT_REVEALED, VAULT_STORED


class VaultError(Exception):
    """Root of the family; the message names subject and field, never a value."""


class NotKept(VaultError):
    """Nothing is kept under this subject and field."""


class Forgotten(VaultError):
    """The subject was erased. This cannot be undone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What the caller may keep in its own rows: proof and hint, not the value."""

    commitment: str
    hint: str
    version: int


def store(*, subject: str, field: str, value: str, hint: str = "") -> Kept:
    """Seal `value` as the newest version of `field`; the same value again changes nothing.

    Runs in the caller's transaction when there is one. Raises Forgotten.
    """
    with transaction.atomic():
        owner = _opened(subject)
        key = _key(owner)
        proof = crypto.commitment(key, subject=subject, field=field, value=value)
        newest = owner.values.filter(field=field).order_by("-version").first()
        if newest is not None and newest.commitment == proof:
            return Kept(proof, newest.hint, newest.version)
        version = newest.version + 1 if newest else 1
        sealed = crypto.seal(key, subject=subject, field=field, value=value)
        owner.values.create(field=field, version=version, sealed=sealed, commitment=proof, hint=hint, created_at=clock.now())
        record(
            type=VAULT_STORED,
            resource_type="vault_subject",
            resource_id=subject,
            metadata={"field": field, "version": version, "commitment": proof},
        )
    return Kept(proof, hint, version)


def hints(*, subject: str) -> dict[str, str]:
    """The hint of each field's newest version: what a screen shows by default. Also of a forgotten subject: then each is empty."""
    rows = (
        VaultValue.objects.filter(subject__name=subject).order_by("field", "-version").distinct("field").select_related("subject")
    )
    return {row.field: "" if row.subject.erased_at else row.hint for row in rows}


def reveal(*, subject: str, field: str, reason: str) -> str:
    """The newest value, once the trail says who asked and why.

    Raises NotKept, Forgotten, ValueError without a reason, and RuntimeError inside a transaction, whose rollback would take the
    evidence along.
    """
    if not reason.strip():
        raise ValueError("revealing needs a reason")
    row = VaultValue.objects.filter(subject__name=subject, field=field).select_related("subject").order_by("-version").first()
    if row is None:
        raise NotKept(f"nothing is kept as {field} of {subject}")
    value = crypto.unseal(_key(row.subject), subject=subject, field=field, sealed=bytes(row.sealed))
    record_access(
        type=VAULT_REVEALED,
        resource_type="vault_subject",
        resource_id=subject,
        reason=reason,
        metadata={"field": field, "version": row.version},
    )
    return value


def erase(*, subject: str, reason: str) -> None:
    """Forget the subject: its key is deleted, and with it every version of every field. Events and books stay as they are.

    Raises NotKept, and Forgotten when it was done before.
    """
    with transaction.atomic():
        owner = VaultSubject.objects.select_for_update().filter(name=subject).first()
        if owner is None:
            raise NotKept(f"the vault does not know {subject}")
        if owner.erased_at is not None:
            raise Forgotten(f"{subject} was erased on {owner.erased_at:%Y-%m-%d}")
        owner.sealed_key, owner.erased_at = None, clock.now()
        owner.save(update_fields=["sealed_key", "erased_at"])
        record(type=VAULT_ERASED, resource_type="vault_subject", resource_id=subject, reason=reason)


def rewrap_keys() -> int:
    """Seal every subject's key with the current house key, so that older ones can be retired; returns how many there were."""
    house, done = _house(), 0
    for subject_id in VaultSubject.objects.filter(erased_at=None).values_list("pk", flat=True).iterator():
        with transaction.atomic():
            owner = VaultSubject.objects.select_for_update().get(pk=subject_id)
            if owner.sealed_key is not None:
                owner.sealed_key = house.rewrap(bytes(owner.sealed_key))
                owner.save(update_fields=["sealed_key"])
                done += 1
    return done


def _opened(subject: str) -> VaultSubject:
    """The subject's row, made at its first value, locked so that versions follow each other."""
    fresh = {"sealed_key": _house().wrap(crypto.new_subject_key()), "created_at": clock.now()}
    VaultSubject.objects.bulk_create([VaultSubject(name=subject, **fresh)], ignore_conflicts=True)
    return VaultSubject.objects.select_for_update().get(name=subject)


def _key(owner: VaultSubject) -> bytes:
    if owner.sealed_key is None:
        raise Forgotten(f"{owner.name} was erased; what was kept of it cannot be read any more")
    return _house().unwrap(bytes(owner.sealed_key))


def _house() -> crypto.HouseKeys:
    return crypto.HouseKeys(settings.VAULT_KEYS)
