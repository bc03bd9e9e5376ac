"""Which proofs there are. The ledger registers its own; floors above add theirs in AppConfig.ready().

A proof is asked in one snapshot: postings that happen meanwhile are seen whole or not at all. An empty answer proves it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ledger.queries.rows import select

# Of a proof that is broken everywhere, more would help nobody.
MOST_FINDINGS = 1_000
_FIRST_OF = "SELECT subject, message FROM ({sql}) AS found WHERE message IS NOT NULL ORDER BY subject, message LIMIT {most}"
_LONGEST_TRANSACTION = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold: `subject` is the row or account, `message` says what is wrong with it."""

    proof: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Since:
    """What is proved already: all entries up to transaction `txid` of `epoch`, when checkpoint number `checkpoint` was taken."""

    checkpoint: int
    epoch: int
    txid: int
    taken_at: datetime | None
    entries: int

    @property
    def is_start(self) -> bool:
        return self.checkpoint == 0

    @property
    def around(self) -> str:
        """A time before which nothing that came after the checkpoint was written, long transactions aside."""
        return "-infinity" if self.taken_at is None else (self.taken_at - _LONGEST_TRANSACTION).isoformat()


START = Since(checkpoint=0, epoch=0, txid=0, taken_at=None, entries=0)

Rows = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`says` is what it proves, in one plain sentence; `find` yields (subject, message) of what does not hold.

    An `incremental` one looks at what came after the checkpoint it is given; the others ask about everything each time, which must
    be cheap, unless they are `thorough`: those run in a full proof only. `figures` are what a proof of amounts adds up.
    """

    name: str
    says: str
    find: Callable[[Since], Rows]
    incremental: bool = False
    thorough: bool = False
    figures: Callable[[], list[dict[str, str]]] | None = None


_proofs: dict[str, Proof] = {}


def register(*proofs: Proof) -> None:
    """Add proofs; repeating one is harmless, since AppConfig.ready() may run more than once."""
    _proofs.update({proof.name: proof for proof in proofs})


def all_proofs() -> tuple[Proof, ...]:
    """In the order of registration: the ledger's, then those of the floors above."""
    return tuple(_proofs.values())


def asked(sql: str, **parameters: Any) -> Callable[[Since], Rows]:
    """`find` from a statement that returns subject and message; rows without a message are none.

    Besides its own `parameters` it may use %(checkpoint)s, %(epoch)s and %(txid)s, which are 0 for a full proof, and %(around)s:
    whatever came after the checkpoint has a later time, unless its transaction had been open for an hour. A percent sign is
    written twice.
    """
    statement = _FIRST_OF.format(sql=sql, most=MOST_FINDINGS)

    def find(since: Since) -> Rows:
        place = {"checkpoint": since.checkpoint, "epoch": since.epoch, "txid": since.txid, "around": since.around}
        return [(row["subject"], row["message"]) for row in select(statement, {**place, **parameters})]

    return find
