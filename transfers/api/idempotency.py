"""One effect per (client, key), for ever.

Key, effect and stored answer are one database transaction, so there is no half: a process that is killed leaves nothing, and the
same request simply runs. While it runs, a transaction-level advisory lock says so; PostgreSQL drops it with the connection, so
nothing has to time out. A permanent refusal has undone its own work (its savepoint) and is stored like a success, beside its audit
event. Anything else rolls everything back, the key included. A conversion's indicative quote is asked for inside the transaction,
which holds nothing but the key by then.

The row outlives its stored answer: without one, the key still leads to the transfer it made, and never to a second.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit import clock
from audit.identity import new_id
from transfers.api.parsing import canonical
from transfers.api.problems import Problem, ProblemRaised
from transfers.api.responses import write_new_transfer, write_transfer
from transfers.commands.placing import Claim, lock_name
from transfers.models import BulkOrder, IdempotencyKey, Transfer

MAX_KEY_LENGTH = 255
CREATED, REFUSED = 201, 422


@dataclass(frozen=True, slots=True)
class Answer:
    """What was, or will be, answered under a key."""

    status: int
    body: dict[str, Any]
    transfer_id: UUID | None = None
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request under a key. `body` is the parsed request, so white space and the order of keys do not make it another one."""

    client_id: str
    key: str
    endpoint: str
    body: Mapping[str, Any]

    def fingerprint(self) -> bytes:
        return hashlib.sha256(f"{self.endpoint}\n".encode() + canonical(self.body)).digest()

    def claim(self, door: Mapping[str, Any] | None) -> Claim:
        """What takes the key in the statement that makes the transfer, and lets its caller in where that was left to it."""
        return Claim(
            client_id=self.client_id,
            key=self.key,
            endpoint=self.endpoint,
            request_hash=self.fingerprint(),
            written=write_new_transfer,
            door=door,
        )


def key_of(header: str | None) -> str:
    """The Idempotency-Key as sent. Raises ProblemRaised (400) when it is missing or not 1 to 255 printable characters."""
    if not header:
        detail = "Send an Idempotency-Key of your own making, a new one for each transfer you mean to make."
        raise ProblemRaised(Problem(400, "idempotency_key_missing", detail))
    if len(header) > MAX_KEY_LENGTH or not header.isascii() or not header.isprintable():
        raise ProblemRaised(Problem(400, "idempotency_key_invalid", f"Use 1 to {MAX_KEY_LENGTH} printable ASCII characters."))
    return header


def answer_once(
    attempt: Attempt,
    *,
    work: Callable[[UUID], Any],
    refusal: Callable[[Exception], dict[str, Any] | None],
    written: Callable[[Any], dict[str, Any]] = write_transfer,
) -> Answer:
    """Run `work` with the id of the key's row unless the key has an answer already. `work` is atomic by itself and gives a
    transfer, or the order of a file; `written` is how that is answered.

    `refusal` gives the body of a permanent refusal, None for every other exception. Raises ProblemRaised: 409 while the first
    request runs, 422 when the key was used for something else; and whatever `work` raises that is no refusal.
    """
    with transaction.atomic(durable=True):
        key_id = _taken(attempt)
        if key_id is None:
            return _replay(IdempotencyKey.objects.get(client_id=attempt.client_id, key=attempt.key), attempt, written)
        answer = _run(key_id, work, refusal, written)
        _store(key_id, answer)
        return answer


# The lock first: whoever has it sees every key that was taken before.
_TAKE = """
    WITH lock AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended(%(name)s, 0)) AS is_ours),
         taken AS (
             INSERT INTO transfers_idempotencykey (id, client_id, key, endpoint, request_hash, created_at)
             SELECT %(id)s, %(client)s, %(key)s, %(endpoint)s, %(hash)s, %(now)s FROM lock WHERE is_ours
                 ON CONFLICT (client_id, key) DO NOTHING RETURNING id)
    SELECT is_ours, (SELECT id FROM taken) FROM lock
"""


def _taken(attempt: Attempt) -> UUID | None:
    """The id of the key's row, made now; None when it was taken before. Raises ProblemRaised while another request has it.

    The lock is held until commit, rollback or death. Two keys whose hashes collide merely answer 409 while the other runs.
    """
    row: dict[str, Any] = {
        "name": lock_name(attempt.client_id, attempt.key),
        "id": new_id(),
        "client": attempt.client_id,
        "key": attempt.key,
        "endpoint": attempt.endpoint,
        "hash": attempt.fingerprint(),
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, row)
        is_ours, key_id = cursor.fetchone()
    if not is_ours:
        detail = "A request with this Idempotency-Key is running. Send it again in a moment to read its answer."
        raise ProblemRaised(Problem(409, "idempotency_in_progress", detail, headers={"Retry-After": "1"}))
    return key_id  # type: ignore[no-any-return]


def _run(
    row_id: UUID,
    work: Callable[[UUID], Any],
    refusal: Callable[[Exception], dict[str, Any] | None],
    written: Callable[[Any], dict[str, Any]],
) -> Answer:
    try:
        made = work(row_id)
    except Exception as error:
        body = refusal(error)
        if body is None:
            raise
        return Answer(REFUSED, body)
    return Answer(CREATED, written(made), made.pk if isinstance(made, Transfer) else None)


def _store(row_id: UUID, answer: Answer) -> None:
    IdempotencyKey.objects.filter(pk=row_id).update(
        response_status=answer.status, response_body=answer.body, transfer_id=answer.transfer_id, completed_at=clock.now()
    )


def _replay(known: IdempotencyKey, attempt: Attempt, written: Callable[[Any], dict[str, Any]]) -> Answer:
    if bytes(known.request_hash) != attempt.fingerprint():
        detail = "This Idempotency-Key was used with another body. Use a new key for a new transfer."
        raise ProblemRaised(Problem(422, "idempotency_key_reused", detail))
    if known.response_body is not None and known.response_status is not None:
        return Answer(known.response_status, known.response_body, known.transfer_id, is_replay=True)
    if known.transfer is not None:
        return Answer(CREATED, written(known.transfer), known.transfer_id, is_replay=True)
    order = BulkOrder.objects.select_related("upload", "approval_request").filter(idempotency_key=known).first()
    if order is not None:
        return Answer(CREATED, written(order), is_replay=True)
    detail = "This key's request was refused, and the answer is no longer kept. Use a new key to try again."
    raise ProblemRaised(Problem(422, "idempotency_response_dropped", detail))
