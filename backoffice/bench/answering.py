"""Waiting for a server that a benchmark has started."""

import subprocess
import time
import urllib.error
import urllib.request

_READY_WITHIN_S = 60.0


def until_it_answers(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until `process` answers on `port` of this machine, whatever it says. Raises RuntimeError when it ended or did not in time."""
    deadline = time.monotonic() + _READY_WITHIN_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"nothing answers on port {port}")
