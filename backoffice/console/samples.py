"""Sample content for the style page. Invented names and amounts; nothing here is read from the books."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from audit.queries_sealing import SealState
from backoffice.console.audit.seals import Seal
from backoffice.console.parts import (
    Badge,
    Decider,
    LimitBar,
    Milestone,
    Paging,
    Possible,
    PostingRow,
    Tab,
    TimelineItem,
    Tone,
)
from backoffice.console.words import known_states
from ledger.money import AssetUnit

USDC = AssetUnit(id="USDC.ethereum", code="USDC", exponent=6)
ETH = AssetUnit(id="ETH.ethereum", code="ETH", exponent=18)
MXN = AssetUnit(id="MXN", code="MXN", exponent=2)
_NEW = "0x52908400098527886E0F7030069857D2E4169EE7"
_KNOWN = "0x52908400098527866E0F7030069857D2E4169EE7"


class SampleForm(forms.Form):
    client = forms.ChoiceField(choices=[("acme", "Acme Robotics"), ("globex", "Globex Trading")])
    amount = forms.CharField(help_text="In major units of the asset, such as 1,000.00.")
    reference = forms.CharField(required=False)
    note = forms.CharField(widget=forms.Textarea, required=False)
    sure = forms.BooleanField(label="The client was called back", help_text="On a number that we knew before this request.")


def samples(now: datetime) -> dict[str, Any]:
    wrong = SampleForm({"client": "acme", "amount": ""})
    wrong.is_valid()
    return {
        "usdc": USDC,
        "mxn": MXN,
        "eth": ETH,
        "new_address": _NEW,
        "known_address": _KNOWN,
        "form": SampleForm(),
        "wrong": wrong,
        "states": known_states(),
        "tones": list(Tone),
        "tabs": [
            Tab("Mine to decide", "#", 4, current=True),
            Tab("All pending", "#", 12),
            Tab("Decided today", "#", 31),
            Tab("Made by me", "#", 2),
        ],
        "paging": Paging(50, "transfers", first_url="#", next_url="#"),
        "hexadecimal": "9f2c41d7" + "0" * 52 + "08be",
        "seals": [Seal(SealState(1234, 20_418, 1240, now, (("file", now), ("notary", now)))), Seal(None)],
        **_transfer(now),
        **_decision(),
    }


def _transfer(now: datetime) -> dict[str, Any]:
    def before(**span: float) -> datetime:
        return now - timedelta(**span)

    return {
        "milestones": [
            Milestone("Created", "done", before(minutes=21)),
            Milestone("Quoted", "done", before(minutes=14), "41 s"),
            Milestone("Funds locked", "done", before(minutes=14)),
            Milestone("Sent on chain", "now", note="12 m, expected 5 m", late=True),
            Milestone("Confirmed"),
            Milestone("Fiat settled"),
            Milestone("Reconciled"),
        ],
        "timeline": [
            TimelineItem(
                before(minutes=2),
                "Alert: slower than its threshold",
                "people",
                Tone.LOOK,
                detail="Cause: base fee rose from 14 to 61 gwei. Runbook: sent, not confirmed.",
                badge=Badge("level 1, acknowledged by Kim", Tone.LOOK),
            ),
            TimelineItem(
                before(minutes=9),
                "Both nodes report the transaction in their mempools",
                "providers",
                code="0x8c1f … 77a0, nonce 4,118",
            ),
            TimelineItem(
                before(minutes=14),
                "Sent on chain",
                "providers",
                Tone.ACCENT,
                by="worker 2",
                note="signed payload stored before broadcast",
                detail="The first answer timed out; the node was asked and had it. Not sent again.",
            ),
            TimelineItem(before(minutes=14, seconds=7), "Funds locked", "money", Tone.DONE, note="hold 31,541.00 USDC"),
            TimelineItem(before(minutes=16), "Approved", "people", Tone.PERSON, by="Ana M. and Bo K.", note="2 of 2"),
            TimelineItem(
                before(minutes=21),
                "Created",
                "people",
                Tone.ACCENT,
                by="API key payroll-eu",
                note="the same request came 3 times, answered once",
            ),
        ],
    }


def _decision() -> dict[str, Any]:
    return {
        "postings": [
            PostingRow("Acme Robotics, client money, USDC", USDC, debit=250_004_200_000, after=161_995_800_000),
            PostingRow("Hot wallet 1, USDC", USDC, credit=250_000_000_000, after=3_662_440_100_000),
            PostingRow("Withdrawal fee income, USDC", USDC, credit=4_200_000, after=1_204_550_000),
            PostingRow("Network fee expense, ETH", ETH, debit=2_100_000_000_000_000, note="estimate"),
            PostingRow("Gas inventory, ETH", ETH, credit=2_100_000_000_000_000, after=41_200_870_000_000_000_000),
        ],
        "limits": [
            LimitBar("Acme, today", 162_000_000_000, 500_000_000_000, USDC, 250_000_000_000),
            LimitBar("US to on-chain corridor, today", 2_650_000_000_000, 10_000_000_000_000, USDC, 250_000_000_000),
            LimitBar("Treasury's own, today", 90_000_000_000, 100_000_000_000, USDC, 20_000_000_000),
        ],
        "deciders": [
            Decider(Badge("approved", Tone.DONE), "Bo K., approver, 13:51:02 UTC", "read the evidence for 3 m"),
            Decider(Badge("needed", Tone.PERSON), "One treasury lead: you, or Cy T."),
            Decider(Badge("cannot"), "D. Ito made it", quiet=True),
        ],
        "possible": [
            Possible("Cancel", "before it is sent; the hold is released", dialog="sample-dialog"),
            Possible("Send again", "not possible: it has been sent"),
            Possible("Refund", "not before the chain says it was dropped, or two people declare it lost"),
        ],
    }
