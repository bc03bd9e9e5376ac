"""Rebuilds the books from an exported audit trail and holds them against the sums that the house gave along, without trusting the
system that wrote either. Copy this file anywhere; it needs Python 3.11 and nothing else.

    python verifier.py EXPORT_DIR --key VKEY --anchor ...   # first: that these are the events that were sealed
    python rebuild.py EXPORT_DIR [--json]

EXPORT_DIR is what `manage.py export_audit` wrote, with the books.tsv that `manage.py export_books` added to it.

Exit status 0: the books are what the trail tells; 1: they are not, one finding a line; 2: could not be checked.

What it proves. Every posting that the trail tells is told once, on accounts that were opened before, and balances in each asset; no
account was opened twice; and for every account the debits, the credits and the number of entries in the books come to what the
postings told of it, up to the moment of the checkpoint. So a superuser who changes an entry, adds a posting or removes one, and
whatever function or view he makes say otherwise, is found by somebody who was never in the database.

What it cannot prove. That a posting that was told was true; anything after the checkpoint of the export.
"""

import argparse
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "countersign-audit/1"
FIELDS = 24
EPOCH, TXID, TYPE, OUTCOME, RESOURCE, METADATA = 3, 2, 6, 7, 17, 22
FINDINGS = 1000
ESCAPE = re.compile(r"\\(.)")
PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
WHOLE = re.compile(r"[0-9]{1,78}")


class CannotCheck(Exception):
    """A file that is not there, or is none of these."""


@dataclass(slots=True)
class Sums:
    """Minor units."""

    debits: int = 0
    credits: int = 0
    entries: int = 0

    def add(self, debit: int, credit: int) -> None:
        self.debits += debit
        self.credits += credit
        self.entries += 1


@dataclass(slots=True)
class Report:
    """`accounts` and `postings` are how many the trail tells of."""

    accounts: int = 0
    postings: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.findings

    def add(self, finding: str) -> None:
        if len(self.findings) < FINDINGS:
            self.findings.append(finding)

    def __str__(self) -> str:
        head = f"{self.postings} postings on {self.accounts} accounts"
        return "\n".join([*self.findings, f"{head}: {'the books are what the trail tells' if self.holds else 'NOT the same'}"])


@dataclass(slots=True)
class Books:
    """What the trail tells, posting by posting."""

    report: Report
    assets: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    sums: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))

    def open(self, facts: dict[str, Any]) -> None:
        code = str(facts["code"])
        if code in self.assets:
            self.report.add(f"account {code} is told to have been opened twice")
        self.assets[code] = str(facts["asset_id"])

    def post(self, facts: dict[str, Any]) -> None:
        reference = str(facts["reference"])
        if reference in self.told:
            self.report.add(f"posting {reference} is told twice")
        self.told.add(reference)
        by_asset: defaultdict[str, int] = defaultdict(int)
        for line in facts["lines"]:
            code, debit, credit = str(line["account"]), _minor(line["debit"]), _minor(line["credit"])
            if code not in self.assets:
                self.report.add(f"posting {reference} is on account {code}, which was never opened")
            self.sums[code].add(debit, credit)
            by_asset[self.assets.get(code, "")] += debit - credit
        for asset, net in by_asset.items():
            if net:
                self.report.add(f"posting {reference} does not balance in {asset or 'an unknown asset'}: {net}")


def rebuild(export: Path) -> Report:
    """Raises CannotCheck, OSError."""
    report = Report()
    books = Books(report)
    horizon, kept = _kept(export)
    for kind, facts in _events(export, horizon):
        try:
            (books.open if kind == "ledger.account_opened" else books.post)(facts)
        except (KeyError, TypeError, ValueError) as error:
            report.add(f"an event {kind} makes no sense: {error!r}")
    report.accounts, report.postings = len(books.assets), len(books.told)
    for code in sorted(books.sums.keys() | kept.keys()):
        told, there = books.sums.get(code, Sums()), kept.get(code, Sums())
        if told != there:
            report.add(f"account {code}: the books say {_words(there)}; the trail tells {_words(told)}")
    return report


def _events(export: Path, horizon: tuple[int, int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Accounts opened and postings booked by database transactions before the horizon."""
    with export.joinpath("events.tsv").open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, 1):
            columns = line.removesuffix("\n").split("\t")
            if len(columns) != FIELDS:
                raise CannotCheck(f"events.tsv line {number} is no event: run verifier.py first")
            if columns[TYPE] not in ("ledger.account_opened", "ledger.posted") or columns[OUTCOME] != "succeeded":
                continue
            if (int(columns[EPOCH]), int(columns[TXID])) < horizon:
                yield columns[TYPE], json.loads(ESCAPE.sub(_plain, columns[METADATA]))


def _kept(export: Path) -> tuple[tuple[int, int], dict[str, Sums]]:
    """The horizon up to which books.tsv speaks, and its sums by account."""
    manifest = json.loads(export.joinpath("manifest.json").read_text(encoding="utf-8"))
    lines = export.joinpath("books.tsv").read_text(encoding="utf-8").splitlines()
    if manifest.get("format") != FORMAT or not lines:
        raise CannotCheck("this is no export, or one without books.tsv: manage.py export_books adds it")
    try:
        head = json.loads(lines[0])
        rows = (line.split("\t") for line in lines[1:])
        kept = {code: Sums(_minor(debit), _minor(credit), int(entries)) for code, debit, credit, entries in rows}
        if head["size"] != manifest["size"]:
            raise CannotCheck("books.tsv was written for another checkpoint than the events")
        return (int(head["epoch"]), int(head["txid"])), kept
    except (KeyError, TypeError, ValueError) as error:
        raise CannotCheck(f"books.tsv makes no sense: {error!r}") from error


def _minor(text: object) -> int:
    if not isinstance(text, str) or not WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no amount")
    return int(text)


def _plain(found: re.Match[str]) -> str:
    return PLAIN.get(found[1], found[1])


def _words(sums: Sums) -> str:
    return f"debits {sums.debits}, credits {sums.credits}, {sums.entries} entries"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("export", type=Path, help="directory with manifest.json, events.tsv and books.tsv")
    parser.add_argument("--json", action="store_true", help="the report as JSON")
    options = parser.parse_args(arguments)
    try:
        report = rebuild(options.export)
    except (CannotCheck, OSError, ValueError) as error:
        sys.stderr.write(f"could not be checked: {error}\n")
        return 2
    text = json.dumps({"holds": report.holds} | asdict(report)) if options.json else str(report)
    sys.stdout.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    return 0 if report.holds else 1


if __name__ == "__main__":
    sys.exit(main())
