"""Breaks, statements and the books as pages: what they show, to whom, and bringing in a file."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from approvals.commands import create_client
from approvals.models import Client
from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.commands import grant_role, see_client
from backoffice.access.models import Operator
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from reconciliation.commands.breaks import open_break
from reconciliation.commands.matching import match_open_items
from reconciliation.models import Break, ExternalItem, Source, StatementFile
from tests.reconciliation.statement_files import document, entry, statement, transaction
from tests.transfers import world as worlds
from tests.transfers.world import ACCOUNT, UNIT, USDC, World
from transfers.models import BankAccount

pytestmark = pytest.mark.django_db
GLOBEX = "client:globex:USDC.ethereum"
POSITION = "position:USDC.ethereum/MXN:USDC.ethereum"
STATEMENTS = "/reconciliation/statements/"


@pytest.fixture
def house() -> World:
    """Acme's house, with Globex and a peso account whose statements are read."""
    with context.bind(Actor.system("test")):
        built = worlds.build()
        create_client(client_id="globex", name="Globex")
        open_account(code=GLOBEX, name="Globex, client money", kind=AccountKind.CLIENT_MONEY, asset_id=USDC, owner="client:globex")
        lines = (Line.debit("wallet:hot-1:USDC.ethereum", 7 * UNIT), Line.credit(GLOBEX, 7 * UNIT))
        post(Posting(reference="deposit/globex/1", kind="deposit", value_at=clock.now(), lines=lines, description="Globex pays in"))
        lines = (Line.debit(ACCOUNT, 3 * UNIT), Line.credit(POSITION, 3 * UNIT))
        post(Posting(reference="conversion/1", kind="conversion", value_at=clock.now(), lines=lines, description="Conversion 1"))
    account = BankAccount.objects.get()
    Source.objects.create(
        code="nordbank-mxn",
        name="Nordbank pesos",
        kind="bank_statement",
        account_identification=account.iban,
        account_code=account.account_code,
    )
    return built


@pytest.fixture
def maker(client, cast, house):
    client.force_login(cast.maker)
    return client


@pytest.fixture
def limited(client, cast, house) -> Any:
    """Sees Globex and nobody else."""
    client.force_login(_operator(cast, "operator", Client.objects.get(pk="globex")))
    return client


def _operator(cast, role: str, *clients: Client) -> Operator:
    with context.bind(Actor.system("test")):
        made = Operator.objects.create_user(f"a-{role}", password="correct horse battery", person=cast.outsider.person)
        grant_role(operator=made, role=role)
        for client in clients:
            see_client(operator=made, client=client)
    return made


def _text(response) -> str:
    return " ".join(response.content.decode().split())


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
    page = _text(maker.get("/reconciliation/breaks/"))
    for words in ("The amount differs", "1,000.50", "Nordbank pesos", "high", "0 to 24 h", f"/reconciliation/breaks/{found.pk}/"):
        assert words in page, words
    assert "1 open 0 to 24 h · 0 open 24 to 72 h · 0 open over 72 h" in page
    with clock.using(lambda: found.opened_at + timedelta(hours=80)):
        assert "1 open over 72 h" in _text(maker.get("/reconciliation/breaks/"))


def test_it_says_how_far_each_source_was_read(maker):
    assert "no statement yet" in _text(maker.get("/reconciliation/breaks/"))
    _upload(maker, _file(_line()))
    page = _text(maker.get("/reconciliation/breaks/"))
    assert "statement S1" in page
    assert "No break is open" in page


def test_ended_ones_have_a_list_of_their_own(maker):
    _break(title="Still open")
    ended = _break(subject_key="two", title="Explained")
    Break.objects.filter(pk=ended.pk).update(status="resolved", resolved_at=clock.now(), resolution="A fee of the bank.")
    assert "Explained" not in _text(maker.get("/reconciliation/breaks/"))
    page = _text(maker.get("/reconciliation/breaks/?show=ended"))
    assert "Explained" in page
    assert "Still open" not in page
    assert "A fee of the bank." in _text(maker.get(f"/reconciliation/breaks/{ended.pk}/"))


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
    page = _text(maker.get(f"/reconciliation/breaks/{found.pk}/"))
    for words in ("Money left that nobody here ordered", "185.00", "nothing: we know of no such movement", "SOMEBODY-ELSES",
                  "Account maintenance", "S1 in pesos.xml, line", "Explain by"):  # fmt: skip
        assert words in page, words


