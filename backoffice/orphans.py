"""A web worker must not outlive its master: it would go on answering on the port, beside its successor, with old code and a lost
log."""

import os
import threading
import time

INTERVAL_S = 0.5


def exit_with_parent() -> None:
    """End this process at once when the one that started it is gone. Works by looking, so it works wherever there are processes."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(INTERVAL_S)
        # No clean-up: requests under way are lost as in any crash, and every step of ours survives that.
        os._exit(1)

    threading.Thread(target=watch, name="exit with parent", daemon=True).start()
