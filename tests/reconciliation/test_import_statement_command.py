"""`manage.py import_statement`: what it prints and what it exits with."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from audit import context
from audit.context import Actor
from reconciliation.models import ExternalItem, Source, StatementFile
from tests.reconciliation.statement_files import ACCOUNT, document, entry, statement

pytestmark = pytest.mark.django_db
GOOD = document(statement([entry("10.00")], closing="110.00"))
BAD = document(statement([entry("ten")]))
NOTICE = document(
    statement([entry()]).replace("Stmt>", "Ntfctn>"),
    namespace="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08",
    body="BkToCstmrDbtCdtNtfctn",
)


@pytest.fixture(autouse=True)
def source() -> Source:
    with context.bind(Actor.system("test")):
        return Source.objects.create(code="nordbank-eur", name="N", kind=Source.Kind.BANK_STATEMENT, account_identification=ACCOUNT)


def run(tmp_path: Path, data: bytes, *flags: str, source: str = "nordbank-eur") -> tuple[int, str]:
    """Exit code and output."""
    path = tmp_path / "statement.xml"
    path.write_bytes(data)
    out = StringIO()
    try:
        call_command("import_statement", str(path), "--source", source, *flags, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def facts(output: str) -> dict[str, Any]:
    return dict(json.loads(output))


def test_an_import_prints_the_facts_and_exits_0(tmp_path: Path) -> None:
    code, output = run(tmp_path, GOOD, "--json")
    read = facts(output)
    assert code == 0
    assert (read["message"], read["statement_count"], read["entry_count"]) == ("camt.053.001.08", 1, 1)
    assert (read["total_credits"], read["total_debits"]) == ({"EUR": "10.00"}, {"EUR": "0"})
    (one,) = read["statements"]
    assert {name: one[name] for name in ("account", "entries", "opening", "closing", "balances_add_up")} == {
        "account": ACCOUNT,
        "entries": 1,
        "opening": "100.00",
        "closing": "110.00",
        "balances_add_up": True,
    }
    assert read["refused"] is None
    assert read["status"] == "imported"
    assert ExternalItem.objects.count() == 1


def test_the_same_file_again_prints_the_same_and_stores_nothing(tmp_path: Path) -> None:
    (code, first), (code_again, again) = run(tmp_path, GOOD, "--json"), run(tmp_path, GOOD, "--json")
    assert (code, code_again) == (0, 0)
    assert facts(first) == facts(again)
    assert (StatementFile.objects.count(), ExternalItem.objects.count()) == (1, 1)


def test_a_refusal_prints_line_and_reason_and_exits_1_every_time(tmp_path: Path) -> None:
    for _ in range(2):
        code, output = run(tmp_path, BAD, "--json")
        assert code == 1
        assert facts(output)["refused"] == {"line": 3, "reason": "'ten' is not an amount"}
        assert facts(output)["entry_count"] == 0
    assert "line 3: 'ten' is not an amount" in run(tmp_path, BAD)[1]


def test_a_dry_run_stores_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, GOOD, "--dry-run", "--json")[0] == 0
    assert run(tmp_path, BAD, "--dry-run", "--json")[0] == 1
    assert not StatementFile.objects.exists()


def test_a_dry_run_reads_a_notice_that_an_import_refuses(tmp_path: Path) -> None:
    code, output = run(tmp_path, NOTICE, "--dry-run", "--json")
    assert code == 0
    assert facts(output)["entry_count"] == 1
    assert facts(output)["refused"] is None
    assert "notice" in facts(output)["not_evidence"]
    code, output = run(tmp_path, NOTICE, "--json")
    assert code == 1
    assert "notice" in facts(output)["refused"]["reason"]
    assert facts(output)["entry_count"] == 1


def test_a_dry_run_reads_a_file_about_any_account(tmp_path: Path) -> None:
    other = document(statement([entry()], account="GB29NWBK60161331926819"))
    assert run(tmp_path, other, "--dry-run", "--json")[0] == 0
    assert run(tmp_path, other, "--json")[0] == 1


def test_what_cannot_be_tried_exits_2(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no source") as unknown:
        run(tmp_path, GOOD, source="nobody")
    assert unknown.value.returncode == 2
    with pytest.raises(CommandError, match="cannot be read") as missing:
        call_command("import_statement", str(tmp_path / "missing.xml"), "--source", "nordbank-eur")
    assert missing.value.returncode == 2
    assert not StatementFile.objects.exists()