def test_the_difference_and_the_transfer_are_shown(maker, house):
    transfer = house.order("12.00")
    found = _break(transfer_id=transfer.pk)
    page = _text(maker.get(f"/reconciliation/breaks/{found.pk}/"))
    for words in ("1,000.00", "1,000.50", "0.50", transfer.reference, f"/transfers/{transfer.pk}/"):
        assert words in page, words


@pytest.mark.parametrize(("currency", "shown"), [("CHF", "185.00"), ("JPY", "185"), ("XAU", "no amount")])
def test_a_currency_that_the_ledger_does_not_keep_is_shown_all_the_same(maker, currency, shown):
    _break(currency=currency, expected=None, actual=185 if currency == "JPY" else 18_500)
    assert shown in _text(maker.get("/reconciliation/breaks/"))
    assert maker.get(f"/reconciliation/breaks/{Break.objects.get().pk}/").status_code == 200


def test_a_line_in_such_a_currency_is_shown_too(maker):
    _upload(maker, SimpleUploadedFile("francs.xml", _file(_line()).read().replace(b'Ccy="MXN"', b'Ccy="CHF"')))
    with context.bind(Actor.system("test")):
        match_open_items()
    for found in Break.objects.all():
        assert maker.get(f"/reconciliation/breaks/{found.pk}/").status_code == 200
    page = _text(maker.get(f"/reconciliation/breaks/{Break.objects.get(item__isnull=False).pk}/"))
    assert "185.00" in page
    assert "CHF" in page
    assert maker.get("/reconciliation/breaks/").status_code == 200


def test_a_break_about_a_statement_names_it(maker):
    assert _upload(maker, _file(_line(), closing="1.00")).status_code == 302
    found = Break.objects.get(type="balance")
    page = _text(maker.get(f"/reconciliation/breaks/{found.pk}/"))
    assert "does not add up" in page
    assert "S1 in pesos.xml" in page


def test_a_break_about_another_clients_transfer_is_neither_listed_nor_found(limited, house):
    mine = _break(subject_key="house", title="Of the house")
    theirs = _break(subject_key="acme", title="Of Acme", transfer_id=house.order("12.00").pk)
    for path in ("/reconciliation/breaks/", "/", f"/search/?q={theirs.reference}"):
        page = _text(limited.get(path))
        assert "Of Acme" not in page, path
    assert "1 open 0 to 24 h" in _text(limited.get("/reconciliation/breaks/"))
    assert limited.get(f"/reconciliation/breaks/{theirs.pk}/").status_code == 404
    assert limited.get(f"/reconciliation/breaks/{mine.pk}/").status_code == 200


# --- Statements -------------------------------------------------------------------------------------------------------------------
def test_a_statement_is_imported_by_whoever_brings_it(maker):
    response = _upload(maker, _file(_line(), _line("2.50")))
    assert (response.status_code, response["Location"]) == (302, STATEMENTS)
    page = _text(maker.get(STATEMENTS))
    assert "pesos.xml is imported: 2 entries." in page
    file = StatementFile.objects.get()
    assert (file.status, file.imported_by, ExternalItem.objects.count()) == ("imported", "maker", 2)


def test_the_same_file_again_changes_nothing_and_says_so(maker):
    _upload(maker, _file(_line()))
    response = maker.post(STATEMENTS, {"source": "nordbank-mxn", "file": _file(_line(), name="copy.xml")}, follow=True)
    assert "This file was imported before, as pesos.xml. Nothing has changed." in _text(response)
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
    page = _text(response)
    for told in ("Refused whole, nothing of it was taken. Line ", words):
        assert told in page, told
    assert not ExternalItem.objects.exists()
    assert StatementFile.objects.get().status == "refused"
    assert "refused" in _text(maker.get(STATEMENTS))


