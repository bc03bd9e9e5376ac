"""What makes a statement line the same line when it is seen again.

A line's content and the references that only the bank gives (its own reference, the transaction id, the UETR) identify it
in whatever statement it shows up. A line without any of these is identified within its statement, named by account and
identification: two such lines in different statements are two. Equal lines of one statement are told apart by their ordinal.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable

from reconciliation.importers import exact
from reconciliation.importers.base import ParsedLine, ParsedStatement

_GIVEN_BY_THE_BANK = ("bank_reference", "transaction_id", "uetr")
# A number within the statement: a bank may count differently when it sends the line again. And what was not read of lines before.
_LOCAL = frozenset({"entry_reference", "return_text"})


def fingerprints(source_code: str, statement: ParsedStatement, movements: Iterable[ParsedLine]) -> list[str]:
    """One fingerprint per movement, in order."""
    seen: Counter[str] = Counter()
    found = []
    for movement in movements:
        content = json.dumps(_content(source_code, statement, movement), sort_keys=True)
        seen[content] += 1
        found.append(hashlib.sha256(f"{content}#{seen[content]}".encode()).hexdigest())
    return found


def _content(source_code: str, statement: ParsedStatement, movement: ParsedLine) -> dict[str, object]:
    references = {kind: value for kind, value in movement.references.items() if kind not in _LOCAL}
    is_known_anywhere = any(kind in references for kind in _GIVEN_BY_THE_BANK)
    return {
        "source": source_code,
        "account": statement.account,
        "statement": "" if is_known_anywhere else statement.identification,
        "direction": movement.direction,
        "amount": exact.plain(movement.amount),
        "currency": movement.currency,
        "day": movement.booked_at.date().isoformat(),
        "value_date": movement.value_date.isoformat() if movement.value_date else "",
        "reversal": movement.reversal,
        "references": references,
        "counterparty": movement.counterparty,
        "text": movement.text,
    }
