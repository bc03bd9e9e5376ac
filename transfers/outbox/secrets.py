"""The secrets that messages are signed with. The database holds them encrypted (Fernet) under a key that only processes know.

The plain text names the row it belongs to, so that a ciphertext moved to another row opens nothing. Several keys may be in force:
the first encrypts, all decrypt, which is how the key itself is changed.
"""

import base64
import secrets
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from audit.identity import new_id
from transfers.errors import Refused, Unavailable
from transfers.models import WebhookEndpoint, WebhookSecret

_PREFIX, _BYTES = "whsec_", 32
OVERLAP = timedelta(hours=24)
# Every secret in force adds a signature to every message.
MOST_IN_FORCE = 4


def make(endpoint: WebhookEndpoint) -> str:
    """A new secret in force, and its text, which is never seen again. Raises Unavailable."""
    text = _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    row_id = new_id()
    ciphertext = _box().encrypt(f"{row_id}:{text}".encode())
    WebhookSecret.objects.create(id=row_id, endpoint=endpoint, ciphertext=ciphertext, created_at=Now())
    return text


def rotate(endpoint: WebhookEndpoint, *, overlap: timedelta = OVERLAP) -> str:
    """A new secret; those before it sign for `overlap` more. The endpoint is locked by the caller. Raises Refused, Unavailable."""
    if in_force(endpoint.pk).count() >= MOST_IN_FORCE:
        raise Refused("too_many_secrets", "Several secrets are in force already. Wait until the oldest have lapsed.")
    text = make(endpoint)
    older = (
        WebhookSecret.objects.filter(endpoint=endpoint, expires_at=None).order_by("-created_at", "-id").values_list("pk", flat=True)
    )
    WebhookSecret.objects.filter(pk__in=list(older[1:])).update(expires_at=Now() + overlap)
    return text


def in_force(endpoint_id: UUID) -> QuerySet[WebhookSecret]:
    """The newest first."""
    valid = Q(expires_at=None) | Q(expires_at__gt=Now())
    return WebhookSecret.objects.filter(valid, endpoint_id=endpoint_id).order_by("-created_at", "-id")


def newest(endpoint_id: UUID) -> UUID | None:
    """The one that every rotation comes instead of."""
    return in_force(endpoint_id).values_list("pk", flat=True).first()


def texts(endpoint_id: UUID) -> list[str]:
    """Of those in force, the newest first. Raises Unavailable when one cannot be opened with the keys of this process."""
    return [_open(row) for row in in_force(endpoint_id)]


def _open(row: WebhookSecret) -> str:
    try:
        row_id, _, text = _box().decrypt(bytes(row.ciphertext)).decode().partition(":")
    except InvalidToken:
        raise Unavailable("The signing secret cannot be opened: WEBHOOK_ENCRYPTION_KEYS does not hold its key.") from None
    if row_id != str(row.pk):
        raise Unavailable("The signing secret belongs to another row: somebody moved it.")
    return text


def _box() -> MultiFernet:
    keys: Sequence[str] = settings.WEBHOOK_ENCRYPTION_KEYS
    if not keys:
        raise Unavailable("WEBHOOK_ENCRYPTION_KEYS is not set.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise Unavailable("WEBHOOK_ENCRYPTION_KEYS holds something that is no Fernet key.") from None