@pytest.mark.parametrize("changes", [{"file": None}, {"source": None}, {"source": "chain-hot-1"}, {"file": None, "source": None}])
def test_a_form_that_is_not_complete_imports_nothing(maker, changes):
    Source.objects.create(code="chain-hot-1", name="Hot wallet", kind="chain")
    response = _upload(maker, _file(_line()), **changes)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in _text(response)
    assert not StatementFile.objects.exists()


def test_who_may_not_import_sees_the_files_and_is_refused(client, cast, house):
    client.force_login(cast.checker)
    page = _text(client.get(STATEMENTS))
    assert "Import a statement" not in page
    assert 'type="file"' not in page
    response = _upload(client, _file(_line()))
    assert response.status_code == 403
    assert "reconciliation.import_statement" in _text(response)
    assert not StatementFile.objects.exists()
    assert AuditEvent.objects.filter(type="access.refused").count() == 1


@pytest.mark.parametrize("path", ["/reconciliation/breaks/", STATEMENTS, "/ledger/", f"/ledger/accounts/{ACCOUNT}/"])
def test_support_sees_neither_breaks_nor_books(client, cast, house, path):
    client.force_login(_operator(cast, "support", Client.objects.get(pk="acme")))
    assert client.get(path).status_code == 403


# --- The ledger -------------------------------------------------------------------------------------------------------------------
def test_the_chart_has_every_account_with_its_balance_and_the_proof(maker):
    page = _text(maker.get("/ledger/"))
    for words in (ACCOUNT, GLOBEX, "999,997.00", "7.00", "balanced", POSITION, "client money"):
        assert words in page, words
    assert "NOT balanced" not in page


def test_an_account_shows_its_entries_and_holds(maker, house):
    transfer = house.order("5000.00")
    page = _text(maker.get(reverse("console:account", args=[ACCOUNT])))
    for words in (
        "999,997.00",
        "5,000.50",
        "994,996.50",
        transfer.hold_reference,
        "Conversion 1",
        reverse("console:posting", args=["conversion/1"]),
    ):
        assert words in page, words


@pytest.mark.parametrize("code", [POSITION, ACCOUNT, "gas:hot-1:ETH.ethereum", "nostro:nordbank-mxn:MXN"])
def test_every_code_has_its_page_slashes_included(maker, code):
    response = maker.get(reverse("console:account", args=[code]))
    assert response.status_code == 200
    assert response.context["account"].code == code


def test_a_posting_shows_its_entries_with_the_balance_each_left(maker):
    page = _text(maker.get("/ledger/postings/conversion/1/"))
    for words in ("<h1>Conversion 1</h1>", ACCOUNT, POSITION, "3.00", "999,997.00", "conversion/1"):
        assert words in page, words


@pytest.mark.parametrize("path", ["/ledger/accounts/wallet:none:X/", "/ledger/accounts/a/b/c/", "/ledger/postings/none/1/"])
def test_what_is_not_there_is_not_found(maker, path):
    assert maker.get(path).status_code == 404


def test_only_the_books_of_ones_clients_and_of_the_house(limited):
    page = _text(limited.get("/ledger/"))
    assert ACCOUNT not in page
    for code in (GLOBEX, POSITION, "wallet:hot-1:USDC.ethereum"):
        assert code in page, code
    assert limited.get(reverse("console:account", args=[ACCOUNT])).status_code == 404
    assert limited.get(reverse("console:account", args=[GLOBEX])).status_code == 200


def test_another_clients_line_of_a_posting_has_no_name_and_no_balance(limited, house):
    page = _text(limited.get("/ledger/postings/conversion/1/"))
    assert "Account of another client" in page
    assert ACCOUNT not in page
    assert "999,997.00" not in page
    with context.bind(Actor.system("test")):
        between = "client:acme:MXN"
        for code in (between, "client:initech:MXN"):
            open_account(
                code=code, name=code, kind=AccountKind.CLIENT_MONEY, asset_id="MXN", owner=code.rpartition(":")[0], guarded=False
            )
        lines = (Line.debit(between, 5), Line.credit("client:initech:MXN", 5))
        post(Posting(reference="move/1", kind="correction", value_at=clock.now(), lines=lines))
    assert limited.get("/ledger/postings/move/1/").status_code == 404
