"""What happened to the money in our books: the state in a sentence, and the postings line by line."""

from dataclasses import dataclass
from datetime import datetime

from backoffice.console import amounts
from backoffice.console.parts import PostingRow
from backoffice.console.transfers.story import Story
from ledger.models import Entry, LedgerTransaction
from transfers.states import DEPOSITS, MoneyState

_REVERSAL = ".reversal"
_SENTENCES: dict[str, str] = {
    MoneyState.NONE: "nothing is reserved and nothing is booked",
    MoneyState.RESERVED: "on hold for it; nothing is booked yet",
    MoneyState.POSTED: "booked; what is below is final",
    MoneyState.REVERSED: "booked, then reversed: the client has it back",
    MoneyState.EXCEPTION: "people must decide; nothing is refunded or sent again by itself",
}


@dataclass(frozen=True, slots=True)
class Booked:
    """One posting with its lines. `moved` says how much of which asset, in words."""

    reference: str
    title: str
    booked_at: datetime
    rows: list[PostingRow]
    moved: str


def sentence(story: Story) -> str:
    transfer = story.transfer
    if transfer.money_state == MoneyState.REVERSED and transfer.route in DEPOSITS:
        return "booked, then reversed: it has left the client's balance again"
    return _SENTENCES[transfer.money_state]


def rate(story: Story) -> str:
    """The rate of the firm quote without the zeros that say nothing; empty before there is one."""
    quote = story.transfer.quote
    return f"{quote.rate:f}".rstrip("0").rstrip(".") if quote else ""


def bookings(story: Story) -> list[Booked]:
    """The postings in the order they were booked. Balances after are left out: they belong to the account's page."""
    lines: dict[str, list[Entry]] = {}
    for entry in story.entries:
        lines.setdefault(entry.transaction.reference, []).append(entry)
    return [_booked(entries) for entries in lines.values()]


def _booked(entries: list[Entry]) -> Booked:
    posting = entries[0].transaction
    rows = [
        PostingRow(entry.account.name, entry.account.asset, int(entry.debit) or None, int(entry.credit) or None)
        for entry in entries
    ]
    return Booked(posting.reference, _title(posting), posting.booked_at, rows, _sums(entries))


def _title(posting: LedgerTransaction) -> str:
    """What kind it is: on the page of its own transfer the reference says nothing."""
    words = posting.kind.removesuffix(_REVERSAL).replace("_", " ")
    return f"Reversal of {words}" if posting.reverses_id else words.capitalize()


def _sums(entries: list[Entry]) -> str:
    """What was moved, per asset: the debits, which equal the credits."""
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.asset_id] = sums.get(entry.asset_id, 0) + int(entry.debit)
    return " and ".join(amounts.text(total, asset) for asset, total in sums.items())
