"""Providers, corridors and reference rates on the console."""

from decimal import Decimal

import pytest

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from transfers import driver
from transfers.commands.providers import add_provider, set_terms, switch_provider, take_out
from transfers.health import gate
from transfers.models import ProviderState, RateSource
from transfers.rails.base import RetryableError

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    with context.bind(Actor.system("test")), tame_outside():
        yield worlds.build()


def page_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_a_good_day_says_so_and_every_provider_is_there(client, cast, house):
    client.force_login(cast.maker)
    page = page_of(client, "/providers/")
    for words in ("Every provider is in use", "Liquidity desk", "Network node", "Signer", "US-MX", "Priced by Liquidity desk."):
        assert words in page, words
    assert "walled off</span>" not in page


def test_one_that_failed_comes_first_with_its_error_and_walls_off_what_needs_it(client, cast, house):
    for _ in range(5):
        gate.report("bank", RetryableError("connection refused by their gateway"), 40)
    client.force_login(cast.maker)

    page = page_of(client, "/providers/")

    for words in ("1 provider out of use", "out of use", "5 of 5 failed, 40 ms on average", "Waits for Bank."):
        assert words in page, words
    assert page.index("connection refused by their gateway") < page.index("Liquidity desk")
    assert "Waits for" not in page.split("US-ETH")[1].split("</tr>")[0]
    one = page_of(client, "/providers/bank/")
    assert "Tried again" in one
    assert "An approver or treasury puts it back" not in one


def test_a_quota_and_terms_are_shown_as_they_stand(client, cast, house):
    add_provider(code="slim", name="Slim Desk", kind="desk", calls_per_minute=60, calls_at_once=4)
    set_terms(provider="slim", corridor="US-MX", min_amount=500 * worlds.UNIT)
    gate.admit("slim")
    client.force_login(cast.maker)
    assert "1 of 4 used now; 60 a minute come back" in page_of(client, "/providers/")
    assert "500.00" in page_of(client, "/providers/slim/")


def test_what_it_said_lately_stands_on_its_page(client, cast, house):
    transfer = house.off_ramp("100.00")
    client.force_login(cast.maker)
    page = page_of(client, "/providers/desk/")
    for words in ("chosen", "17", "-396 bps", "US-MX"):
        assert words in page, words
    assert str(transfer.id) not in page, "the indicative price was asked before there was a transfer"


def test_whoever_may_takes_one_out_with_a_reason_and_another_puts_it_back(client, cast, house):
    client.force_login(cast.maker)
    refused = client.post("/providers/desk/take-out/", {"reason": " "})
    assert refused.status_code == 422
    assert not ProviderState.objects.exists()

    client.post("/providers/desk/take-out/", {"reason": "their rates are wrong"})
    assert "By maker: their rates are wrong" in page_of(client, "/providers/desk/")
    assert "No desk is left that could price it." in page_of(client, "/providers/")

    client.force_login(cast.checker)
    client.post("/providers/desk/put-back/", {"reason": "they have corrected them"})
    assert "Every provider is in use" in page_of(client, "/providers/")
    told = AuditEvent.objects.filter(resource_type="provider", resource_id="desk", type__startswith="provider.breaker")
    assert [(event.actor_id, event.reason) for event in told.order_by("recorded_at")] == [
        ("maker", "their rates are wrong"),
        ("checker", "they have corrected them"),
    ]


def test_who_only_reads_changes_nothing(client, cast, house):
    client.force_login(cast.auditor)
    assert "Your roles do not let you take it out" in page_of(client, "/providers/desk/")
    for verb in ("take-out", "put-back"):
        assert client.post(f"/providers/desk/{verb}/", {"reason": "x"}).status_code == 403
    assert not ProviderState.objects.exists()
    assert client.get("/providers/nobody/").status_code == 404


def test_the_navigation_counts_who_is_out(client, cast, house):
    take_out(code="desk", reason="x")
    client.force_login(cast.maker)
    assert 'href="/providers/"' in page_of(client, "/")


def test_rates_say_what_they_are_made_of_and_when_they_are_too_old(client, cast, house):
    client.force_login(cast.maker)
    page = page_of(client, "/providers/rates/")
    for words in ("Every rate we need is fresh", "USDC to MXN", "17.700000", "Test: USDC/MXN bid 17.70", "500 bps"):
        assert words in page, words

    RateSource.objects.filter(pk="test").update(max_age_s=1)
    page = page_of(client, "/providers/rates/")
    for words in ("1 rate missing or too old", "too old", "which is too long ago"):
        assert words in page, words
    assert Decimal("17.70") > 0


def test_a_desk_by_phone_lists_who_waits_and_takes_an_entry_for_a_second_person(client, cast, house):
    add_provider(code="otc", name="OTC Desk", kind="manual")
    set_terms(provider="otc", corridor="US-MX")
    switch_provider(code="desk", enabled=False, reason="by phone only")
    transfer = house.off_ramp("900.00")
    driver.advance_one(transfer.id)
    client.force_login(cast.maker)
    assert "Enter its quote" in page_of(client, "/providers/otc/")

    form = f"/providers/otc/enter/{transfer.id}/quote/"
    assert "We get" in page_of(client, form)
    wrong = {"rate": "17.60", "target_amount": "99.00", "minutes": "10", "evidence": "recording 4711"}
    refused = client.post(form, wrong)
    assert refused.status_code == 422
    assert "is not what its rate and fees lead to" in refused.content.decode()

    assert client.post(form, wrong | {"target_amount": "15840.00"}).status_code == 302
    assert "waits for a second person" in page_of(client, "/providers/otc/")
    request = ApprovalRequest.objects.get(action="provider.manual_entry")
    client.force_login(cast.checker)
    page = page_of(client, f"/approvals/{request.id}/")
    for words in ("OTC Desk, quote by phone", "15840.00 MXN", "recording 4711"):
        assert words in page, words
