"""Breaks and statements as pages: what they show, to whom, and bringing in a file."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.models import Client
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from reconciliation.commands.breaks import open_break
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem, Source, StatementFile
from reconciliation.subjects import REWRITTEN
from tests.console.office import operator_with, text_of
from tests.reconciliation.statement_files import document, entry, statement, transaction
from tests.transfers.world import ACCOUNT
from transfers.models import BankAccount

pytestmark = pytest.mark.django_db
STATEMENTS = "/reconciliation/statements/"


@pytest.fixture
def maker(client, cast, books):
    client.force_login(cast.maker)
    return client


def _file(
    *lines: str, name: str = "pesos.xml", account: str = "", opening: str = "100.00", closing: str = ""
) -> SimpleUploadedFile:
    iban = account or BankAccount.objects.get().iban
    content = document(statement(lines, account=iban, opening=opening, closing=closing))
    return SimpleUploadedFile(name, content.replace(b"EUR", b"MXN"), content_type="application/xml")


def _line(amount: str = "185.00", **more: Any) -> str:
    refs = more.pop("refs", "<EndToEndId>SOMEBODY-ELSES</EndToEndId>")
    return entry(amount, direction="DBIT", details=transaction(amount, refs=refs, remittance="Account maintenance"), **more)


def _upload(browser, upload: SimpleUploadedFile, **changes: Any):
    fields = {"source": "nordbank-mxn", "file": upload} | changes
    return browser.post(STATEMENTS, {name: value for name, value in fields.items() if value is not None})


def _break(**changes: Any) -> Break:
    facts: dict[str, Any] = {
        "type": "amount",
        "severity": "high",
        "source": Source.objects.get(),
        "subject_key": "one",
        "title": "The amount differs",
        "explanation": "We said one thing, the bank another.",
        "currency": "MXN",
        "expected": 100_000,
        "actual": 100_050,
    }
    with context.bind(Actor.system("test")):
        return open_break(**facts | changes)


# --- Breaks -----------------------------------------------------------------------------------------------------------------------
def test_the_list_says_what_where_how_bad_and_until_when(maker):
    found = _break()
    page = text_of(maker.get("/reconciliation/breaks/"))
    for words in ("The amount differs", "1,000.50", "Nordbank pesos", "high", "0 to 24 h", f"/reconciliation/breaks/{found.pk}/"):
        assert words in page, words
    assert "1 open 0 to 24 h · 0 open 24 to 72 h · 0 open over 72 h" in page
    with clock.using(lambda: found.opened_at + timedelta(hours=80)):
        assert "1 open over 72 h" in text_of(maker.get("/reconciliation/breaks/"))


def test_one_about_nodes_asks_nobody_to_look_for_a_payment(maker):
    about_nodes = _break(subject_key=f"{REWRITTEN}ethereum:nodes:one says this", expected=None, actual=None, currency="")
    page = text_of(maker.get(f"/reconciliation/breaks/{about_nodes.pk}/"))
    assert "A node that is wrong is taken out" in page
    assert "Our books say" not in page
    about_money = text_of(maker.get(f"/reconciliation/breaks/{_break().pk}/"))
    assert "Find out who ordered the movement" in about_money
    assert "Our books say" in about_money


def test_it_says_how_far_each_source_was_read(maker):
    assert "no statement yet" in text_of(maker.get("/reconciliation/breaks/"))
    _upload(maker, _file(_line()))
    page = text_of(maker.get("/reconciliation/breaks/"))
    assert "statement S1" in page
    assert "No break is open" in page


def test_ended_ones_have_a_list_of_their_own(maker):
    _break(title="Still open")
    ended = _break(subject_key="two", title="Explained")
    Break.objects.filter(pk=ended.pk).update(status="resolved", resolved_at=clock.now(), resolution="A fee of the bank.")
    assert "Explained" not in text_of(maker.get("/reconciliation/breaks/"))
    page = text_of(maker.get("/reconciliation/breaks/?show=ended"))
    assert "Explained" in page
    assert "Still open" not in page
    assert "A fee of the bank." in text_of(maker.get(f"/reconciliation/breaks/{ended.pk}/"))


def test_the_list_goes_on_by_cursor(maker, monkeypatch):
    monkeypatch.setattr("backoffice.console.views.breaks._PAGE", 2)
    made = [_break(subject_key=str(number), title=f"Number {number}") for number in range(3)]
    first = maker.get("/reconciliation/breaks/")
    assert [row.pk for row, *_ in first.context["rows"]] == [made[2].pk, made[1].pk]
    older = maker.get(f"/reconciliation/breaks/{first.context['paging'].next_url}")
    assert [row.pk for row, *_ in older.context["rows"]] == [made[0].pk]
    assert maker.get("/reconciliation/breaks/?after=nonsense").status_code == 200


def test_the_page_shows_both_sides_and_the_evidence(maker):
    _upload(maker, _file(_line()))
    with context.bind(Actor.system("test")):
        match_open_items()
    found = Break.objects.get()
    page = text_of(maker.get(f"/reconciliation/breaks/{found.pk}/"))
    for words in ("Money left that nobody here ordered", "185.00", "nothing: we know of no such movement", "SOMEBODY-ELSES",
                  "Account maintenance", "S1 in pesos.xml, line", "Explain by"):  # fmt: skip
        assert words in page, words


def test_the_difference_and_the_transfer_are_shown(maker, books):
    transfer = books.order("12.00")
    found = _break(transfer_id=transfer.pk)
    page = text_of(maker.get(f"/reconciliation/breaks/{found.pk}/"))
    for words in ("1,000.00", "1,000.50", "0.50", transfer.reference, f"/transfers/{transfer.pk}/"):
        assert words in page, words


@pytest.mark.parametrize(("currency", "shown"), [("CHF", "185.00"), ("JPY", "185"), ("XAU", "no amount")])
def test_a_currency_that_the_ledger_does_not_keep_is_shown_all_the_same(maker, currency, shown):
    _break(currency=currency, expected=None, actual=185 if currency == "JPY" else 18_500)
    assert shown in text_of(maker.get("/reconciliation/breaks/"))
    assert maker.get(f"/reconciliation/breaks/{Break.objects.get().pk}/").status_code == 200


def test_a_line_in_such_a_currency_is_shown_too(maker):
    _upload(maker, SimpleUploadedFile("francs.xml", _file(_line()).read().replace(b'Ccy="MXN"', b'Ccy="CHF"')))
    with context.bind(Actor.system("test")):
        match_open_items()
    for found in Break.objects.all():
        assert maker.get(f"/reconciliation/breaks/{found.pk}/").status_code == 200
    page = text_of(maker.get(f"/reconciliation/breaks/{Break.objects.get(item__isnull=False).pk}/"))
    assert "185.00" in page
    assert "CHF" in page
    assert maker.get("/reconciliation/breaks/").status_code == 200


def test_a_break_about_a_statement_names_it(maker):
    assert _upload(maker, _file(_line(), closing="1.00")).status_code == 302
    found = Break.objects.get(type="balance")
    page = text_of(maker.get(f"/reconciliation/breaks/{found.pk}/"))
    assert "does not add up" in page
    assert "S1 in pesos.xml" in page


def test_a_break_about_another_clients_transfer_is_neither_listed_nor_found(limited, books):
    mine = _break(subject_key="house", title="Of the house")
    theirs = _break(subject_key="acme", title="Of Acme", transfer_id=books.order("12.00").pk)
    for path in ("/reconciliation/breaks/", "/", f"/search/?q={theirs.reference}"):
        page = text_of(limited.get(path))
        assert "Of Acme" not in page, path
    assert "1 open 0 to 24 h" in text_of(limited.get("/reconciliation/breaks/"))
    assert limited.get(f"/reconciliation/breaks/{theirs.pk}/").status_code == 404
    assert limited.get(f"/reconciliation/breaks/{mine.pk}/").status_code == 200


# --- Statements -------------------------------------------------------------------------------------------------------------------
def test_a_statement_is_imported_by_whoever_brings_it(maker):
    response = _upload(maker, _file(_line(), _line("2.50")))
    assert (response.status_code, response["Location"]) == (302, STATEMENTS)
    page = text_of(maker.get(STATEMENTS))
    assert "pesos.xml is imported: 2 entries." in page
    file = StatementFile.objects.get()
    assert (file.status, file.imported_by, ExternalItem.objects.count()) == ("imported", "maker", 2)


def test_the_same_file_again_changes_nothing_and_says_so(maker):
    _upload(maker, _file(_line()))
    response = maker.post(STATEMENTS, {"source": "nordbank-mxn", "file": _file(_line(), name="copy.xml")}, follow=True)
    assert "This file was imported before, as pesos.xml. Nothing has changed." in text_of(response)
    assert (StatementFile.objects.count(), ExternalItem.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SimpleUploadedFile("no.xml", b"<Document>\n<half"), "Line 2:"),
        (lambda: SimpleUploadedFile("no.csv", b"date;amount\n"), "camt.053"),
        (lambda: _file(_line(), account="DE89370400440532013000"), "the file is about account DE89370400440532013000"),
        (lambda: _file(_line().replace("DBIT", "BOTH")), "neither CRDT nor DBIT"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_whole_with_its_line_and_reason(maker, make, words):
    response = _upload(maker, make())
    assert response.status_code == 422
    page = text_of(response)
    for told in ("Refused whole, nothing of it was taken. Line ", words):
        assert told in page, told
    assert not ExternalItem.objects.exists()
    assert StatementFile.objects.get().status == "refused"
    assert "refused" in text_of(maker.get(STATEMENTS))


@pytest.mark.parametrize("changes", [{"file": None}, {"source": None}, {"source": "chain-hot-1"}, {"file": None, "source": None}])
def test_a_form_that_is_not_complete_imports_nothing(maker, changes):
    with context.bind(Actor.system("test")):
        Source.objects.create(code="chain-hot-1", name="Hot wallet", kind="chain")
    response = _upload(maker, _file(_line()), **changes)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in text_of(response)
    assert not StatementFile.objects.exists()


def test_who_may_not_import_sees_the_files_and_is_refused(client, cast, books):
    client.force_login(cast.checker)
    page = text_of(client.get(STATEMENTS))
    assert "Import a statement" not in page
    assert 'type="file"' not in page
    response = _upload(client, _file(_line()))
    assert response.status_code == 403
    assert "reconciliation.import_statement" in text_of(response)
    assert not StatementFile.objects.exists()
    assert AuditEvent.objects.filter(type="access.refused").count() == 1


@pytest.mark.parametrize("path", ["/reconciliation/breaks/", STATEMENTS, "/ledger/", f"/ledger/accounts/{ACCOUNT}/"])
def test_support_sees_neither_breaks_nor_books(client, cast, books, path):
    client.force_login(operator_with(cast, "support", Client.objects.get(pk="acme")))
    assert client.get(path).status_code == 403
