"""Seals the audit trail in the foreground, until SIGTERM or Ctrl-C."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.anchors import delivery
from audit.anchors.configured import AnchorUnusable
from audit.context import Actor, bind
from audit.sealing.adoption import AdoptionRefused, adopt
from audit.sealing.config import LogUnconfigured
from audit.sealing.keys import NoteRefused
from audit.sealing.tree import TreeIncomplete
from backoffice.health.lanes import Lanes
from backoffice.sealing import process

_REFUSED = (AdoptionRefused, AnchorUnusable, LogUnconfigured, NoteRefused, TreeIncomplete)


class Command(BaseCommand):
    help = "Give every audit event its leaf, sign the log and bring the checkpoints to the anchors. One sealer per database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="One round and one visit to each anchor: exit 1 when it is refused."
        )
        parser.add_argument(
            "--adopt", action="store_true", help="Without its memory: trust the newest checkpoint of this database, then leave."
        )

    def handle(self, *_args: Any, once: bool, adopt: bool, **_options: Any) -> None:
        try:
            if adopt:
                self._adopt()
            elif once:
                self._once()
            else:
                self._run()
        except _REFUSED as error:
            raise CommandError(str(error)) from error

    def _run(self) -> None:
        lanes = Lanes(process.PROCESS, process.all_jobs(process.begin()))
        lanes.heed_signals()
        lanes.run()

    def _once(self) -> None:
        anchors = process.begin()
        sealed = process.rounds().take()
        for anchor in anchors:
            delivery.deliver(anchor)
        if not sealed:
            raise CommandError("The trail is not sealed: the reason is in the log.")

    def _adopt(self) -> None:
        with bind(Actor.system(process.PROCESS)):
            signed = adopt(process.memory(), by=getpass.getuser())
        self.stdout.write(f"The sealer goes on from this checkpoint:\n\n{signed.note}")
