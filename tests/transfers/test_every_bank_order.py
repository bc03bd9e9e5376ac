"""Whatever the sandbox bank is ordered to do, a payout is paid once by the bank's own books, or not at all and given back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backoffice.sandbox.bank.faults import KINDS
from tests.reconciliation import outside
from tests.sandbox.bank_office import Office
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_payout_is_paid_once(world: World, office: Office, kind: str) -> None:
    DRIVES[kind](Story.begin(world, office, kind))
