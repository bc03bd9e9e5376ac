"""Verifies receipts: files that somebody holds, or every receipt that is kept. Exits 0 when all are genuine, 1 when one is not, 2
when it could not check."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from transfers.errors import Unavailable
from transfers.models import Receipt
from transfers.receipts import keys
from transfers.receipts.jws import keys_of, verified
from transfers.receipts.queries import faults

NOT_GENUINE, COULD_NOT_CHECK = 1, 2


class Command(BaseCommand):
    help = "Verify receipts: files with a JWS, or with the JSON that the API answers; --stored for all that are kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path)
        parser.add_argument("--stored", action="store_true", help="every receipt in the database")
        parser.add_argument("--keys", type=Path, help="a JSON Web Key Set, in place of RECEIPT_KEYS")
        parser.add_argument("--json", action="store_true", help="one JSON object per receipt that is not genuine, or file")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            found = self._stored() if options["stored"] else self._files(options)
        except (Unavailable, OSError, ValueError) as trouble:
            self.stderr.write(f"could not check: {trouble}")
            sys.exit(COULD_NOT_CHECK)
        for name, fault in found:
            line = {"receipt": name, "genuine": not fault, "fault": fault}
            self.stdout.write(json.dumps(line) if options["json"] else f"{name}: {fault or 'genuine'}")
        if any(fault for _, fault in found):
            sys.exit(NOT_GENUINE)

    def _stored(self) -> list[tuple[str, str]]:
        wrong = [(str(receipt.pk), fault) for receipt, fault in faults(Receipt.objects.iterator(chunk_size=500))]
        return wrong or [(f"all {Receipt.objects.count()} that are kept", "")]

    def _files(self, options: dict[str, Any]) -> list[tuple[str, str]]:
        if not options["files"]:
            raise ValueError("name a file, or --stored")
        known = keys_of(json.loads(options["keys"].read_text(encoding="utf-8"))) if options["keys"] else keys.public_keys()
        return [(str(path), _fault(path.read_text(encoding="utf-8"), known)) for path in options["files"]]


def _fault(text: str, known: dict[str, bytes]) -> str:
    """Of a file that holds the JSON, what stands beside the signed text must be what was signed."""
    try:
        shown = json.loads(text) if text.lstrip().startswith("{") else {"jws": text}
        said = verified(str(shown.get("jws", "")), known)
    except ValueError as refused:
        return str(refused)
    return "what stands beside the signed text is something else" if shown.get("receipt", said) != said else ""
