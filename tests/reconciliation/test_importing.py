"""Importing statements: once, whole or not at all, with what does not add up as a break."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from audit import clock
from audit.models import AuditEvent
from reconciliation.commands.importing import import_statement
from reconciliation.errors import UnknownSource
from reconciliation.models import Break, ExternalItem, Source, Statement, StatementFile
from tests.reconciliation.corpus import CAMT, FACTS, content, must_be_refused, needs_corpus
from tests.reconciliation.statement_files import ACCOUNT, document, entry, statement, transaction

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_system")]
NOW = datetime(2026, 10, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def source() -> Source:
    return Source.objects.create(
        code="nordbank-eur",
        name="Nordbank EUR",
        kind=Source.Kind.BANK_STATEMENT,
        account_identification=ACCOUNT,
        account_code="nostro:nordbank:EUR",
    )


@pytest.fixture
def any_account() -> Source:
    return Source.objects.create(code="read-only", name="Files to look at", kind=Source.Kind.BANK_STATEMENT)


def bring(source: Source, data: bytes, name: str = "statement.xml") -> StatementFile:
    with clock.using(lambda: NOW):
        return import_statement(source_code=source.code, name=name, content=data, imported_by="operator")


def events() -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("recorded_at").values_list("type", "outcome"))


def test_a_file_is_kept_raw_with_its_statements_and_booked_lines(source: Source) -> None:
    details = transaction(refs="<EndToEndId>E1</EndToEndId>", remittance="rent")
    data = document(statement([entry("10.00", details=details), entry("3.00", direction="DBIT")], closing="107.00"))
    file = bring(source, data)
    assert (file.status, bytes(file.content), file.imported_by, file.imported_at) == ("imported", data, "operator", NOW)
    assert file.facts["total_credits"] == {"EUR": "10.00"}
    row = file.statements.get()
    assert (row.account, row.currency, row.opening, row.closing, row.balances_add_up) == (ACCOUNT, "EUR", 10000, 10700, True)
    credit, debit = row.items.order_by("direction")
    assert (credit.kind, credit.direction, credit.amount, credit.currency, credit.status) == (
        "bank_line",
        "credit",
        1000,
        "EUR",
        "unmatched",
    )
    assert (credit.references, credit.text, credit.line) == ({"end_to_end_id": "E1"}, "rent", 3)
    assert (debit.direction, debit.amount) == ("debit", 300)
    assert events() == [("reconciliation.statement_imported", "succeeded")]
    assert not Break.objects.exists()


def test_the_same_content_again_is_a_no_op_whatever_it_is_called(source: Source) -> None:
    data = document(statement([entry()]))
    first = bring(source, data)
    again = bring(source, data, name="renamed.xml")
    assert (again.id, again.name) == (first.id, "statement.xml")
    assert (StatementFile.objects.count(), Statement.objects.count(), ExternalItem.objects.count()) == (1, 1, 1)
    assert len(events()) == 1


def test_a_malformed_file_is_kept_as_refused_and_nothing_else_of_it(source: Source) -> None:
    data = document(statement([entry(), "\n\n" + entry("ten")]))
    file = bring(source, data)
    assert (file.status, file.refused_line, file.refused_reason) == ("refused", 5, "'ten' is not an amount")
    assert bytes(file.content) == data
    assert file.facts["refused"] == {"line": 5, "reason": "'ten' is not an amount"}
    assert (Statement.objects.count(), ExternalItem.objects.count(), Break.objects.count()) == (0, 0, 0)
    assert events() == [("reconciliation.statement_imported", "refused")]


def test_equal_lines_of_one_statement_are_as_many_items_as_lines(source: Source) -> None:
    bring(source, document(statement([entry(), entry(), entry()])))
    assert ExternalItem.objects.count() == 3


def test_the_same_statement_in_other_bytes_brings_nothing_new(source: Source) -> None:
    text = statement([entry(), entry(), entry(references="<AcctSvcrRef>A1</AcctSvcrRef>")])
    bring(source, document(text))
    bring(source, document(text) + b"\n\n")
    assert StatementFile.objects.count() == 2
    assert ExternalItem.objects.count() == 3


def test_a_line_with_the_banks_own_reference_is_the_same_in_whatever_statement(source: Source) -> None:
    line = entry(references="<NtryRef>{}</NtryRef><AcctSvcrRef>A1</AcctSvcrRef>")
    bring(source, document(statement([line.format(1)], identification="daily")))
    bring(source, document(statement([line.format(77)], identification="monthly")))
    assert ExternalItem.objects.count() == 1


def test_equal_lines_without_one_in_two_statements_are_two(source: Source) -> None:
    bring(source, document(statement([entry()], identification="morning")))
    bring(source, document(statement([entry()], identification="evening")))
    assert ExternalItem.objects.count() == 2


def test_only_what_was_booked_and_moved_money_becomes_an_item(source: Source) -> None:
    entries = [entry("0.00"), entry("5.00", status="<Sts>PDNG</Sts>"), entry("6.00", status="<Sts>INFO</Sts>"), entry("7.00")]
    file = bring(source, document(statement(entries)))
    assert file.facts["entry_count"] == 4
    assert [item.amount for item in ExternalItem.objects.all()] == [700]


def test_a_collective_entry_becomes_one_item_per_transaction(source: Source) -> None:
    parts = "".join(transaction("5.00", refs=f"<EndToEndId>E{number}</EndToEndId>") for number in (1, 2))
    bring(source, document(statement([entry("10.00", details=parts)])))
    assert sorted(item.references["end_to_end_id"] for item in ExternalItem.objects.all()) == ["E1", "E2"]


def test_balances_that_do_not_add_up_are_accepted_and_become_one_break(source: Source) -> None:
    data = document(statement([entry("10.00")], closing="110.01"))
    file = bring(source, data)
    bring(source, data)
    assert file.status == "imported"
    assert file.statements.get().balances_add_up is False
    assert ExternalItem.objects.count() == 1
    found = Break.objects.get()
    assert (found.type, found.severity, found.status, found.currency) == ("balance", "high", "open", "EUR")
    assert (found.expected_amount, found.actual_amount) == (11000, 11001)
    assert (found.opened_at, found.deadline_at) == (NOW, NOW + timedelta(hours=24))
    assert found.statement == file.statements.get()
    assert "110.00 EUR" in found.explanation
    assert "110.01" in found.explanation
    assert sorted(name for name, _ in events()) == ["reconciliation.break_opened", "reconciliation.statement_imported"]


def test_an_amount_that_no_account_can_hold_is_a_break_and_no_item(any_account: Source) -> None:
    text = statement([entry("100.50", currency="JPY")], opening="").replace("<Ccy>EUR</Ccy>", "<Ccy>JPY</Ccy>")
    bring(any_account, document(text))
    assert not ExternalItem.objects.exists()
    found = Break.objects.get()
    assert (found.type, found.expected_amount, found.actual_amount) == ("amount", None, None)
    assert "line 3: JPY has 0 decimals: 100.50 cannot be booked" in found.explanation


def test_an_entry_in_a_foreign_currency_is_kept_and_told(source: Source) -> None:
    file = bring(source, document(statement([entry("10.00"), entry("10.00", currency="USD")], closing="120.00")))
    assert file.statements.get().balances_add_up is None
    assert sorted(item.currency for item in ExternalItem.objects.all()) == ["EUR", "USD"]
    found = Break.objects.get()
    assert (found.type, found.severity) == ("balance", "medium")
    assert "USD" in found.explanation


def test_a_file_about_another_account_is_refused(source: Source) -> None:
    file = bring(source, document(statement([entry()], account="GB29NWBK60161331926819")))
    assert file.status == "refused"
    assert "GB29NWBK60161331926819" in file.refused_reason
    assert ACCOUNT in file.refused_reason
    assert file.facts["entry_count"] == 1
    assert not ExternalItem.objects.exists()


def test_of_a_file_about_several_accounts_only_the_sources_own_is_imported(source: Source) -> None:
    file = bring(
        source, document(statement([entry()], account="GB29NWBK60161331926819"), statement([entry("7.00")], identification="S2"))
    )
    assert file.status == "imported"
    assert [(row.ordinal, row.account) for row in file.statements.all()] == [(2, ACCOUNT)]
    assert [item.amount for item in ExternalItem.objects.all()] == [700]


def test_a_source_without_an_account_reads_any(any_account: Source) -> None:
    file = bring(any_account, document(statement([entry()], account="GB29NWBK60161331926819")))
    assert (file.status, ExternalItem.objects.count()) == ("imported", 1)


@pytest.mark.parametrize("said", ["notice", "intraday"])
def test_a_notice_or_a_report_is_refused_as_evidence(source: Source, said: str) -> None:
    body, tag, message = {
        "notice": ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "camt.054.001.08"),
        "intraday": ("BkToCstmrAcctRpt", "Rpt", "camt.052.001.08"),
    }[said]
    text = statement([entry()]).replace("Stmt>", f"{tag}>")
    file = bring(source, document(text, namespace=f"urn:iso:std:iso:20022:tech:xsd:{message}", body=body))
    assert file.status == "refused"
    assert said in file.refused_reason
    assert file.facts["message"] == message
    assert not ExternalItem.objects.exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04zip", b":20:REF\r\n:25:ACC\r\n", b"%PDF-1.7", b"a;b;c\n1;2;3\n"])
def test_another_format_is_refused_by_name(source: Source, data: bytes) -> None:
    file = bring(source, data, name="something\x00odd")
    assert (file.status, file.refused_line, file.name) == ("refused", 1, "somethingodd")
    assert file.refused_reason


def test_a_source_that_is_no_bank_account_takes_no_statements() -> None:
    Source.objects.create(code="hot-1", name="Hot wallet", kind=Source.Kind.CHAIN)
    for code in ("hot-1", "nobody"):
        with pytest.raises(UnknownSource, match=code):
            import_statement(source_code=code, name="x", content=document(statement([entry()])), imported_by="operator")
    assert not StatementFile.objects.exists()
    assert events() == []


def test_a_large_statement_is_stored_with_few_queries(source: Source, django_assert_max_num_queries: Callable[..., object]) -> None:
    data = document(statement([entry(references=f"<AcctSvcrRef>A{number}</AcctSvcrRef>") for number in range(2000)]))
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        bring(source, data)
    assert ExternalItem.objects.count() == 2000


@needs_corpus
def test_every_camt_053_of_the_corpus_is_imported_or_refused_whole(any_account: Source) -> None:
    for name in CAMT:
        data = content(name)
        file = bring(any_account, data, name=name)
        is_statement = "Stmt" in {one["kind"] for one in FACTS[name].get("statements", [])}
        if must_be_refused(name) or not is_statement:
            assert file.status == "refused", name
            assert file.refused_line, name
            assert file.refused_reason, name
            assert not file.statements.exists()
        else:
            assert file.status == "imported", name
            assert file.statements.count() == FACTS[name]["statement_count"], name
            assert file.facts["total_debits"] == FACTS[name]["total_debits"], name
            verdicts = [one["balances_add_up"] for one in FACTS[name]["statements"]]
            assert list(file.statements.order_by("ordinal").values_list("balances_add_up", flat=True)) == verdicts


def test_two_people_bringing_the_same_file_at_once_leave_one(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looks before the first has committed, so only the constraint can tell it."""
    data = document(statement([entry()]))
    first = bring(source, data)
    with monkeypatch.context() as patched:
        real = StatementFile.objects.filter
        patched.setattr(StatementFile.objects, "filter", lambda **wanted: real(**wanted).none())
        second = bring(source, data)
    assert second.id == first.id
    assert ExternalItem.objects.count() == 1
