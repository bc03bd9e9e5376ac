"""Deposit addresses on a page: what is there by books and chain, what is due and why not yet; and asking for a sweep."""

import pytest

from audit import context
from audit.context import Actor
from backoffice.access.commands import see_all_clients
from backoffice.alerts.rules.sweeps import FailedSweeps
from reconciliation.models import BalanceReading
from tests.console.office import operator_with, text_of
from tests.transfers.sweeps import ROOM, SWEPT, paid_in, proved, swept, there
from tests.transfers.tame import tame_outside
from tests.transfers.world import UNIT, drive_until
from transfers.models import Transfer
from transfers.states import Route

pytestmark = pytest.mark.django_db
PAGE = "/terminal/deposit-addresses/"


@pytest.fixture
def treasury(client, cast, house, settings):
    settings.DEPOSIT_SWEEPS = SWEPT
    operator = operator_with(cast, "treasury")
    with context.bind(Actor.system("test")):
        see_all_clients(operator=operator)
    client.force_login(operator)
    return client


def _now_page():
    one = there()
    return f"{PAGE}{one.address_id}/{one.asset_id}/"


def _sweeps():
    return Transfer.objects.filter(route=Route.DEPOSIT_SWEEP)


def test_an_address_stands_there_with_books_chain_and_what_is_next(treasury):
    proved(250 * UNIT)
    BalanceReading.objects.create(
        account_code=ROOM,
        asset_id="USDC.ethereum",
        kind="chain",
        source="node",
        amount=250 * UNIT,
        block_number=7,
        block_hash="0x" + "07" * 32,
        as_of="2026-01-02T00:00:00Z",
        read_at="2026-01-02T00:00:00Z",
        raw={there().address: str(250 * UNIT)},
    )
    page = text_of(treasury.get(PAGE))
    for words in ("Acme Robotics", "250.00", "at block 7", "Due: it begins within a minute.", "Sweep now", "never", "100.00"):
        assert words in page, words


def test_what_waits_says_why_and_what_is_under_way_links_to_its_transfer(treasury):
    paid_in(250 * UNIT)
    assert "250.00 USDC of it waits for our own chain index to prove it." in text_of(treasury.get(PAGE))
    proved(300 * UNIT, tx="b")
    transfer = swept()
    page = text_of(treasury.get(PAGE))
    assert f"Transfer {transfer.reference} is moving it." in page
    assert f"/transfers/{transfer.pk}/" in page
    assert "Sweep now" not in page
    page = text_of(treasury.get(f"/transfers/{transfer.pk}/"))
    for words in (
        "Accepted, waiting for gas in the hot wallet",
        "deposit address of Acme Robotics",
        "paid out from the hot wallet",
    ):
        assert words in page, words


def test_it_is_asked_for_with_a_reason_and_begun_at_once(treasury):
    proved(2 * UNIT)
    assert "100.00 USDC is the least that is worth sweeping." in text_of(treasury.get(_now_page()))
    response = treasury.post(_now_page(), {"reason": "The client leaves us."}, follow=True)
    assert f"Begun: transfer {_sweeps().get().reference}" in text_of(response)
    again = treasury.post(_now_page(), {"reason": "once more"})
    assert (again.status_code, _sweeps().count()) == (422, 1)
    assert "is moving it already" in text_of(again)


def test_without_a_reason_nothing_begins(treasury):
    proved(250 * UNIT)
    refused = treasury.post(_now_page(), {"reason": ""})
    assert (refused.status_code, _sweeps().count()) == (422, 0)
    assert "Say why it is swept now." in text_of(refused)


def test_others_see_it_and_may_not_ask(client, cast, house, settings):
    settings.DEPOSIT_SWEEPS = SWEPT
    proved(250 * UNIT)
    client.force_login(cast.maker)
    assert "Sweep now" not in text_of(client.get(PAGE))
    assert (client.post(_now_page(), {"reason": "x"}).status_code, _sweeps().count()) == (403, 0)


def test_nobody_sees_addresses_of_clients_that_are_not_theirs(client, cast, house):
    proved(250 * UNIT)
    client.force_login(operator_with(cast, "treasury"))
    assert "Acme Robotics" not in text_of(client.get(PAGE))
    assert client.get(_now_page()).status_code == 404


def test_where_nothing_is_swept_the_page_says_so(treasury, settings):
    settings.DEPOSIT_SWEEPS = {}
    proved(250 * UNIT)
    assert "Nothing is swept by itself" in text_of(treasury.get(PAGE))


def test_an_alert_opens_while_a_sweep_that_failed_was_not_repeated(treasury):
    proved(250 * UNIT)
    with tame_outside() as outside:
        assert FailedSweeps().find() == []
        outside.reverts = True
        failed = drive_until(swept(), "FAILED")
        (found,) = FailedSweeps().find() or []
        assert found.title == "250.00 USDC on 1 deposit address could not be brought to the hot wallet"
        assert f"{failed.reference} ended as failed (reverted_on_chain)" in found.detail
        outside.reverts = False
        treasury.post(_now_page(), {"reason": "The token moves again."})
        drive_until(_sweeps().latest("created_at"), "CONFIRMED")
    assert FailedSweeps().find() == []
