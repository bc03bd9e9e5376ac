"""What a web process has loaded goes into large pages where the system can, and is what it was."""

import re
from pathlib import Path

from backoffice.large_pages import LARGE, settle, whole_pages

_MAPS = """\
55e000100000-55e000900000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0000400000 r-xp 00000000 08:01 1234                       /usr/lib/libc.so.6
7f0000400000-7f0000600000 rw-p 00400000 08:01 1234                       /usr/lib/libc.so.6
7f0000800000-7f0000c00000 rw-p 00000000 00:00 0
7f0001000000-7f0001200000 r--p 00000000 00:00 0
7f0001300000-7f0001500000 rw-p 00000000 00:00 0
7ffd00000000-7ffd00400000 rw-p 00000000 00:00 0                          [stack]
"""


def test_only_whole_pages_of_own_writable_memory_are_named() -> None:
    heap = [0x55E000200000, 0x55E000400000, 0x55E000600000]
    assert list(whole_pages(_MAPS.splitlines())) == [*heap, 0x7F0000800000, 0x7F0000A00000]


def test_what_is_loaded_stays_as_it_is() -> None:
    loaded = [str(number) * 20 for number in range(200_000)]
    before = hash(tuple(loaded))
    done = settle()
    assert hash(tuple(loaded)) == before
    # The system's own account, which may hold more: it also does so by itself.
    large_kb = re.search(r"AnonHugePages:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text())
    assert large_kb is not None
    assert int(large_kb[1]) >= done * LARGE // 1024
