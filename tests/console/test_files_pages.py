"""Files of orders in the console: refused whole, read before anything is ordered, submitted once, followed, stopped, taken away."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from approvals.commands import create_client
from approvals.models import Client
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.access.commands import grant_role
from ledger.commands import close_account
from tests.console.office import operator_with, text_of
from tests.transfers import world as worlds
from tests.transfers.bulk import payroll
from tests.transfers.bulk.messages import message, payment
from tests.transfers.world import FUNDS, Books, World, available
from transfers.models import BulkOrder, BulkUpload

pytestmark = pytest.mark.django_db
GOOD = "amount,source_currency,client,reference\n10.00,USDC,staff-1,May\n12.50,USDC,staff-2,May\n"
BAD = "amount,source_currency,client\n10.00,USDC,staff-1\nten,USDC,staff-2\n5.00,USDC,nobody\n"


@pytest.fixture
def house(db) -> World:
    with context.bind(Actor.system("test")):
        built = worlds.build()
        payroll.staff(3)
        return built


@pytest.fixture
def maker(client, cast, house):
    client.force_login(cast.maker)
    return client


def _send(browser: Any, text: str = GOOD, **changes: Any) -> Any:
    sent = SimpleUploadedFile("may.csv", text.encode(), content_type="text/csv")
    return browser.post("/files/new/", {"client": "acme", "file": sent, "reference": "May"} | changes)


def _given(house: World, *lines: dict[str, Any]) -> BulkOrder:
    with context.bind(Actor.system("test")):
        return payroll.order(house, list(lines) or [payroll.wage(f"staff-{number}") for number in (1, 2, 3)])


def test_a_bad_file_is_refused_whole_and_every_fault_is_named(maker, house):
    before = Books.now()
    refused = _send(maker, BAD)
    assert refused.status_code == 422
    page = text_of(refused)
    for words in ("2 lines cannot be carried out", "decimal text in major units", "Not on your list of destinations"):
        assert words in page, words
    assert [(one.line, one.field) for one in refused.context["problems"]] == [(3, "amount"), (4, "destination")]
    assert (Books.now(), BulkUpload.objects.count(), BulkOrder.objects.count()) == (before, 0, 0)
    assert AuditEvent.objects.get(type="transfer.refused").metadata["file"] == "may.csv"


@pytest.mark.parametrize(
    ("text", "words"), [("nothing,here\n1,2\n", "must name amount"), ("[1", "not JSON"), ('{"lines": 5}', "array of orders")]
)
def test_what_is_no_file_of_orders_says_why(maker, text, words):
    refused = _send(maker, text)
    assert (refused.status_code, words in text_of(refused)) == (422, True)
    assert BulkUpload.objects.count() == 0


def test_it_is_read_before_anything_is_ordered(maker, house):
    before = Books.now()
    sent = _send(maker)
    upload = BulkUpload.objects.get()
    assert (sent.status_code, sent["Location"]) == (302, reverse("console:file-preview", args=[upload.pk]))
    page = text_of(maker.get(sent["Location"]))
    for words in (
        "Acme Robotics would pay 22.50 USDC in 2 lines",
        "1 approval by people with the role approver",
        "2 of 2 destinations were never paid",
        bytes(upload.sha256).hex(),
        "Submit 2 lines, 22.50 USDC",
    ):
        assert words in page, words
    assert (Books.now(), BulkOrder.objects.count()) == (before, 0)


def test_it_is_submitted_once_and_waits_for_somebody_else(maker, cast, house):
    url = _send(maker)["Location"]
    first, second = maker.post(url), maker.post(url)
    given = BulkOrder.objects.get()
    assert first["Location"] == second["Location"] == reverse("console:file", args=[given.pk])
    assert (given.status, given.client_reference, given.made_by) == ("awaiting_approval", "May", cast.maker.username)
    assert [maker_.person_id for maker_ in given.approval_request.makers.all()] == [cast.maker.person_id]
    assert "Another file" not in text_of(maker.get(first["Location"]))
    again = maker.get(_send(maker)["Location"])
    assert "An earlier file orders exactly the same" in text_of(again)
    assert given.reference in text_of(again)


def test_a_message_that_was_sent_before_leads_to_what_it_made(maker, house):
    sent = message(payment("staff-1", "10.00")).decode()
    maker.post(_send(maker, sent)["Location"])
    given = BulkOrder.objects.get()
    again = _send(maker, sent)
    assert again["Location"] == reverse("console:file", args=[given.pk])
    assert "There is only one" in text_of(maker.get(again["Location"]))
    assert BulkUpload.objects.count() == 1


def test_fees_that_changed_since_the_preview_stop_it(maker, house):
    url = _send(maker)["Location"]
    upload = BulkUpload.objects.get()
    totals = [{**one, "max_fees": "1"} for one in upload.findings["totals"]]
    BulkUpload.objects.bulk_create([_copy(upload, totals)])
    other = BulkUpload.objects.exclude(pk=upload.pk).get()
    refused = maker.post(reverse("console:file-preview", args=[other.pk]))
    assert (refused.status_code, "has changed since it was checked" in text_of(refused)) == (409, True)
    assert (BulkOrder.objects.count(), available()) == (0, FUNDS)
    assert maker.post(url).status_code == 302


def _copy(upload: BulkUpload, totals: list[dict[str, Any]]) -> BulkUpload:
    names = ("client_id", "format", "file_name", "content", "sha256", "uploaded_by", "uploaded_by_type", "uploaded_at")
    return BulkUpload(**{name: getattr(upload, name) for name in names}, findings=upload.findings | {"totals": totals})


def test_without_the_money_it_cannot_be_submitted(maker, house):
    text = "amount,source_currency,client\n" + "".join(f"600000.00,USDC,staff-{number}\n" for number in (1, 2))
    page = text_of(maker.get(_send(maker, text)["Location"]))
    assert "does not cover it" in page
    assert "disabled" in page


def test_nobody_reads_or_submits_what_somebody_else_uploaded(maker, cast, client, house):
    url = _send(maker)["Location"]
    with context.bind(Actor.system("test")):
        grant_role(operator=cast.checker, role="operator")
    client.force_login(cast.checker)
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
    assert BulkOrder.objects.count() == 0


def test_files_of_clients_one_does_not_see_are_not_there(client, cast, house):
    given = _given(house)
    with context.bind(Actor.system("test")):
        create_client(client_id="globex", name="Globex")
        stranger = operator_with(cast, "operator", Client.objects.get(pk="globex"))
    client.force_login(stranger)
    assert given.reference not in text_of(client.get("/files/"))
    for name in ("file", "file-results"):
        assert client.get(reverse(f"console:{name}", args=[given.pk])).status_code == 404
    assert client.post(reverse("console:file-cancel", args=[given.pk]), {"reason": "x"}).status_code == 404
    assert _send(client).status_code == 422


def test_the_list_says_what_who_and_how_far(maker, cast, house):
    given = _given(house)
    page = text_of(maker.get("/files/"))
    for words in ("30.00", "Acme Robotics", "waiting for a person", bytes(given.upload.sha256).hex()[:6]):
        assert words in page, words
    assert "No file matches" in text_of(maker.get("/files/?status=completed"))


def test_it_is_followed_line_by_line(maker, cast, house):
    given = _given(house)
    url = reverse("console:file", args=[given.pk])
    assert "nothing has moved" in text_of(maker.get(url))
    with context.bind(Actor.system("test")):
        payroll.vote(house, given, house.checker)
        close_account(code="client:staff-2:USDC.ethereum", reason="left")
        payroll.carry_out()
    page = text_of(maker.get(url))
    assert "2 of 3 lines are paid, 1 ended without being paid" in page
    failed = maker.get(f"{url}?state=failed")
    assert [row.line.line for row in failed.context["rows"]] == [2]
    assert "the books refused the posting of this line" in text_of(failed)
    paid = maker.get(f"{url}?state=paid&after=1").context["rows"]
    assert [(row.line.line, row.line.transfer_id) for row in paid] == [(3, given.transfers.get(bulk_line=3).pk)]
    fragment = maker.get(f"{url}?mark=old", headers={"HX-Request": "true"})
    assert "Changed since you opened this page" in text_of(fragment)
    assert "<html" not in text_of(fragment)


def test_it_is_stopped_with_a_reason_while_something_waits(maker, cast, house):
    given = _given(house)
    url = reverse("console:file-cancel", args=[given.pk])
    assert maker.post(url, {"reason": ""}).status_code == 422
    given.refresh_from_db()
    assert given.status == "awaiting_approval"
    assert maker.post(url, {"reason": "wrong month"}).status_code == 302
    given.refresh_from_db()
    assert (given.status, given.closing_reason, available()) == ("cancelled", "wrong month", FUNDS)
    page = text_of(maker.get(reverse("console:file", args=[given.pk])))
    assert "wrong month" in page
    assert "nothing left to stop" in page


def test_taking_the_results_is_recorded(maker, house):
    given = _given(house)
    taken = maker.get(reverse("console:file-results", args=[given.pk]))
    assert b"".join(taken.streaming_content).decode().count("\n") == 4
    event = AuditEvent.objects.get(type="console.exported")
    assert (event.resource_id, event.metadata["lines"]) == (str(given.pk), 3)
