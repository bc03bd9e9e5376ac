"""A file of orders before its approvers: in the queue, on its page from the stored bytes, and decided there."""

import pytest

from audit import clock, context
from audit.context import Actor
from tests.console.office import text_of
from tests.transfers import world as worlds
from tests.transfers.bulk import payroll
from transfers.models import BulkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(db) -> BulkOrder:
    with context.bind(Actor.system("test")):
        house = worlds.build()
        return payroll.order(house, [payroll.wage(name, reference="May") for name in payroll.staff(2)])


def test_it_waits_in_the_queue_and_its_page_says_what_is_signed(client, cast, given):
    client.force_login(cast.checker)
    url = f"/approvals/{given.approval_request_id}/"
    assert url in text_of(client.get("/approvals/"))
    page = text_of(client.get(url))
    for words in (
        "Acme Robotics pays 20.00 USDC in 2 lines",
        bytes(given.upload.sha256).hex(),
        "20.00 USDC in 2 lines, fees at most 0.50",
        "10.00 USDC to staff-1",
        "2 destinations",
    ):
        assert words in page, words


def test_it_is_approved_there(client, cast, given):
    client.force_login(cast.checker)
    request = given.approval_request
    page = client.get(f"/approvals/{request.pk}/")
    ballot = {
        "decision": "approve",
        "digest": bytes(request.digest).hex(),
        "revision": request.revision,
        "opened_at": clock.now().isoformat(),
        "confirm": page.context["phrase"],
    }
    assert client.post(f"/approvals/{request.pk}/decide/", ballot).status_code == 302
    given.refresh_from_db()
    assert given.status == "in_progress"
