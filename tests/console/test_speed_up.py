"""Speeding a payment up from its page: exact amounts before and after, and no more is spent than was shown."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from audit.models import AuditEvent
from tests.console.office import operator_with, text_of
from tests.transfers import world as worlds
from tests.transfers.tame import tame_outside
from transfers.commands import dear_speed_up
from transfers.models import Transfer, WalletReservation

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent() -> Iterator[Transfer]:
    """Waiting for a block: 120,000,000,000,000 wei are reserved, and its bid costs half of that."""
    with tame_outside(), context.bind(Actor.system("test")):
        yield worlds.drive_until(worlds.build().order(), "SENT_ON_CHAIN")


def _press(browser: Any, transfer: Transfer, *, follow: bool = False, **fields: str) -> Any:
    url = reverse("console:transfer-speed-up", args=[transfer.pk, "speed_up"])
    return browser.post(url, {"reason": "the client waits", "gas": "0.00024", **fields}, follow=follow)


def _reserved(transfer: Transfer) -> int:
    return int(WalletReservation.objects.get(leg__transfer=transfer).gas_amount)


def _hurried() -> int:
    return AuditEvent.objects.filter(type="transfer.hurried").count()


def test_the_page_shows_the_gas_before_and_after(client: Any, cast: Any, sent: Transfer) -> None:
    client.force_login(cast.maker)
    response = client.get(reverse("console:transfer", args=[sent.pk]))
    gas = response.context["gas"]
    assert (gas.bid, gas.reserved, gas.after, gas.alone, gas.most) == tuple(n * 10**12 for n in (60, 120, 240, 240, 600))
    page = text_of(response)
    for words in ("Reserved for gas now", "0.00012", "You may raise it alone to", "0.00024", "With an approver to", "0.0006"):
        assert words in page
    assert 'value="0.00024"' in response.content.decode()


def test_pressed_twice_it_spends_no_more_than_the_page_showed(client: Any, cast: Any, sent: Transfer) -> None:
    client.force_login(cast.maker)
    for _ in range(2):
        assert _press(client, sent).status_code == 302
    assert _reserved(sent) == 240 * 10**12


def test_what_is_dear_waits_for_an_approver_who_reads_the_exact_amounts(client: Any, cast: Any, sent: Transfer) -> None:
    client.force_login(cast.maker)
    assert "Nothing is bid before an approver" in text_of(_press(client, sent, gas="0.0005", follow=True))
    assert (_reserved(sent), _hurried()) == (120 * 10**12, 0)
    request = ApprovalRequest.objects.get(action=dear_speed_up.ACTION)
    assert "Somebody has asked already, and an approver decides." in text_of(client.get(f"/transfers/{sent.pk}/"))
    assert _press(client, sent, gas="0.0005").status_code == 409
    client.force_login(cast.checker)
    page = text_of(client.get(reverse("console:approval", args=[request.pk])))
    for words in ("Reserved for gas when asked", "0.00012 ETH", "Gas, at most, once approved", "0.0005 ETH", "0.00038 ETH"):
        assert words in page


@pytest.mark.parametrize(("gas", "status"), [("0.000601", 409), ("much", 422), ("", 422), ("0.0001", 422)])
def test_more_than_anybody_may_spend_or_no_amount_changes_nothing(
    client: Any, cast: Any, sent: Transfer, gas: str, status: int
) -> None:
    client.force_login(cast.maker)
    assert _press(client, sent, gas=gas).status_code == status
    assert (_reserved(sent), _hurried()) == (120 * 10**12, 0)
    assert not ApprovalRequest.objects.filter(action=dear_speed_up.ACTION).exists()


def test_without_a_reason_or_the_permission_nothing_happens(client: Any, cast: Any, sent: Transfer) -> None:
    client.force_login(cast.maker)
    assert _press(client, sent, reason=" ").status_code == 422
    client.force_login(operator_with(cast, "viewer"))
    assert _press(client, sent).status_code == 403
    assert (_reserved(sent), _hurried()) == (120 * 10**12, 0)


def test_in_a_block_the_page_says_why_not(client: Any, cast: Any, sent: Transfer) -> None:
    client.force_login(cast.maker)
    with context.bind(Actor.system("test")):
        worlds.drive_until(sent, "CONFIRMED")
    response = client.get(reverse("console:transfer", args=[sent.pk]))
    assert response.context["gas"] is None
    assert "Only what waits for a place on the blockchain can be sped up." in text_of(response)
