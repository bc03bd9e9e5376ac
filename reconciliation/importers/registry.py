"""Which format a file is in, by what is in it and never by its name, and who reads it.

Formats we recognise but do not read yet are refused by name: an operator who uploads the wrong file learns which file to ask for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from reconciliation.errors import Refused
from reconciliation.importers import camt
from reconciliation.importers.base import ParsedFile
from reconciliation.importers.xmlfile import MAX_BYTES

_READ_TODAY = "Bank statements are read as camt.053 (ISO 20022 XML) today; ask the bank for that file."
_START = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """`recognise` sees the first few kilobytes. A format without a reader is refused."""

    name: str
    recognise: Callable[[bytes], bool]
    read: Callable[[bytes], ParsedFile] | None = None


def _starts(*prefixes: bytes) -> Callable[[bytes], bool]:
    return lambda start: start.startswith(prefixes)


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda start: compiled.search(start) is not None


def _is_xml(start: bytes) -> bool:
    """A tag after blanks, in UTF-8 with or without its mark, or in UTF-16."""
    wide = (b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")
    return start.startswith(wide) or start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


FORMATS = (
    Format("a ZIP archive (or a spreadsheet)", _starts(b"PK\x03\x04", b"PK\x05\x06")),
    Format("a gzip archive", _starts(b"\x1f\x8b")),
    Format("a PDF document", _starts(b"%PDF-")),
    Format("an old Excel workbook", _starts(b"\xd0\xcf\x11\xe0")),
    Format("an OFX statement", _matches(rb"\A(\xef\xbb\xbf)?\s*(OFXHEADER:|<\?OFX|<OFX>)|<\?OFX |<OFX>")),
    Format("camt", _is_xml, camt.read),
    Format("an MT940 statement", _matches(rb"^(\{1:F01|:20:|:940:|:25:|:6[01][FM]?:)")),
    Format("a BAI2 file", _matches(rb"\A(\xef\xbb\xbf)?\s*0[01],[^,\n]*,[^,\n]*,")),
    Format("a QIF file", _matches(rb"\A!Type:")),
    Format("a JSON document", _matches(rb"\A\s*[\[{]\s*(\"|\{|\]|\}|\[)")),
    Format("a table of separated values (CSV)", _matches(rb"\A[^\n]*[,;\t][^\n]*$")),
)


def read(content: bytes) -> ParsedFile:
    """The file as its format's reader understands it. Raises Refused."""
    if not content.strip():
        raise Refused(1, "the file is empty")
    if len(content) > MAX_BYTES:
        raise Refused(1, f"the file has {len(content):,} bytes; at most {MAX_BYTES:,} are read")
    start = content[:_START]
    for known in FORMATS:
        if known.recognise(start):
            if known.read is None:
                raise Refused(1, f"this is {known.name}. {_READ_TODAY}", known.name)
            return known.read(content)
    raise Refused(1, f"the format was not recognised. {_READ_TODAY}")
