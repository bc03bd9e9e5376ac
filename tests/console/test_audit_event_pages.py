"""One event with everything it says, and the timelines of a thing and of an actor."""

from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from audit import context, vocabulary
from audit.commands import record
from audit.context import Actor, ActorType
from audit.models import AuditEvent
from tests.console.office import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client, cast):
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def happened():
    """Five events of one conversation; the third changed something, the last was refused."""
    vocabulary.register("test.happened", "test.changed", "test.refused")
    actor = Actor(ActorType.API_CLIENT, "csk_live_7", on_behalf_of="acme")
    with context.bind(actor, correlation_id="c-77", request_id="r-1"):
        for number in (1, 2):
            with transaction.atomic():
                record(type="test.happened", resource_type="thing", resource_id=f"t/{number}")
        with transaction.atomic():
            changed = record(
                type="test.changed",
                resource_type="thing",
                resource_id="t/1",
                reason="because",
                diff={"status": ["open", None], "limit_amount": ["5", "6"], "note": "<i>seen</i>"},
                metadata={"fee": "4.20", "lines": [{"account": "x"}], "nothing": ""},
                transaction_id=uuid4(),
                status_text="We are looking into it.",
            )
        for outcome in ("failed", "refused"):
            with transaction.atomic():
                record(type="test.refused", resource_type="thing", resource_id="t/2", outcome=outcome, reason="not theirs")
    return changed


def test_every_field_is_on_the_page(auditor, happened):
    event = AuditEvent.objects.get(id=happened)
    page = text_of(auditor.get(reverse("console:audit-event", args=[happened])))
    for words in (
        "Changed: thing t/1",
        "test.changed",
        "because",
        "csk_live_7",
        "api client",
        "acme",
        "“We are looking into it.”",
        "c-77",
        "r-1",
        "4.20",
        str(event.transaction_id),
        str(event.txid),
        event.db_user,
        str(happened),
    ):
        assert words in page, words


def test_a_diff_is_a_table_of_before_and_after_and_only_text(auditor, happened):
    page = text_of(auditor.get(reverse("console:audit-event", args=[happened])))
    assert '<th scope="row">limit amount</th> <td data-label="Before"><del class="diff-old">5</del></td>' in page
    assert '<td data-label="After"><ins class="diff-new">6</ins></td>' in page
    assert '<del class="diff-old">open</del></td> <td data-label="After"><span class="muted">nothing</span>' in page
    assert "&lt;i&gt;seen&lt;/i&gt;" in page
    assert "<i>" not in page


def test_the_conversation_stands_around_it_in_order(auditor, happened):
    response = auditor.get(reverse("console:audit-event", args=[happened]))
    around = [(row.title, row.event.resource_id) for row in response.context["story"].around]
    assert around == [("Happened", "t/1"), ("Happened", "t/2"), ("Changed", "t/1"), ("Refused", "t/2"), ("Refused", "t/2")]
    assert text_of(response).count('aria-current="true"') == 1


def test_looking_at_one_event_is_recorded(auditor, happened):
    auditor.get(reverse("console:audit-event", args=[happened]))
    read = AuditEvent.objects.get(type="audit.trail_read")
    assert (read.actor_id, read.resource_type, read.resource_id) == ("auditor", "audit_trail", str(happened))


def test_an_event_that_is_not_there_is_not_found_and_nothing_is_recorded(auditor):
    assert auditor.get(reverse("console:audit-event", args=[uuid4()])).status_code == 404
    assert not AuditEvent.objects.filter(type="audit.trail_read").exists()


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/audit/resource/thing/t/1/", ["Changed", "Happened"]),
        ("/audit/resource/thing/t/2/", ["Refused", "Refused", "Happened"]),
        ("/audit/actor/csk_live_7/", ["Refused", "Refused", "Changed", "Happened", "Happened"]),
        ("/audit/resource/thing/none/", []),
        ("/audit/actor/nobody/", []),
    ],
)
def test_timelines_tell_everything_newest_first(auditor, happened, path, titles):
    response = auditor.get(path)
    assert [item.title for item in response.context["items"]] == titles
    assert ("Nothing was recorded" in response.content.decode()) is (not titles)


def test_a_timeline_says_what_changed_and_what_was_refused(auditor, happened):
    page = text_of(auditor.get("/audit/resource/thing/t/1/"))
    assert "limit amount: 5 → 6; note: &lt;i&gt;seen&lt;/i&gt;; status: open → nothing" in page
    page = text_of(auditor.get("/audit/actor/csk_live_7/"))
    assert "Everything csk_live_7 did" in page
    assert '<span class="badge badge-danger">refused</span>' in page
    assert "thing t/2" in page


def test_a_long_timeline_goes_on_by_keyset(auditor, as_system):
    vocabulary.register("test.happened")
    for number in range(55):
        with transaction.atomic():
            record(type="test.happened", resource_type="thing", resource_id="one", reason=str(number))
    first = auditor.get("/audit/resource/thing/one/")
    second = auditor.get("/audit/resource/thing/one/" + first.context["paging"].next_url)
    notes = [item.note for item in [*first.context["items"], *second.context["items"]]]
    assert notes == [str(number) for number in reversed(range(55))]
    assert len(auditor.get("/audit/resource/thing/one/?after=x").context["items"]) == 50


def test_a_name_that_no_row_can_have_is_not_found(auditor):
    for path in ("/audit/resource/thing/a%00b/", "/audit/actor/a%00b/", "/audit/resource/a%00b/c/"):
        assert auditor.get(path).status_code == 404, path


def test_what_an_event_is_about_has_its_link(auditor, as_system, transfer):
    with transaction.atomic():
        pages = {
            record(type="ledger.posted", resource_type="transfer", resource_id=str(transfer.pk)): f"/transfers/{transfer.pk}/",
            record(type="ledger.account_opened", resource_type="account", resource_id="a:b/c"): "/ledger/accounts/a:b/c/",
            record(
                type="ledger.posted", resource_type="ledger_transaction", resource_id=str(uuid4()), metadata={"reference": "r/1"}
            ): "/ledger/postings/r/1/",
            record(type="ledger.posted", resource_type="transfer", resource_id="not an id"): "",
        }
    for event_id, where in pages.items():
        response = auditor.get(reverse("console:audit-event", args=[event_id]))
        assert response.context["story"].row.page.replace("%3A", ":") == where


@pytest.mark.parametrize("path", ["/audit/events/{id}/", "/audit/resource/thing/t/1/", "/audit/actor/x/", "/audit/export/"])
def test_who_may_not_read_the_trail_is_refused_and_the_attempt_recorded(client, cast, happened, path):
    client.force_login(cast.checker)
    assert client.get(path.format(id=happened)).status_code == 403
    refused = AuditEvent.objects.get(type="access.refused")
    assert refused.actor_id == "checker"
    assert not AuditEvent.objects.filter(type="audit.trail_read").exists()
