"""Schemas of ISO 20022: what is compared with them, how a deviation is told, and that nothing keeps the validator busy."""

import csv
import hashlib
import time
from pathlib import Path

import pytest
from lxml import etree

from transfers import iso20022
from transfers.iso20022 import library

FOLDER = Path(iso20022.__file__).parent / "schemas"
SOURCES = list(csv.DictReader((FOLDER / "SOURCES.csv").read_text(encoding="utf-8").splitlines()))
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.029.001.09"


def answer(middle: str, *, namespace: str = NAMESPACE) -> etree._Element:
    return etree.fromstring(
        f'<Document xmlns="{namespace}">\n<RsltnOfInvstgtn>\n<Assgnmt><Id>A</Id><Assgnr><Pty><Nm>B</Nm></Pty></Assgnr>'
        f"<Assgne><Pty><Nm>C</Nm></Pty></Assgne><CreDtTm>2026-11-27T01:00:00Z</CreDtTm></Assgnmt>\n{middle}</RsltnOfInvstgtn></Document>"
    )


def test_every_schema_is_the_one_that_was_taken_over_and_compiles() -> None:
    assert {f"{source['message']}.xsd.gz" for source in SOURCES} == {path.name for path in FOLDER.glob("*.gz")}
    for source in SOURCES:
        content = library.text(source["message"])
        assert hashlib.sha256(content).hexdigest() == source["sha256"]
        assert library.message_of(etree.fromstring(content).get("targetNamespace", "")) == source["message"]
        library.schema(source["message"])


@pytest.mark.parametrize(
    ("middle", "told"),
    [
        ("<Sts><Conf>CNCL</Conf></Sts>", ""),
        ("<Sts><Conf>TOO-LONG</Conf></Sts>", "line 4, Sts/Conf: it has 8 characters; 4 are allowed"),
        ("<Sts/>", "line 4, Sts: something is missing in it; expected is Conf, RjctdMod, DplctOf, AssgnmtCxlConf"),
        ("<Sts><Conf>CNCL</Conf><Why/></Sts>", "line 4, Sts/Why: it does not belong here"),
        (
            "<Sts><Conf>CNCL</Conf></Sts><CxlDtls/>\n<CxlDtls><X/></CxlDtls>",
            "line 5, CxlDtls[2]/X: it does not belong here; expected is",
        ),
        ("<Sts>yes<Conf>CNCL</Conf></Sts>", "line 4, Sts: it holds text where only elements belong"),
    ],
)
def test_a_deviation_names_line_element_and_rule(middle: str, told: str) -> None:
    found = iso20022.check(answer(middle))
    assert found is not None
    assert (found.message, str(found)[: len(told)], bool(found.deviations)) == ("camt.029.001.09", told, bool(told))


@pytest.mark.parametrize("namespace", ["", "urn:iso:std:iso:20022:tech:xsd:camt.029.001.99", "urn:sepade:xsd:pain.001.001.02"])
def test_what_has_no_schema_here_is_compared_with_none(namespace: str) -> None:
    assert iso20022.check(answer("", namespace=namespace)) is None


@pytest.mark.parametrize("wrong", [0, 50_000, 49_999])
def test_the_validator_is_never_busy_for_long(wrong: int) -> None:
    """Every complaint makes it count siblings: unbounded, fifty thousand of them take minutes."""
    rows = "<CxlDtls/>" * (50_000 - wrong) + "<CxlDtls>!</CxlDtls>" * wrong
    started = time.monotonic()
    found = iso20022.check(answer(f"<Sts><Conf>CNCL</Conf></Sts>{rows}"))
    assert time.monotonic() - started < 5
    assert found is not None
    assert bool(found.deviations) == found.more == bool(wrong)


def test_what_is_wrong_after_very_many_is_found_too() -> None:
    found = iso20022.check(answer(f"<Sts><Conf>CNCL</Conf></Sts>{'<CxlDtls/>' * 5_000}<CxlDtls><X/></CxlDtls>"))
    assert found is not None
    assert [(one.line, one.element) for one in found.deviations] == [(0, "X")]
