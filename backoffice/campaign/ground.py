"""A sandbox to be destroyed: database, chain, bank, signer and the demo company in a directory of its own, and nobody who works.

Who works are the campaign's own processes.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backoffice.quickstart import programs
from backoffice.quickstart.plan import Plan, free_port
from backoffice.quickstart.stack import Stack

# The outside at the pace of machines. Blocks come when the campaign makes them, one a round: what is confirmed is not final yet
# when it is looked at next, on the slowest machine too.
_QUICK = {
    "CHAIN_BLOCK_TIME": "3600",
    "CHAIN_CONFIRMATIONS": "2",
    "CHAIN_FINAL_DEPTH": "4",
    "BANK_STATEMENT_INTERVAL": "0.5",
    "BANK_SETTLE_DELAY": "0.1",
    "PSP_SETTLE_INTERVAL": "0.5",
    "DRIVER_LEASE": "20",
    "API_RATE_PER_SECOND": "100000",
    "API_RATE_BURST": "100000",
    "SEED": "demo",
    # Nobody listens there: hints are not needed.
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
_NOT_INHERITED = (
    "DATABASE_URL",
    "REDIS_URL",
    "CHAIN_",
    "BANK_",
    "PSP_",
    "SIGNER_",
    "AUDIT_",
    "DATA_DIR",
    "COUNTERSIGN_",
    "PORT",
    "BASE_URL",
)


class Ground(Stack):
    """As a sandbox, without what serves and works."""

    def _start_rest(self) -> None:
        plan = self.plan
        self._begin(programs.outside(plan))
        self._make_wallets()
        self.manage("prepare")
        self._wait_for_ports(programs.outside(plan))
        self._start_signer()
        self.manage("seed_demo")


@contextmanager
def throw_away() -> Iterator[Plan]:
    """The plan of a sandbox that runs inside the block; nothing of it is left afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="countersign-campaign-"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    anchors = f"file=file://{directory}/checkpoints.txt"
    plan = Plan(directory, {**kept, **_QUICK, "AUDIT_ANCHORS": anchors, "PORT": str(free_port()), "DATA_DIR": str(directory)})
    try:
        with Ground(plan):
            yield plan
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def environment(plan: Plan) -> dict[str, str]:
    """For a command on that ground, which is also told what the sealer alone is told elsewhere: here it makes the sealers."""
    return programs.inherited(plan.environ) | plan.sealer() | plan.owner()
