"""manage.py rebuild_transfer ID: a transfer from its events alone, held against its row. Exits 0 when they agree, 1 when they do
not, 2 when it could not be told."""

import json
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder

from transfers.errors import NotFound, Unavailable
from transfers.models import Transfer
from transfers.rebuilding import apart, rebuilt

APART, UNKNOWN = 1, 2


class Command(BaseCommand):
    help = "Rebuild a transfer, named by id or reference, from its events, and compare it with its row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("transfer", help="its transaction_id or its reference of 26 characters")
        parser.add_argument("--json", action="store_true", help="one JSON object: row, and apart by column")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            transfer_id = _id_of(options["transfer"])
            row, differ = rebuilt(transfer_id), apart(transfer_id)
        except (NotFound, Unavailable) as trouble:
            self.stderr.write(str(trouble))
            sys.exit(UNKNOWN)
        self.stdout.write(_as_json(row, differ) if options["json"] else _as_lines(row, differ))
        if differ:
            sys.exit(APART)


def _id_of(name: str) -> UUID:
    try:
        return UUID(name)
    except ValueError:
        found = Transfer.objects.filter(reference=name).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound(f"There is no transfer {name}.")
    return found


def _as_json(row: dict[str, Any], differ: dict[str, tuple[Any, Any]]) -> str:
    """Minor units as text, since they may be wider than a reader's numbers."""
    said = {name: str(value) if name.endswith("amount") and value is not None else value for name, value in row.items()}
    return json.dumps({"row": said, "apart": differ}, cls=DjangoJSONEncoder)


def _as_lines(row: dict[str, Any], differ: dict[str, tuple[Any, Any]]) -> str:
    lines = [f"{name}: {value}" for name, value in sorted(row.items())]
    lines += [f"{name}: the row says {found!r}, the events {told!r}" for name, (found, told) in sorted(differ.items())]
    return "\n".join(lines)
