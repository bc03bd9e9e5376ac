"""Payouts that are gathered into one message: joining it, closing it, and what the bank's statements show of it."""

import time
from collections.abc import Sequence

from audit import clock
from tests.transfers.bank_faults import ask
from tests.transfers.stack import Stack
from tests.transfers.world import LONG_AGO, World, drive_until
from transfers import driver
from transfers.models import BankAccount, Leg, PayoutBatch, Transfer

PESOS = "SE1190000000000000000001"


def a_moment(rails: Stack) -> None:
    rails.mine()
    time.sleep(0.1)


def joined(house: World, rails: Stack, count: int) -> list[Transfer]:
    """Off-ramps that have joined a batch and wait for it to close."""
    transfers = [house.off_ramp(f"{100 + number}.00") for number in range(count)]
    for transfer in transfers:
        drive_until(transfer, "CONFIRMED", between=lambda: a_moment(rails))
        if Leg.objects.get(transfer=transfer, rail="bank").batch_id is None:
            drive(transfer)
    return transfers


def drive(transfer: Transfer) -> None:
    Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
    driver.advance_one(transfer.id)
    transfer.refresh_from_db()


def close() -> None:
    PayoutBatch.objects.filter(status="open").update(closes_at=clock.now())


def all_until(transfers: Sequence[Transfer], rails: Stack, *statuses: str) -> None:
    for transfer in transfers:
        drive_until(transfer, *statuses, between=lambda: a_moment(rails))


def legs_of(transfers: Sequence[Transfer]) -> list[Leg]:
    return [Leg.objects.get(transfer=transfer, rail="bank") for transfer in transfers]


def times_at_the_bank(rails: Stack, legs: Sequence[Leg]) -> list[int]:
    """How often each is booked, by the bank's statements."""
    ask(rails, "POST", f"/statements/{PESOS}/close")
    pages = [page["content"] for page in ask(rails, "GET", f"/statements/{PESOS}")["data"]]
    return [sum(page.count(f"<EndToEndId>{leg.reference}</EndToEndId>") for page in pages) for leg in legs]


def gathered(house: World, count: int) -> list[Transfer]:
    """Off-ramps in one message, on an outside that does what it is asked."""
    BankAccount.objects.update(gather_s=600)
    transfers = [drive_until(house.off_ramp(f"{100 + number}.00"), "CONFIRMED") for number in range(count)]
    for transfer in transfers:
        drive(transfer)
    close()
    return transfers
