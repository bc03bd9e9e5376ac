"""When blocks are mined.

Every `block_time` seconds while a transaction waits, also one that bids too little for now, or fees are ordered for a number of
blocks, or the newest transaction lies less than DEPTH blocks deep: fees and confirmations come at the pace of a chain. After that
one empty block every `idle_time` seconds, a sign of life for those who watch the head. An idle chain grows by 2,880 blocks (about
700 kB of journal) a day instead of 43,200, and sleeps in between.
"""

import logging
import threading
import time

from backoffice.sandbox.chain.mining import MiningNode

DEPTH = 64
RETRY_AFTER_S = 5.0

logger = logging.getLogger(__name__)


class Miner(threading.Thread):
    def __init__(self, node: MiningNode, *, block_time: float, idle_time: float) -> None:
        super().__init__(name="miner", daemon=True)
        self.node, self.block_time, self.idle_time = node, block_time, idle_time
        self._stopping = False

    def run(self) -> None:
        last = time.monotonic()
        while not self._stopping:
            self._wait_for_turn(last)
            if self._stopping:
                return
            last = time.monotonic()
            try:
                self.node.mine()
            except OSError:
                # A full disk: nothing was mined and nothing is lost; the pool waits until there is room again.
                logger.exception("no block could be written; trying again in %s s", RETRY_AFTER_S)
                time.sleep(RETRY_AFTER_S)

    def _wait_for_turn(self, last: float) -> None:
        """Sleep until a block is due, looking again whenever a transaction arrives."""
        with self.node.changed:
            while not self._stopping:
                active = self.node.is_awaited() or self.node.blocks_since_busy() < DEPTH
                remaining = last + (self.block_time if active else self.idle_time) - time.monotonic()
                if remaining <= 0:
                    return
                self.node.changed.wait(remaining)

    def stop(self) -> None:
        """End the thread after the block it may be mining."""
        with self.node.changed:
            self._stopping = True
            self.node.changed.notify_all()
        self.join(timeout=30)
