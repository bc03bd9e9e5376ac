"""The wire side of reference rates: a feed over HTTP, and the files of the European Central Bank. Both give rate sheets.

A pair is written `BASE/QUOTE`: quote units for one unit of base. Who sells base gets `bid`, who buys it pays `ask`. Fixings have
one figure, which is then both.
"""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from transfers.rails.base import Recorder, RetryableError, forget
from transfers.rails.line import Line
from transfers.rails.trust import authorities

# Who errors and records say was asked.
NAME = "rates"
MAX_BYTES = 16 * 1024 * 1024
_CODE = re.compile(r"[A-Z0-9]{3,10}", re.ASCII)
_RATE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,18})?", re.ASCII)
# The bank publishes around four in the afternoon, Frankfurt time; the day is what counts.
_PUBLISHED_UTC_HOUR = 15


class BadSheet(ValueError):
    """The file or answer is not what it should be; the message says where."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All rates of one moment: pair -> (bid, ask). `raw` is the text they were read from."""

    observed_at: datetime
    rates: dict[str, tuple[Decimal, Decimal]]
    raw: str


class RateFeed:
    """One instance per feed. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = 5.0,
        transport: httpx.BaseTransport | None = None,
        recorder: Recorder = forget,
    ) -> None:
        self._url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = Line(
            NAME,
            recorder,
            secrets=(token,),
            most_bytes=MAX_BYTES,
            headers=headers,
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=authorities(),
            transport=transport,
        )

    def close(self) -> None:
        self._http.close()

    def fetch(self) -> Sheet:
        """The rates as they are now. Raises RetryableError, also for an answer that is no sheet."""
        try:
            response = self._http.get(self._url)
        except httpx.HTTPError as error:
            raise RetryableError(f"the rate feed could not be asked: {type(error).__name__}", provider=NAME) from error
        if response.status_code != 200:
            raise RetryableError(f"the rate feed answered HTTP {response.status_code}", provider=NAME)
        try:
            return read_feed(response.text)
        except BadSheet as error:
            raise RetryableError(f"the rate feed's answer cannot be used: {error}", provider=NAME) from error


def read_feed(text: str) -> Sheet:
    """`{"observed_at": ..., "rates": [{"base", "quote", "bid", "ask"}, ...]}`. Raises BadSheet."""
    try:
        body: dict[str, Any] = json.loads(text)
        observed_at = datetime.fromisoformat(body["observed_at"])
        rates = dict(_feed_row(row) for row in body["rates"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadSheet(f"{error!r}"[:300]) from error
    if observed_at.tzinfo is None or not rates:
        raise BadSheet("it needs rates and a time with a zone")
    return Sheet(observed_at.astimezone(UTC), rates, text)


def _feed_row(row: dict[str, Any]) -> tuple[str, tuple[Decimal, Decimal]]:
    bid, ask = _rate(row["bid"]), _rate(row["ask"])
    if bid > ask:
        raise ValueError(f"{row['base']}/{row['quote']} has a bid above its ask")
    return pair(row["base"], row["quote"]), (bid, ask)


def pair(base: object, quote: object) -> str:
    """Raises ValueError for what are not two different currency codes."""
    for code in (base, quote):
        if not isinstance(code, str) or not _CODE.fullmatch(code):
            raise ValueError(f"{code!r} is not a currency code")
    if base == quote:
        raise ValueError(f"{base} against itself has no rate")
    return f"{base}/{quote}"


def read_ecb(content: bytes) -> Iterator[Sheet]:
    """The sheets of a euro reference rates file, plain or zipped, one day or all of them. `N/A` is no rate. Raises BadSheet."""
    lines = iter(csv.reader(io.StringIO(_unzipped(content))))
    header = [cell.strip() for cell in next(lines, [])]
    if header[:1] != ["Date"]:
        raise BadSheet("line 1: it does not begin with a Date column")
    found = False
    for number, cells in enumerate(lines, start=2):
        if cells:
            found = True
            yield _ecb_day(number, header, [cell.strip() for cell in cells])
    if not found:
        raise BadSheet("it holds no day")


def _unzipped(content: bytes) -> str:
    try:
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                (only,) = archive.infolist()
                if only.file_size > MAX_BYTES:
                    raise BadSheet(f"unpacked it has {only.file_size} bytes, at most {MAX_BYTES} are read")
                content = archive.read(only)
        return content.decode("utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError, ValueError) as error:
        raise BadSheet(f"it is neither a table nor a zipped one: {error}") from error


def _ecb_day(number: int, header: list[str], cells: list[str]) -> Sheet:
    try:
        day = _day(cells[0])
        named = zip(header[1:], cells[1:], strict=False)
        rates = {pair("EUR", code): (_rate(text), _rate(text)) for code, text in named if code and text not in ("", "N/A")}
    except ValueError as error:
        raise BadSheet(f"line {number}: {error}") from error
    if len(cells) < len(header) or not rates:
        raise BadSheet(f"line {number}: it is cut off")
    return Sheet(day, rates, f"{','.join(header)}\n{','.join(cells)}\n")


def _day(text: str) -> datetime:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text, form).replace(hour=_PUBLISHED_UTC_HOUR, tzinfo=UTC)
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a day")


def _rate(value: object) -> Decimal:
    if not isinstance(value, str) or not _RATE.fullmatch(value):
        raise ValueError(f"{value!r} is not a rate in plain decimal text")
    rate = Decimal(value)
    if rate <= 0:
        raise ValueError("a rate is above zero")
    return rate
