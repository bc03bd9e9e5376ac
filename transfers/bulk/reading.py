"""The forms that a file may have, and which of them one has."""

from collections.abc import Callable

from transfers.bulk import csv_file, json_lines, pain001_file
from transfers.bulk.lines import Read

JSON, CSV, PAIN001 = "json", "csv", "pain.001"
_READERS: dict[str, Callable[[bytes], Read]] = {JSON: json_lines.from_stored, CSV: csv_file.parse, PAIN001: pain001_file.parse}
_BEGINS = {b"[": JSON, b"{": JSON, b"<": PAIN001}


def form_of(content: bytes) -> str:
    """By how it begins, whatever its name says."""
    return _BEGINS.get(content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:1], CSV)


def read_file(form: str, content: bytes) -> Read:
    """Raises FileUnreadable."""
    return _READERS[form](content)
