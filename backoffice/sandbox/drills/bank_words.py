"""What the sandbox bank can do wrong, in words for those who practise on it."""

from backoffice.sandbox.drills.base import Drill, Place, Setting

_CONFIRMED = Place("/transfers/?status=CONFIRMED", "Transfers that are Confirmed")
_SETTLED = Place("/transfers/?status=FIAT_SETTLED", "Transfers that are Fiat settled")
_ENDED = Place("/transfers/?status=FAILED", "Transfers that Failed")
_BREAKS = Place("/reconciliation/breaks/", "Breaks")
_SECONDS = Setting("seconds", "After how many seconds", "5")
_CODE = Setting("code", "Reason code", "AC04", "Of ISO 20022: AC04 account closed, AC01 wrong number, RR04 regulation.")

DRILLS: tuple[Drill, ...] = (
    Drill(
        kind="timeout",
        title="Takes a payout, then hangs up",
        happens="The bank books the order, and the connection ends before its answer.",
        see="On the transfer, the call to the bank says “outcome unknown”. Within seconds the bank is asked by EndToEndId and the "
        "transfer settles. Nobody is paid twice and nobody has to act.",
        where=_CONFIRMED,
    ),
    Drill(
        kind="lose",
        title="Loses a payout",
        happens="The connection ends and the bank has nothing.",
        see="The outcome is unknown at first. Asked by EndToEndId, the bank says it never saw the order, so the same order goes "
        "out again under the same names.",
        where=_CONFIRMED,
    ),
    Drill(
        kind="slow",
        title="Answers slowly",
        happens="Every answer takes this long. Above 15 seconds our side gives up waiting.",
        see="Transfers take longer. Above 15 seconds: outcome unknown, and the last try is shown with its error.",
        settings=(Setting("seconds", "Seconds for each answer", "5"),),
        counted=False,
        where=_CONFIRMED,
    ),
    Drill(
        kind="down",
        title="Is down",
        happens="Every request is answered with 503, statements too.",
        see="Off-ramps wait in Confirmed with the bank's words and a growing pause. Past their deadline an alert opens; it "
        "resolves itself when the drill ends.",
        counted=False,
        where=_CONFIRMED,
    ),
    Drill(
        kind="reject",
        title="Rejects a payout",
        happens="A good order is rejected (RJCT) with this reason.",
        see="The transfer fails with “bank rejected”; amount and fee are back in the client's balance.",
        settings=(_CODE,),
        where=_ENDED,
    ),
    Drill(
        kind="settle_late",
        title="Settles late",
        happens="An order is taken and then lies about for this long.",
        see="The transfer waits in Confirmed; the call log shows that the bank is asked again and again, with longer pauses.",
        settings=(Setting("seconds", "How many seconds late", "60"),),
        where=_CONFIRMED,
    ),
    Drill(
        kind="confirm_twice",
        title="Confirms twice",
        happens="The message that a payout has settled is sent twice, under two ids.",
        see="One transfer, one posting. The second message is in the timeline and changed nothing.",
        where=_CONFIRMED,
    ),
    Drill(
        kind="reorder",
        title="Says things out of order",
        happens="After a payout has settled, the next answer still says that it is on its way.",
        see="The transfer waits for one more answer, then settles.",
        where=_CONFIRMED,
    ),
    Drill(
        kind="contradict",
        title="Confirms, then says rejected",
        happens="A payout is reported as settled, and later as rejected; the money does not come back.",
        see="The transfer stands on “people must decide”, marked as disputed. Nothing is refunded by itself.",
        settings=(_SECONDS, _CODE),
        where=_SETTLED,
    ),
    Drill(
        kind="return",
        title="Sends a payout back",
        happens="The beneficiary's bank returns the money after it was paid; the credit shows on the statement with its reason.",
        see="When the statement is read, the transfer fails with “bank returned” and the client has the money back. If banks on "
        "the way kept a part, a break opens instead and people decide.",
        settings=(_SECONDS, _CODE, Setting("less", "Kept on the way, in the payout's currency", "0")),
        where=_ENDED,
    ),
    Drill(
        kind="take_back",
        title="Takes a deposit back",
        happens="The sender's bank takes the newest payment back that came in to us: a debit on the statement with its reason.",
        see="When the statement is read, the deposit fails with “deposit taken back” and the amount leaves the client's balance, "
        "below zero if it was spent. What was nobody's leaves the unallocated money, and its break is resolved.",
        settings=(Setting("code", "Reason code", "FRAD", "Of ISO 20022: FRAD fraud, DUPL paid twice, AM09 wrong amount."),),
        where=_ENDED,
    ),
    Drill(
        kind="recall_refused",
        title="Refuses a recall",
        happens="The beneficiary does not agree to give the money back.",
        see="On the transfer: the recall was refused, with the bank's reason. The payout stands, and nothing is booked.",
        settings=(
            Setting("code", "Reason code", "CUST", "Of ISO 20022: CUST beneficiary refuses, LEGL legal reasons, ARDT gone."),
        ),
        where=_SETTLED,
    ),
    Drill(
        kind="recall_unanswered",
        title="Never answers a recall",
        happens="The bank looks into a recall and nobody decides.",
        see="On the transfer the recall stays open, and the bank is asked with growing pauses, for two weeks.",
        where=_SETTLED,
    ),
    Drill(
        kind="recall_timeout",
        title="Takes a recall, then hangs up",
        happens="The recall arrives, and the connection ends before the bank's answer.",
        see="The outcome of the call is unknown; the bank is asked by the recall's id and the recall goes on.",
        where=_SETTLED,
    ),
    Drill(
        kind="recall_lost",
        title="Loses a recall",
        happens="The connection ends and the bank has nothing.",
        see="Asked by the recall's id, the bank says it knows none, so the same recall is sent again under the same id.",
        where=_SETTLED,
    ),
    Drill(
        kind="duplicate",
        title="Books a payout twice",
        happens="The debit is booked twice for one order.",
        see="A break of high severity: the same movement was already reported once. The transfer itself stays as it is.",
        where=_BREAKS,
    ),
    Drill(
        kind="wrong_amount",
        title="Shows a wrong amount on the statement",
        happens="The statement shows another amount than was booked, so it does not add up.",
        see="Two breaks: the statement does not add up, and the amount differs. A payout is not reconciled; money that came in is"
        " set aside, whoever it names, until people have decided.",
        settings=(Setting("by", "Wrong by how much", "1.00"),),
        where=_BREAKS,
    ),
    Drill(
        kind="statement_late",
        title="Gives out a statement late",
        happens="The next statement is held back for this long, and with it those after it.",
        see="Off-ramps stay Fiat settled for longer. Past the deadline a break says that the payment was not shown.",
        settings=(Setting("seconds", "How many seconds late", "60"),),
        where=Place("/reconciliation/statements/", "Statements"),
    ),
    Drill(
        kind="statement_missing",
        title="Leaves a statement out",
        happens="One statement is never given out; its number is missing.",
        see="A break names the missing number. Ask the bank for the file and import it by hand.",
        where=_BREAKS,
    ),
    Drill(
        kind="hint_lost",
        title="Loses a message",
        happens="A signed message that a payout has moved on is never delivered.",
        see="Nothing but some seconds more: the bank is asked by itself, and the transfer goes on by its answer.",
        where=_CONFIRMED,
    ),
    Drill(
        kind="hint_late",
        title="Delivers a message late",
        happens="A signed message comes this much later, when the payout has long moved on.",
        see="The message is in the timeline and changed nothing.",
        settings=(Setting("seconds", "How many seconds late", "30"),),
        where=_SETTLED,
    ),
    Drill(
        kind="hint_reorder",
        title="Delivers messages out of order",
        happens="A signed message is held back until the one after it was delivered.",
        see="Both are in the timeline; the bank was asked, and what it said counts, not the order of its messages.",
        where=_SETTLED,
    ),
)
