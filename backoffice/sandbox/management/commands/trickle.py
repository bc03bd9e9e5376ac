"""Sends bounded sandbox traffic to the running web process, over HTTP."""

import json
import os
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backoffice.sandbox.demo.deposits import pay_in_once
from backoffice.sandbox.demo.oddities import happen_once
from backoffice.sandbox.demo.trickle import Pace, Trickle


class Command(BaseCommand):
    help = "Send a bounded stream of demo transfers to the client API."

    def handle(self, *_args: Any, **_options: Any) -> None:
        path = Path(settings.DATA_DIR) / "demo.json"
        if not path.exists():
            raise CommandError(f"{path} does not exist: run manage.py seed_demo first")
        demo = json.loads(path.read_text(encoding="utf-8"))
        happen_once(
            demo,
            chain_url=settings.CHAIN_RPC_URL,
            bank_url=settings.BANK_URL,
            bank_token=settings.BANK_TOKEN,
            marker=path.with_name("oddities.txt"),
        )
        self._pay_in(demo, path.with_name("deposits.txt"))
        usual = Pace()
        pace = Pace(
            burst=int(os.environ.get("TRICKLE_BURST", usual.burst)),
            interval_s=float(os.environ.get("TRICKLE_INTERVAL", usual.interval_s)),
            most=int(os.environ.get("TRICKLE_MOST", usual.most)),
        )
        Trickle(demo, pace, seed=os.getpid()).run()

    def _pay_in(self, demo: dict[str, Any], marker: Path) -> None:
        """What could not be paid in now is at the next start."""
        try:
            pay_in_once(
                demo, chain_url=settings.CHAIN_RPC_URL, bank_url=settings.BANK_URL, bank_token=settings.BANK_TOKEN, marker=marker
            )
        except httpx.HTTPError as error:
            self.stderr.write(f"deposits are not paid in: {error}")
