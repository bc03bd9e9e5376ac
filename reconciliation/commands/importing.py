"""Importing a bank statement: the raw file, its statements and their booked lines, all or nothing."""

import hashlib
from dataclasses import dataclass
from itertools import chain

from django.db import IntegrityError, transaction

from audit import clock
from audit.commands import record
from reconciliation.commands.fingerprints import fingerprints
from reconciliation.commands.statement_breaks import open_statement_breaks
from reconciliation.commands.statement_readings import keep_closing_balance
from reconciliation.errors import Refused, UnknownSource
from reconciliation.importers import registry
from reconciliation.importers.base import ParsedFile, ParsedLine, ParsedStatement
from reconciliation.importers.currencies import minor_units
from reconciliation.importers.facts import facts, facts_of_refusal
from reconciliation.importers.xmlfile import MAX_BYTES
from reconciliation.models import ExternalItem, Source, Statement, StatementFile


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read, before anything is stored. `refusal` is why it cannot be imported, `facts` what was read anyway."""

    parsed: ParsedFile | None
    facts: dict[str, object]
    refusal: Refused | None


def look_at(content: bytes, account: str = "") -> Reading:
    """Read a file for a source of that account (empty: any account) without storing anything."""
    try:
        parsed = registry.read(content)
    except Refused as refusal:
        return Reading(None, facts_of_refusal(refusal), refusal)
    objection = _objection(parsed, account)
    told = facts(parsed)
    if objection is not None:
        told["refused"] = {"line": objection.line, "reason": objection.reason}
    return Reading(parsed, told, objection)


def import_statement(*, source_code: str, name: str, content: bytes, imported_by: str) -> StatementFile:
    """Store a file of this source with everything booked in it; of a refused one only the raw file, line and reason.

    The same content again is a no-op that returns the first file. Raises UnknownSource.
    """
    source = _source(source_code)
    sha256 = hashlib.sha256(content).hexdigest()
    known = StatementFile.objects.filter(source=source, sha256=sha256).first()
    if known is not None:
        return known
    reading = look_at(content, source.account_identification)
    try:
        with transaction.atomic():
            file = _store_file(source, name, content, sha256, imported_by, reading)
            items = _store_statements(source, file, reading.parsed) if reading.parsed and reading.refusal is None else 0
            keep_closing_balance(source)
            _record(file, items)
    except IntegrityError:
        # Somebody imported the same content at the same moment; theirs is the file.
        return StatementFile.objects.get(source=source, sha256=sha256)
    return file


def _source(code: str) -> Source:
    source = Source.objects.filter(code=code).first()
    if source is None:
        raise UnknownSource(f"there is no source {code!r}")
    if source.kind != Source.Kind.BANK_STATEMENT:
        raise UnknownSource(f"{code} is a {source.get_kind_display()} source: statements cannot be imported into it")
    return source


def _objection(parsed: ParsedFile, account: str) -> Refused | None:
    """Why a readable file is no evidence for this source."""
    first = parsed.statements[0]
    if parsed.not_evidence:
        return Refused(first.line, parsed.not_evidence, parsed.message)
    if account and not any(_is_about(statement, account) for statement in parsed.statements):
        named = ", ".join(dict.fromkeys(statement.account for statement in parsed.statements))
        return Refused(first.line, f"the file is about account {named}, this source is about {account}", parsed.message)
    return None


def _is_about(statement: ParsedStatement, account: str) -> bool:
    return not account or statement.account.upper() == account.replace(" ", "").upper()


def _store_file(source: Source, name: str, content: bytes, sha256: str, imported_by: str, reading: Reading) -> StatementFile:
    refusal = reading.refusal
    return StatementFile.objects.create(
        source=source,
        name=name.replace("\x00", ""),
        sha256=sha256,
        content=content if len(content) <= MAX_BYTES else b"",
        status=StatementFile.Status.REFUSED if refusal else StatementFile.Status.IMPORTED,
        refused_line=refusal.line if refusal else None,
        refused_reason=refusal.reason if refusal else "",
        facts=reading.facts,
        imported_by=imported_by,
        imported_at=clock.now(),
    )


def _store_statements(source: Source, file: StatementFile, parsed: ParsedFile) -> int:
    """The statements about this source's account and their items; returns how many items are new. A file may hold other accounts'
    statements too: they wait for an import into their own source."""
    stored = 0
    for ordinal, statement in enumerate(parsed.statements, start=1):
        if not _is_about(statement, source.account_identification):
            continue
        row = _store_statement(file, ordinal, statement)
        items = _items(source, row, statement)
        before = ExternalItem.objects.filter(fingerprint__in=[item.fingerprint for item in items]).count()
        ExternalItem.objects.bulk_create(items, ignore_conflicts=True, batch_size=500)
        stored += len(items) - before
        open_statement_breaks(source, row, statement)
    return stored


def _store_statement(file: StatementFile, ordinal: int, statement: ParsedStatement) -> Statement:
    opening, closing = statement.opening, statement.closing
    return Statement.objects.create(
        file=file,
        ordinal=ordinal,
        identification=statement.identification,
        account=statement.account,
        currency=statement.currency,
        opening=minor_units(opening.amount, opening.currency) if opening and opening.currency == statement.currency else None,
        closing=minor_units(closing.amount, closing.currency) if closing and closing.currency == statement.currency else None,
        balances_add_up=statement.balances_add_up,
        from_date=statement.from_date,
        to_date=statement.to_date,
    )


def _items(source: Source, row: Statement, statement: ParsedStatement) -> list[ExternalItem]:
    """What was booked and moved money. Pending and informative entries, zero amounts and amounts that no account can hold
    are facts of the file but nothing to match."""
    movements = list(chain.from_iterable(line.movements() for line in statement.booked_lines))
    named = zip(movements, fingerprints(source.code, statement, movements), strict=True)
    counted = ((movement, name, minor_units(movement.amount, movement.currency)) for movement, name in named)
    return [_item(source, row, movement, name, amount) for movement, name, amount in counted if amount]


def _item(source: Source, row: Statement, movement: ParsedLine, fingerprint: str, amount: int) -> ExternalItem:
    return ExternalItem(
        source=source,
        kind=ExternalItem.Kind.BANK_LINE,
        fingerprint=fingerprint,
        direction=movement.direction,
        currency=movement.currency,
        amount=amount,
        value_date=movement.value_date,
        booked_at=movement.booked_at,
        counterparty=movement.counterparty,
        text=movement.text,
        references=dict(movement.references),
        statement=row,
        line=movement.line,
        imported_at=clock.now(),
    )


def _record(file: StatementFile, items: int) -> None:
    refused = file.status == StatementFile.Status.REFUSED
    record(
        type="reconciliation.statement_imported",
        resource_type="statement_file",
        resource_id=str(file.id),
        outcome="refused" if refused else "succeeded",
        reason=f"line {file.refused_line}: {file.refused_reason}" if refused else "",
        metadata={"source": file.source_id, "name": file.name, "sha256": file.sha256, "new_items": str(items)},
    )
