"""A receipt as PDF, set by typst from the template beside this file: the same bytes each time. The signed text is printed in it, so
that the paper carries what a verifier needs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typst

from approvals import canonical
from transfers.models import Receipt
from transfers.receipts.queries import content

CONTENT_TYPE = "application/pdf"
_TEMPLATE = Path(__file__).with_name("receipt.typ")
_HOUSE = "Countersign"
_TITLES = {"settled": "Payment receipt", "undone": "Notice: a payment was undone"}
_NAMES = {
    "tx_hash": "Transaction",
    "replaced_tx_hash": "Replaced transaction",
    "cancelling_tx_hash": "Cancelling transaction",
    "end_to_end_id": "EndToEndId",
    "message_id": "Message id",
    "uetr": "UETR",
    "bank_reference": "Bank's reference",
}


def receipt_pdf(receipt: Receipt) -> bytes:
    """The file; its creation date is the moment of issue."""
    # Only the fonts of the wheel: what a machine has installed must not change the page.
    compiler = typst.Compiler(_TEMPLATE, root=_TEMPLATE.parent, ignore_system_fonts=True)
    told = json.dumps(_told(receipt))
    made = compiler.compile(format="pdf", sys_inputs={"receipt": told}, timestamp=int(receipt.issued_at.timestamp()))
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one file")
    return made


def _told(receipt: Receipt) -> dict[str, Any]:
    said, digest = content(receipt), canonical.digest_of(bytes(receipt.payload))
    return {
        "house": _HOUSE,
        "title": _TITLES[receipt.says],
        "sentence": said.get("status_text", ""),
        "groups": [
            {"title": "Payment", "facts": list(_payment(said))},
            {"title": "Amounts", "facts": list(_amounts(said["amounts"]))},
            {
                "title": "Destination",
                "facts": [_fact(name.replace("_", " "), value) for name, value in said.get("destination", {}).items()],
            },
            {"title": "References", "facts": list(_references(said["settlement"]))},
        ],
        "number": f"{receipt.number}" + (f", supersedes {receipt.number - 1}" if receipt.number > 1 else ""),
        "issued_at": said["issued_at"],
        "sha256": digest.hex(),
        "words": " ".join(canonical.words(digest)),
        "key": receipt.key_id,
        "jws": receipt.jws,
    }


def _payment(said: dict[str, Any]) -> Iterator[dict[str, str]]:
    transfer, settlement = said["transfer"], said["settlement"]
    yield _fact("Client", said["client"]["name"])
    yield _fact("Reference", transfer["reference"])
    if "client_reference" in transfer:
        yield _fact("Your reference", transfer["client_reference"])
    yield _fact("State", settlement["status"])
    yield _fact("Settled" if said["says"] == "settled" else "Undone", settlement["at"])
    yield _fact("Value date", settlement["value_date"])


def _amounts(amounts: dict[str, Any]) -> Iterator[dict[str, str]]:
    source, target = amounts["source"], amounts["target"]
    yield _fact("Amount", f"{source['amount']} {source['currency']}")
    if target.get("asset") != source["asset"] and "amount" in target:
        yield _fact("Paid out", f"{target['amount']} {target['currency']}")
    if "rate" in amounts:
        yield _fact("Rate", f"1 {source['currency']} = {amounts['rate']} {target['currency']}")
    for fee in amounts.get("fees", []):
        yield _fact(f"Fee ({fee['kind']})", f"{fee['amount']} {fee['currency']}")
    if "cashback" in amounts:
        yield _fact(
            f"Cashback ({amounts['cashback']['promotion']})", f"{amounts['cashback']['amount']} {amounts['cashback']['currency']}"
        )
    if "disputed" in amounts:
        yield _fact("Taken back by the cardholder", f"{amounts['disputed']['amount']} {amounts['disputed']['currency']}")
    if "debited" in amounts:
        yield _fact("Debited", f"{amounts['debited']['amount']} {amounts['debited']['currency']}")


def _references(settlement: dict[str, Any]) -> Iterator[dict[str, str]]:
    for one in settlement.get("references", []):
        yield _fact(_NAMES.get(one["kind"], one["kind"].replace("_", " ")), one["value"])
    for leg in settlement.get("legs", []):
        if "chain" in leg:
            yield _fact("Block", f"{leg['chain']['block_number']} on {leg['chain']['network']}")


def _fact(name: str, value: Any) -> dict[str, str]:
    return {"name": (name[:1].upper() + name[1:]).replace("_", " "), "value": str(value)}
