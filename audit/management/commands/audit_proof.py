"""manage.py audit_proof EVENT_ID: one event and the proof that it is in the sealed log, as JSON on standard output."""

import getpass
import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from audit import vocabulary
from audit.commands import record_access
from audit.context import Actor, bind
from audit.sealing.bundle import NotSealed, proof_of


class Command(BaseCommand):
    help = "Print one event with its inclusion proof, for `python audit/verifier.py --proof`. That it was given is recorded."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("event_id", type=UUID)

    def handle(self, *_: Any, event_id: UUID, **__: Any) -> None:
        try:
            bundle = proof_of(event_id)
        except NotSealed as error:
            raise CommandError(str(error)) from error
        with bind(Actor.system("audit_proof")):
            record_access(
                type=vocabulary.PROOF_GIVEN,
                resource_type="audit_event",
                resource_id=str(event_id),
                metadata={"index": bundle["index"], "size": bundle["size"], "os_user": getpass.getuser()},
            )
        self.stdout.write(json.dumps(bundle, indent=1, ensure_ascii=False))
