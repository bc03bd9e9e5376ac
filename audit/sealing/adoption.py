"""A sealer without its memory is told by a person that the database may be trusted: it then remembers the newest checkpoint."""

from django.db import connection, transaction

from audit import vocabulary
from audit.commands import record
from audit.sealing import store
from audit.sealing.memory import Memory
from audit.sealing.notes import Signed, open_note
from audit.sealing.store import Tiles
from audit.sealing.tree import root


class AdoptionRefused(Exception):
    """There is nothing to adopt, or the sealer remembers; the message says which."""


def adopt(memory: Memory, *, by: str) -> Signed:
    """Remember the newest checkpoint of the database, once its signature and its tree agree; recorded in the trail as done `by`.

    Whoever calls it has compared that checkpoint with an anchor. Raises AdoptionRefused, NoteRefused, TreeIncomplete, OSError.
    """
    if memory.path.exists():
        raise AdoptionRefused(f"The sealer remembers what it signed last ({memory.path}); put that file away first, and keep it.")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT origin, note FROM audit_checkpoint ORDER BY sequence DESC LIMIT 1")
        row = cursor.fetchone()
        if row is None:
            raise AdoptionRefused("The database holds no checkpoint: the sealer may simply begin.")
        origin, note = row
        signed = open_note(note, memory.keys)
        log = store.read_log(cursor)
        if (log.leaves, root(Tiles(cursor), log.leaves)) != (signed.checkpoint.size, signed.checkpoint.root):
            raise AdoptionRefused("The leaves in the database are not those of its newest checkpoint.")
        record(
            type=vocabulary.LOG_ADOPTED,
            resource_type="audit_log",
            resource_id=origin,
            metadata={"size": log.size, "checkpoint": log.sequence, "os_user": by},
        )
        memory.write(signed)
    return signed
