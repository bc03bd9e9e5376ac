"""Whatever the sandbox bank is ordered to do, a payout is paid once by the bank's own books, or not at all and given back; and what
is paid in is credited once, or stands aside with a break."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice.sandbox.bank.faults import KINDS
from tests.reconciliation import outside
from tests.sandbox.bank_office import Office
from tests.transfers import bank_deposit_days as deposits
from tests.transfers.bank_days import DRIVES
from tests.transfers.bank_house import Story, open_bank
from tests.transfers.world import World
from transfers.models import BankAccount


@pytest.fixture
def office(world: World, tmp_path: Path) -> Iterator[Office]:
    outside.bank_source(BankAccount.objects.get(), last_sequence=0)
    with open_bank(tmp_path) as office:
        yield office


def test_every_order_has_a_drive() -> None:
    assert set(DRIVES) == set(KINDS)
    assert set(deposits.DRIVES) | set(deposits.EXEMPT) == set(KINDS)
    assert not set(deposits.DRIVES) & set(deposits.EXEMPT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_payout_is_paid_once(world: World, office: Office, kind: str) -> None:
    DRIVES[kind](Story.begin(world, office, kind))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in deposits.EXEMPT])
def test_a_deposit_is_credited_once(world: World, office: Office, kind: str) -> None:
    story = deposits.PaidIn.of(world, office)
    story.arm(kind)
    deposits.DRIVES[kind](story)


def test_no_order_that_is_exempt_touches_a_deposit(world: World, office: Office) -> None:
    story = deposits.PaidIn.of(world, office)
    for kind in deposits.EXEMPT:
        story.arm(kind)
    story.is_shown()
    story.is_credited_once()
    standing = story.ask("GET", "/sandbox/faults").json()["data"]
    assert {order["kind"]: order["used"] for order in standing} == dict.fromkeys(deposits.EXEMPT, 0)
