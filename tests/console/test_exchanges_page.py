"""What went over the wire, on the transfer's page and its own; each reading is on record."""

from uuid import UUID, uuid4

import pytest

from approvals.commands import create_client
from approvals.models import Client
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from tests.console.office import operator_with
from transfers.commands import calls, exchanges
from transfers.models import ProviderExchange, Transfer
from transfers.rails.base import Exchange, Written

pytestmark = pytest.mark.django_db


def put_on_record(transfer: Transfer) -> ProviderExchange:
    """One exchange of a call, and one question that belongs to none."""
    with context.bind(Actor.system("test")), exchanges.about(transfer.pk):
        calls.begin(key="L1/pay", transfer=transfer, leg=None, provider="bank", operation="pay", request={})
        with exchanges.under("L1/pay"):
            exchanges.keep(wire("bank", "POST /payments", "<b>said</b> " + "0123456789abcdef" * 20 + " cut o"))
        exchanges.keep(wire("node", "eth_feeHistory", "{}"))
    return ProviderExchange.objects.get(provider="bank")


def wire(provider: str, operation: str, response: str) -> Exchange:
    return Exchange(provider, "", 200, 12, lambda: Written(operation, f"{operation}\n\nasked", response, (b"", response.encode())))


def test_the_page_shows_it_under_its_call_and_a_page_of_its_own_shows_the_words(checker, transfer):
    kept = put_on_record(transfer)
    page = checker.get(f"/transfers/{transfer.pk}/").content.decode()
    path = f"/transfers/{transfer.pk}/wire/{kept.pk}/"
    assert page.index(path) < page.index("Other questions") < page.index("eth_feeHistory")
    assert "cut o" not in page
    assert not AuditEvent.objects.filter(type="console.exchange_read").exists()
    shown = checker.get(path)
    assert "&lt;b&gt;said&lt;/b&gt; 0123" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    told = AuditEvent.objects.get(type="console.exchange_read")
    assert (told.resource_id, told.actor_id, told.metadata["provider"]) == (str(kept.pk), "checker", "bank")


def test_of_other_peoples_clients_nothing_is_read(client, cast, transfer):
    kept = put_on_record(transfer)
    with context.bind(Actor.system("test")):
        create_client(client_id="globex", name="Globex")
    client.force_login(operator_with(cast, "viewer", Client.objects.get(pk="globex")))
    assert client.get(f"/transfers/{transfer.pk}/wire/{kept.pk}/").status_code == 404
    assert not AuditEvent.objects.filter(type="console.exchange_read").exists()


@pytest.mark.parametrize("which", ["none", "of another"])
def test_what_is_not_this_transfers_is_not_found(checker, transfer, house, cast, which):
    kept = put_on_record(transfer)
    other = house.order("10.00", makers=(cast.maker.person_id,))
    wanted: UUID = uuid4() if which == "none" else kept.pk
    asked = transfer if which == "none" else other
    assert checker.get(f"/transfers/{asked.pk}/wire/{wanted}/").status_code == 404
    assert not AuditEvent.objects.filter(type="console.exchange_read").exists()


def test_what_was_said_for_no_transfer_stands_on_the_providers_page(checker, client, cast, house):
    with context.bind(Actor.system("test")):
        exchanges.keep(wire("bank", "GET /statements/1", "<b>closing</b>"))
        exchanges.keep(wire("rates", "GET /rates", "{}"))
    kept = ProviderExchange.objects.get(provider="bank")
    path = f"/providers/wire/{kept.pk}/"
    page = checker.get("/providers/bank/").content.decode()
    assert "Said for no transfer" in page
    assert path in page
    assert "closing" not in page
    shown = checker.get(path)
    assert "&lt;b&gt;closing" in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert AuditEvent.objects.get(type="console.exchange_read").resource_id == str(kept.pk)
    assert "GET /rates" in checker.get("/providers/rates/").content.decode()


def test_who_does_not_see_every_client_does_not_see_what_names_them(client, cast, transfer):
    with context.bind(Actor.system("test")):
        create_client(client_id="globex", name="Globex")
        exchanges.keep(wire("bank", "GET /statements/1", "names"))
    about = ProviderExchange.objects.get()
    client.force_login(operator_with(cast, "viewer", Client.objects.get(pk="globex")))
    assert "Said for no transfer" not in client.get("/providers/bank/").content.decode()
    assert client.get(f"/providers/wire/{about.pk}/").status_code == 404
    assert not AuditEvent.objects.filter(type="console.exchange_read").exists()


def test_what_is_about_a_transfer_is_not_read_past_its_page(checker, transfer):
    kept = put_on_record(transfer)
    assert checker.get(f"/providers/wire/{kept.pk}/").status_code == 404
