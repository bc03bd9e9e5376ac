"""ArchiveError
├── UnknownTable        no floor registered that table
├── NotArchivable       the month cannot go (or come back) now; the reasons say why
├── ArchiveDiffers      rows or file are not what was archived
└── TableBusy           others used the table all the time
"""

from collections.abc import Sequence


class ArchiveError(Exception):
    """Nothing was detached, dropped or attached."""


class UnknownTable(ArchiveError):
    def __init__(self, table: str, known: Sequence[str]) -> None:
        super().__init__(f"{table} is not archived by month; these are: {', '.join(known)}")


class NotArchivable(ArchiveError):
    def __init__(self, partition: str, reasons: Sequence[str]) -> None:
        super().__init__(f"{partition}: {'; '.join(reasons)}")
        self.reasons = list(reasons)


class ArchiveDiffers(ArchiveError):
    """`expected` and `found` are SHA-256 in hexadecimal, or words where there is none."""

    def __init__(self, what: str, expected: str, found: str) -> None:
        super().__init__(f"{what} is not what was archived: its hash is {found}, not {expected}")
        self.expected = expected
        self.found = found


class TableBusy(ArchiveError):
    def __init__(self, table: str) -> None:
        super().__init__(f"{table} was in use all the time; nothing was changed, try again when less is going on")
