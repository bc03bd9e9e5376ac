"""Proposals on a page: what our signer can do is asked for there, the rest is plainly work for people; and what a waiting transfer
says of them."""

import pytest

from approvals.models import ApprovalRequest
from tests.console.office import operator_with, text_of
from tests.transfers.levels import set_levels
from tests.transfers.own_money import COLD, HOT, SETTLEMENT, add_wallets, approve_move, ask, book
from tests.transfers.tame import tame_outside
from tests.transfers.world import FUNDS, UNIT, drive_until
from transfers.models import Transfer

pytestmark = pytest.mark.django_db
PAGE = "/terminal/proposals/"
TO_COLD = f"{HOT}>{COLD}"


@pytest.fixture
def treasury(client, cast, house):
    add_wallets()
    client.force_login(operator_with(cast, "treasury"))
    return client


@pytest.fixture
def too_much(house, treasury):
    set_levels(house, HOT, minimum=100_000 * UNIT, target=300_000 * UNIT, maximum=900_000 * UNIT)


def test_what_our_signer_can_send_is_asked_for(treasury, too_much):
    page = text_of(treasury.get(PAGE))
    for words in ("700,000.00", "to cold-1", "300,000.00", "hot-1 is above its maximum.", "Ask for approval"):
        assert words in page, words
    response = treasury.post(PAGE, {"key": TO_COLD}, follow=True)
    assert "2 other people decide on “Move 700,000.00 USDC from hot-1 to cold-1”" in text_of(response)
    assert "Waits for approval" in text_of(response)
    request = ApprovalRequest.objects.get(action="treasury.rebalance")
    page = text_of(treasury.get(f"/approvals/{request.pk}/"))
    for words in ("Move 700,000.00 USDC from hot-1 to cold-1", "What it does to the balances", "0x" + "4" * 40, "to cold storage"):
        assert words in page, words
    again = treasury.post(PAGE, {"key": TO_COLD})
    assert (again.status_code, ApprovalRequest.objects.filter(action="treasury.rebalance").count()) == (409, 1)


def test_what_people_do_elsewhere_has_no_button(treasury, house):
    book("away", COLD, HOT, FUNDS - UNIT)
    set_levels(house, HOT, minimum=5 * UNIT, target=9 * UNIT)
    page = text_of(treasury.get(PAGE))
    assert "By hand: whoever keeps this wallet&#x27;s key sends it." in page
    assert "Ask for approval" not in page
    assert treasury.post(PAGE, {"key": f"{COLD}>{HOT}"}).status_code == 409
    assert not ApprovalRequest.objects.filter(action="treasury.rebalance").exists()


def test_those_who_may_not_ask_see_them_and_no_button(client, cast, house, too_much):
    client.force_login(cast.maker)
    page = text_of(client.get(PAGE))
    assert "700,000.00" in page
    assert "Ask for approval" not in page
    assert client.post(PAGE, {"key": TO_COLD}).status_code == 403
    assert not ApprovalRequest.objects.filter(action="treasury.rebalance").exists()


def test_a_move_has_a_page_like_any_transfer(client, cast, house, too_much):
    with tame_outside():
        transfer = drive_until(approve_move(house, ask(house, TO_COLD)), "CONFIRMED")
    client.force_login(cast.maker)
    page = text_of(client.get(f"/transfers/{transfer.pk}/"))
    for words in ("The house", "700,000.00", "The tokens are in the other wallet"):
        assert words in page, words
    assert "700,000.00" in text_of(client.get("/transfers/"))


def test_a_transfer_that_waits_for_tokens_shows_what_would_release_it(client, cast, house, treasury):
    """Just in time: 40.00 of 100.00 are there, the rest lies in cold storage."""
    book("away", COLD, HOT, FUNDS - 40 * UNIT)
    set_levels(house, HOT, funding="just_in_time")
    with tame_outside(), pytest.raises(AssertionError, match="wallet_short"):
        drive_until(house.order("100.00"), "FUNDS_LOCKED", passes=3)
    client.force_login(cast.maker)
    page = text_of(client.get(f"/transfers/{Transfer.objects.get().pk}/"))
    assert "It waits for money; this would let it go" in page
    assert "from cold-1 to hot-1" in page
    assert SETTLEMENT not in page


def test_the_house_is_no_client_to_order_for(client, cast, house, too_much):
    with tame_outside():
        approve_move(house, ask(house, TO_COLD))
    client.force_login(cast.maker)
    assert "The house" not in text_of(client.get("/transfers/new/"))
