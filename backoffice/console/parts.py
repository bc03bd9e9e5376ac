"""Small typed pieces that views hand to the partials. A view fills these; a partial draws them; neither knows the other's
business.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Tone(StrEnum):
    """The four meanings of colour, the accent, and none. A tone always comes with a word."""

    NEUTRAL = "neutral"
    ACCENT = "accent"
    DONE = "done"
    LOOK = "look"
    DANGER = "danger"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Badge:
    text: str
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Milestone:
    """One step of a transfer's good day. `stage` is done, now, failed or ahead; `note` stands under the title; `late` marks it."""

    title: str
    stage: str = "ahead"
    at: datetime | None = None
    note: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One thing that happened. `kind` is money, people, providers or evidence: the filter of the timeline."""

    at: datetime
    title: str
    kind: str
    tone: Tone = Tone.NEUTRAL
    by: str = ""
    note: str = ""
    detail: str = ""
    code: str = ""
    badge: Badge | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    title: str
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Crumb:
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PostingRow:
    """One line of a posting. Amounts are minor units of `asset`; `before` and `after` are balances, when they are known."""

    account: str
    asset: object
    debit: int | None = None
    credit: int | None = None
    after: int | None = None
    note: str = ""
    url: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class LimitBar:
    """Use of one limit, in minor units of `asset`: what was used before, what this would add, and what there is."""

    title: str
    used: int
    amount: int
    asset: object
    this: int = 0


@dataclass(frozen=True, slots=True)
class Decider:
    """A line of "who decides": what they did or may do, and in words why."""

    badge: Badge
    text: str
    note: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Possible:
    """Something that could be done with a record. Without `url` it cannot be done now, and `reason` says why."""

    title: str
    reason: str
    url: str = ""
    dialog: str = ""


@dataclass(frozen=True, slots=True)
class Paging:
    """Keyset paging: links to the first and the next page, never page numbers, since rows arrive while one reads."""

    shown: int
    noun: str
    first_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number on the home page that says what it counts and where to deal with it."""

    number: int
    title: str
    note: str = ""
    url: str = ""
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of a short list on the home page."""

    title: str
    url: str
    note: str = ""
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A panel of the home page; `empty` says why there is nothing and that this is good."""

    title: str
    rows: list[Listed] = field(default_factory=list)
    empty: str = ""
    more_url: str = ""
