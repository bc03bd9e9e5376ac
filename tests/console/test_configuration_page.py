"""The history of configuration: each version with what changed, who, why, and in which conversation; within one's clients."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.commands import add_destination, block_destination, create_client, set_client_status, set_limit
from approvals.commands.limits import remove_limit
from approvals.models import Client, Limit, PolicyRule
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.console.audit.kinds import kinds
from tests.console.office import operator_with, text_of
from tests.transfers.world import MXN, USDC

pytestmark = pytest.mark.django_db
HISTORY = "/audit/configuration/"


@pytest.fixture
def auditor(client, cast, books):
    client.force_login(cast.auditor)
    return client


def _acting(name="root", conversation="c-1"):
    return context.bind(Actor.system(name), correlation_id=conversation)


def _lines(response):
    return [(line.kind, line.verb.text) for line in response.context["lines"]]


def test_a_change_shows_the_old_and_the_new_who_why_and_when_else(auditor):
    with _acting("ada", "c-42"):
        set_client_status(client_id="acme", status="suspended", reason="papers overdue")
    response = auditor.get(HISTORY)
    line = response.context["lines"][0]
    assert (line.kind, line.name, line.verb.text, line.by, line.why) == (
        "Client",
        "Acme Robotics",
        "changed",
        "ada",
        "papers overdue",
    )
    assert [(change.field, change.before, change.after) for change in line.changes] == [("status", "active", "suspended")]
    page = text_of(response)
    assert '<del class="diff-old">active</del>' in page
    assert '<ins class="diff-new">suspended</ins>' in page
    assert "/audit/?correlation_id=c-42" in page
    assert reverse("console:audit-actor", args=["ada"]) in page


def test_amounts_are_written_with_their_asset(auditor):
    with _acting():
        set_limit(asset_id=USDC, window="day", amount=250_000_000_000, client_id="acme")
    (change,) = auditor.get(HISTORY).context["lines"][0].changes
    assert (change.field, change.before, change.after) == ("amount", "1,000,000.00 USDC", "250,000.00 USDC")
    rule = PolicyRule.objects.get(code="small")
    page = text_of(auditor.get(f"{HISTORY}policyrule/{rule.pk}/"))
    assert "criteria, amount below</span> 1,000.00 USDC" in page
    assert "policy set 1 was published" in page


def test_the_history_of_one_row_is_complete_and_only_its_own(auditor):
    limit = Limit.objects.get(client_id="acme")
    with _acting():
        set_limit(asset_id=USDC, window="day", amount=5, client_id="acme")
        set_limit(asset_id=MXN, window="day", amount=7)
        remove_limit(limit_id=limit.pk, reason="replaced")
    response = auditor.get(f"{HISTORY}limit/{limit.pk}/")
    assert [line.verb.text for line in response.context["lines"]] == ["changed", "changed", "added"]
    assert response.context["lines"][0].why == "replaced"
    assert "USDC.ethereum per UTC day, acme" in text_of(response)


@pytest.mark.parametrize(
    "path",
    ["limit/00000000-0000-7000-8000-000000000000/", "limit/x/", "client/none/", "policyset/1/", "auditevent/1/", "client/a%00b/"],
)
def test_what_has_no_history_is_not_found(auditor, path):
    assert auditor.get(HISTORY + path).status_code == 404


@pytest.mark.parametrize(
    ("filters", "kind"),
    [({"kind": "corridor"}, "Corridor"), ({"kind": "destination"}, "Destination"), ({"by": "test", "kind": "limit"}, "Limit")],
)
def test_filters_narrow(auditor, filters, kind):
    found = _lines(auditor.get(HISTORY, filters))
    assert found
    assert {line for line, _ in found} == {kind}


@pytest.mark.parametrize("filters", [{"by": "nobody"}, {"since": "2999-01-01"}, {"until": "2020-01-01"}, {"kind": "nothing"}])
def test_a_filter_that_fits_nothing_says_so(auditor, filters):
    response = auditor.get(HISTORY, filters)
    assert response.context["lines"] == []
    assert "No version matches" in response.content.decode() or "cannot be read" in response.content.decode()


def test_pages_join_across_kinds_without_gap_or_repetition(auditor, monkeypatch):
    whole = [(line.key, line.at) for line in auditor.get(HISTORY).context["lines"]]
    monkeypatch.setattr("backoffice.console.views.configuration._PAGE", 4)
    joined, where = [], HISTORY
    while where:
        response = auditor.get(where)
        joined += [(line.key, line.at) for line in response.context["lines"]]
        following = response.context["paging"].next_url
        where = following and HISTORY + following
    assert joined == whole
    assert len(whole) > 8
    assert len(auditor.get(HISTORY, {"after": "broken"}).context["lines"]) == 4


def test_rows_of_clients_one_does_not_see_are_not_there(client, cast, books):
    with _acting():
        bank = {"type": "bank_account", "clabe": "002010077777777771", "name": "Globex", "country": "MX"}
        added = add_destination(client_id="globex", kind="bank_account", details=bank, label="", cooling_off=timedelta(0))
        block_destination(destination_id=added.pk, reason="closed")
    client.force_login(operator_with(cast, "compliance", Client.objects.get(pk="globex")))
    response = client.get(HISTORY)
    names = " ".join(line.name for line in response.context["lines"])
    assert "globex" in names
    assert "acme" not in names.lower()
    assert client.get(f"{HISTORY}client/globex/").status_code == 200
    assert client.get(f"{HISTORY}client/acme/").status_code == 404
    assert client.get(f"{HISTORY}limit/{Limit.objects.get(client_id='acme').pk}/").status_code == 404
    assert client.get(HISTORY + "corridor/US-MX/").status_code == 200


def test_it_costs_the_same_however_many_versions(auditor):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            auditor.get(HISTORY)
        return len(queries)

    before = cost()
    with _acting():
        for number in range(30):
            create_client(client_id=f"client-{number}", name=f"Client {number}")
            set_client_status(client_id=f"client-{number}", status="closed", reason="gone")
    assert cost() <= before + 1
    assert before < 45


def test_reading_it_is_recorded(auditor):
    auditor.get(HISTORY, {"kind": "corridor"})
    read = AuditEvent.objects.get(type="audit.trail_read")
    assert (read.resource_id, read.metadata) == ("configuration", {"filters": {"kind": "corridor"}})


def test_every_model_that_keeps_versions_is_a_kind():
    assert {"client", "corridor", "destination", "limit", "policyrule"} <= set(kinds())


def test_only_who_reads_the_trail_reads_it(client, cast, books):
    client.force_login(cast.checker)
    assert client.get(HISTORY).status_code == 403
    assert client.get(f"{HISTORY}client/acme/").status_code == 403
