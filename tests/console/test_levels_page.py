"""Asking for levels on a page: treasury asks, amounts are checked at their fields, and others decide."""

import pytest

from approvals.models import ApprovalRequest
from tests.console.office import operator_with, text_of
from tests.transfers.levels import set_levels
from tests.transfers.world import FUNDS, UNIT
from transfers.models import LiquidityLevel

pytestmark = pytest.mark.django_db
HOT = "wallet:hot-1:USDC.ethereum"
FORM = f"/terminal/levels/?account={HOT}"
GIVEN = {"funding": "hybrid", "minimum": "500,000.00", "target": "800000", "maximum": "", "reason": "busier days"}


@pytest.fixture
def treasury(client, cast, house):
    client.force_login(operator_with(cast, "treasury"))
    return client


def test_levels_are_asked_for_and_nothing_changes_yet(treasury):
    assert "1,000,000.00" in text_of(treasury.get(FORM))
    response = treasury.post(FORM, GIVEN, follow=True)
    assert "one other person decides" in text_of(response)
    request = ApprovalRequest.objects.get()
    assert (request.action, request.subject_id, request.quorum) == ("treasury.thresholds", HOT, 1)
    assert not LiquidityLevel.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"minimum": "lots"}, "lots"),
        ({"minimum": "-1"}, "Not below zero."),
        ({"target": "1"}, "At least the minimum."),
        ({"maximum": "2"}, "At least the target, or empty."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(treasury, changes, words):
    response = treasury.post(FORM, GIVEN | changes)
    assert response.status_code == 422
    assert words in text_of(response)
    assert not ApprovalRequest.objects.exists()


def test_a_second_request_hears_of_the_first(treasury):
    treasury.post(FORM, GIVEN)
    assert "that request waits for approval" in text_of(treasury.post(FORM, GIVEN | {"target": "900000"}))
    assert ApprovalRequest.objects.count() == 1


def test_a_place_that_is_none_is_not_found(treasury):
    assert treasury.get("/terminal/levels/?account=client:acme:USDC.ethereum").status_code == 404


def test_the_terminal_draws_the_levels_and_leads_to_the_form(treasury, house):
    set_levels(house, HOT, minimum=FUNDS + UNIT, target=2 * FUNDS, maximum=3 * FUNDS, funding="hybrid")
    page = text_of(treasury.get("/terminal/"))
    for words in ("below minimum", "1,000,001.00", "3,000,000.00", ", hybrid", "expected", "Ask for levels"):
        assert words in page, words


def test_those_who_may_not_ask_see_no_link(client, cast, house):
    client.force_login(cast.maker)
    assert "Ask for levels" not in text_of(client.get("/terminal/"))
