"""Presses that make, move, stop and refund transfers, sent again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from tests.console.repeats.presses import Windows, repeats, windows
from tests.reconciliation import outside
from tests.transfers import uncertain
from tests.transfers import world as worlds
from tests.transfers.bulk import payroll
from tests.transfers.cards import card_provider
from tests.transfers.sweeps import SWEPT, proved, there
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.test_card_deposits import charged, settled
from tests.transfers.test_send_back import vote
from tests.transfers.within import exchange
from tests.transfers.world import UNIT, World, drive_until
from transfers.models import BankAccount, BulkOrder, BulkUpload, Transfer

pytestmark = pytest.mark.django_db
EVIDENCE = "Nordbank's operations desk confirmed by phone to Ana at 14:05 that the order is final."
CSV = "amount,source_currency,client,reference\n10.00,USDC,staff-1,May\n12.50,USDC,staff-2,May\n"


@pytest.fixture
def tame() -> Iterator[Tame]:
    with context.bind(Actor.system("test")), tame_outside() as outside_world:
        yield outside_world


@pytest.fixture
def house(tame: Tame) -> World:
    return worlds.build()


def _of(transfer: Transfer, view: str, *more: str) -> str:
    return reverse(f"console:transfer-{view}", args=[transfer.pk, *more])


def _token(browser: Any, url: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', browser.get(url).content.decode())
    assert found is not None
    return found.group(1)


@repeats("transfer-new")
def test_a_withdrawal(cast: Any, house: World) -> None:
    given = {"client": "acme", "token": str(uuid4()), "destination": str(house.destination.pk), "amount": "5,000.00"}
    Windows(cast.maker).press("/transfers/new/", given | {"step": "give"})
    assert Transfer.objects.count() == 1


@repeats("transfer-convert")
def test_a_conversion(cast: Any, tame: Tame, house: World) -> None:
    exchange()
    tame.desk_rate = tame.desk_rate / 17
    here, url = Windows(cast.maker), reverse("console:transfer-convert")
    given = {"client": "acme", "corridor": "USDC-USD", "amount": "900.00", "reference": "R-1"}
    given["token"] = _token(here.first, f"{url}?client=acme")
    priced = here.first.post(url, given | {"step": "price"})
    here.press(url, given | {"step": "give", "quote_id": str(priced.context["quote_id"])})
    assert Transfer.objects.count() == 1


@repeats("transfer-cancel")
def test_a_cancellation(cast: Any, house: World) -> None:
    Windows(cast.maker).press(_of(house.order("5000.00"), "cancel"), {"reason": "not needed"})


@repeats("transfer-nudge")
def test_a_retry(cast: Any, house: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    Windows(cast.maker).press(_of(uncertain.payout(house, tame, monkeypatch), "nudge", "retry"), {"reason": "the bank is back"})


@repeats("transfer-recall")
def test_a_recall(cast: Any, house: World) -> None:
    Windows(cast.maker).press(_of(drive_until(house.order(), "SENT_ON_CHAIN"), "recall", "recall"), {"reason": "wrong address"})


@repeats("transfer-speed-up")
@pytest.mark.parametrize("gas", ["0.00024", "0.0005"])
def test_a_higher_bid(cast: Any, house: World, gas: str) -> None:
    sent = drive_until(house.order(), "SENT_ON_CHAIN")
    Windows(cast.maker).press(_of(sent, "speed-up", "speed_up"), {"reason": "the client waits", "gas": gas})


@repeats("transfer-verdict", "transfer-call-back")
def test_questions_to_others(cast: Any, house: World, tame: Tame, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = uncertain.payout(house, tame, monkeypatch)
    here = Windows(cast.maker)
    here.press(_of(lost, "call-back", "recall_payout"), {"reason_code": "DUPL", "reason": "twice"})
    here.press(_of(lost, "verdict", "lost"), {"reason": EVIDENCE})


@repeats("transfer-refund")
def test_a_refund(cast: Any, as_system: Any, tmp_path: Path) -> None:
    """Also when it was approved meanwhile: what went back since the page was opened is read first."""
    with card_provider(tmp_path) as psp:
        world = worlds.build()
        outside.bank_source(BankAccount.objects.get(), last_sequence=0)
        deposit = charged("100.00")
        settled(psp)
        here, url = Windows(cast.maker), reverse("console:transfer-refund", args=[deposit.pk])
        seen = here.first.get(url).context["form"]["given"].value()
        form = {"amount": "40.00", "reason": "returned goods", "given": seen}
        here.press(url, form)
        vote(world.checker, ApprovalRequest.objects.get())
        assert here.first.post(url, form).status_code == 422
        assert (ApprovalRequest.objects.count(), Transfer.objects.filter(route="card_refund").count()) == (1, 1)


@repeats("file-new", "file-preview", "file-cancel")
def test_a_file_of_orders(cast: Any, house: World) -> None:
    payroll.staff(3)
    here = Windows(cast.maker)

    def file() -> dict[str, Any]:
        return {"client": "acme", "file": SimpleUploadedFile("may.csv", CSV.encode(), content_type="text/csv"), "reference": "May"}

    here.press("/files/new/", file)
    here.press(reverse("console:file-preview", args=[BulkUpload.objects.get().pk]), {})
    here.press(reverse("console:file-cancel", args=[BulkOrder.objects.get().pk]), {"reason": "not this month"})


@repeats("sweep-now")
def test_a_sweep(cast: Any, house: World, settings: Any) -> None:
    settings.DEPOSIT_SWEEPS = SWEPT
    proved(250 * UNIT)
    url = reverse("console:sweep-now", args=[there().address_id, there().asset_id])
    windows(cast, "treasury").press(url, {"reason": "now"})
