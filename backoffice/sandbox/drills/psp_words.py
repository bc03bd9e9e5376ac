"""What the sandbox's card provider can do wrong, in words for those who practise on it."""

from collections.abc import Mapping

from backoffice.sandbox.bank.faults import ONLY
from backoffice.sandbox.drills.base import Drill, Place, Setting

_CARDS = Place("/transfers/?route=card_deposit", "Deposits by card")
_BREAKS = Place("/reconciliation/breaks/", "Breaks")
_BOOKED = {"": "Any", "capture": "Charge", "refund": "Refund"}
_ANY = {"": "Any", "authorise": "Authorisation", "capture": "Charge", "refund": "Refund"}
_ASKED = (
    "The outcome is unknown at first. Asked under our reference, the provider says what it has, and the rest is ordered again "
    "under the same reference: charged once, refunded once."
)


def _which(choices: Mapping[str, str]) -> Setting:
    return Setting(ONLY, "Which order", "", choices=choices, is_optional=True)


DRILLS: tuple[Drill, ...] = (
    Drill(
        kind="timeout_after",
        title="Takes an order, then hangs up",
        happens="The card is authorised, charged or refunded, and the connection ends before the answer.",
        see=_ASKED,
        settings=(_which(_ANY),),
        where=_CARDS,
    ),
    Drill(
        kind="timeout_before",
        title="Hangs up on an order",
        happens="The connection ends before the provider has looked at the order.",
        see=_ASKED,
        settings=(_which(_ANY),),
        where=_CARDS,
    ),
    Drill(
        kind="lose",
        title="Says yes and loses it",
        happens="The provider answers as if it had done what was asked, and has nothing of it in its record.",
        see="A lost authorisation is found when the card cannot be charged, a lost charge or refund at the next look into the "
        "provider's record. Each is ordered again under the same reference.",
        settings=(_which(_ANY),),
        where=_CARDS,
    ),
    Drill(
        kind="refuse",
        title="Refuses an order",
        happens="The provider refuses a good order (422).",
        see="The transfer fails and nothing is charged or refunded; a refund's amount is back in the client's balance.",
        settings=(_which(_ANY),),
        where=_CARDS,
    ),
    Drill(
        kind="duplicate",
        title="Charges or refunds twice",
        happens="One order is settled twice in the provider's next batch.",
        see="A break: the provider settles it a second time. The client's balance moved once.",
        settings=(_which(_BOOKED),),
        where=_BREAKS,
    ),
    Drill(
        kind="lie",
        title="Answers with another amount",
        happens="The answer to an order speaks of less than was ordered; the provider's record is right.",
        see="Nothing is booked on such an answer: the transfer says what the provider spoke of, its record is asked, and the "
        "transfer goes on by that.",
        settings=(_which(_ANY), Setting("by", "Too little by", "0.01")),
        where=_CARDS,
    ),
)
