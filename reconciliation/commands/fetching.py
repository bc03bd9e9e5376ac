"""Fetching what the outside has new: blocks from the node, statements from the bank. Each source fails alone."""

import structlog

from audit import context
from audit.context import Actor
from reconciliation.commands.breaks import open_break
from reconciliation.commands.cards import fetch_batches
from reconciliation.commands.importing import import_statement
from reconciliation.commands.indexing import end_disagreement, index_network, report_disagreement, report_rewritten
from reconciliation.errors import ChainRewritten
from reconciliation.models import Break, Source, StatementFile
from transfers.models import BankAccount
from transfers.rails.adapters import Kind
from transfers.rails.base import RailError
from transfers.rails.evm.nodes import NodesDisagree
from transfers.rails.registry import NotConfigured, codes_of, rails

log = structlog.get_logger(__name__)

_FETCHER = Actor.system("reconciliation")


def fetch_everything() -> None:
    """Read every active source as far as it goes. What cannot be read now is said in the log and read next time."""
    for network in Source.objects.filter(kind=Source.Kind.CHAIN, active=True).values_list("network", flat=True).distinct():
        _fetch_chain(network)
    for source in Source.objects.filter(kind=Source.Kind.BANK_STATEMENT, active=True).exclude(account_identification=""):
        _fetch_statements(source)
    fetch_batches()


def _fetch_chain(network: str) -> None:
    try:
        run = index_network(network=network, rail=rails().evm)
    except ChainRewritten as error:
        report_rewritten(network=network, error=error)
        log.error("reconciliation.chain_rewritten", network=network, error=str(error))  # noqa: TRY400 - the sentence says it all
    except NodesDisagree as error:
        report_disagreement(network=network, error=error)
        log.error("reconciliation.nodes_disagree", network=network, error=str(error))  # noqa: TRY400 - the sentence says it all
    except RailError as error:
        log.warning("reconciliation.chain_not_read", network=network, error=str(error))
    else:
        if run.by_all:
            end_disagreement(network=network)
        if run.items:
            log.info("reconciliation.chain_read", network=network, blocks=run.blocks, items=run.items)


def _fetch_statements(source: Source) -> None:
    try:
        new = rails().bank_of(_bank_of(source)).statements(source.account_identification, source.last_sequence)
    except RailError as error:
        log.warning("reconciliation.statements_not_fetched", source=source.code, error=str(error))
        return
    read_to = source.last_sequence
    for sequence, name, content in new:
        with context.bind(_FETCHER):
            file = import_statement(source_code=source.code, name=name, content=content, imported_by=_FETCHER.id)
            if file.status == StatementFile.Status.REFUSED:
                _report_refused(source, file)
            if read_to and sequence > read_to + 1:
                _report_gap(source, read_to + 1, sequence)
                log.warning("reconciliation.statement_missing", source=source.code, missing=read_to + 1, have=sequence)
                continue
        # After the import: a crash in between fetches the same file again, and importing it again is a no-op. Before a gap we stay,
        # so that a statement which comes late is fetched by itself.
        read_to = sequence
        Source.objects.filter(pk=source.pk, last_sequence__lt=sequence).update(last_sequence=sequence)
        log.info("reconciliation.statement_fetched", source=source.code, sequence=sequence, status=file.status)


def _bank_of(source: Source) -> str:
    """Code of the bank that keeps the account; of the only one, for an account that nothing is paid from."""
    account = BankAccount.objects.filter(iban=source.account_identification).first()
    banks = sorted(codes_of(Kind.BANK))
    if account is None and len(banks) != 1:
        raise NotConfigured(f"nothing says which bank keeps the account of {source.code}")
    return account.provider if account else banks[0]


def _report_refused(source: Source, file: StatementFile) -> None:
    """Nobody stands beside a fetched file to read why it was refused; without it, what it reports stays unproved."""
    open_break(
        type=Break.Type.TIMING,
        severity=Break.Severity.HIGH,
        source=source,
        subject_key=f"refused-file:{source.code}:{file.sha256}",
        title=f"{file.name} of {source.name} was refused",
        explanation=f"Nothing of it was taken. Line {file.refused_line}: {file.refused_reason}",
        currency="",
        expected=None,
        actual=None,
    )


def _report_gap(source: Source, missing: int, have: int) -> None:
    """Banks number their statements without gaps: what a missing one reports would be missed by everything that matches."""
    open_break(
        type=Break.Type.TIMING,
        severity=Break.Severity.HIGH,
        source=source,
        subject_key=f"missing-statement:{source.code}:{missing}",
        title=f"Statement {missing} of {source.name} is missing",
        explanation=f"The bank gave out number {have} and not this one. Ask it for the file; it is then read by itself.",
        currency="",
        expected=None,
        actual=None,
    )
