"""Schemas by the name of their message, such as camt.053.001.08. Where each comes from stands in `schemas/SOURCES.csv`."""

import gzip
import re
from functools import cache
from pathlib import Path

from lxml import etree

_FOLDER = Path(__file__).parent / "schemas"
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.[0-9]{3}\.[0-9]{3}\.[0-9]{2})")
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_CURRENCY = "[A-Z]{3,3}"
# How far a client's order may go beyond the schema: balances are named by asset (USDC), which has up to 18 decimals, and an address
# on chain is a proxy without an account number, which the standard allows from version 10 of pain.001 on.
_ASSET = "[A-Z][A-Z0-9]{2,11}"
_DIGITS = {"totalDigits": "36", "fractionDigits": "18"}


def message_of(namespace: str) -> str:
    """The message that a namespace stands for; empty for a namespace that is not of ISO 20022."""
    found = _NAMESPACE.fullmatch(namespace)
    return found[1] if found else ""


def holds(message: str) -> bool:
    return bool(message) and _path(message).is_file()


def text(message: str) -> bytes:
    """The schema as it was published."""
    return gzip.decompress(_path(message).read_bytes())


@cache
def schema(message: str, *, assets: bool = False) -> etree.XMLSchema:
    """Compiled once per process. With `assets`, it takes orders about our assets too."""
    root = etree.fromstring(text(message))
    if assets:
        _widen(root)
    return etree.XMLSchema(root)


def _path(message: str) -> Path:
    return _FOLDER / f"{message}.xsd.gz"


def _widen(root: etree._Element) -> None:
    for pattern in root.iter(f"{_XSD}pattern"):
        if pattern.get("value") == _CURRENCY:
            pattern.set("value", _ASSET)
    for account in root.iter(f"{_XSD}sequence"):
        elements = {element.get("name"): element for element in account.iterchildren(f"{_XSD}element")}
        if {"Id", "Prxy"} <= elements.keys():
            elements["Id"].set("minOccurs", "0")
    for facet, digits in _DIGITS.items():
        for found in root.iter(f"{_XSD}{facet}"):
            found.set("value", digits)
