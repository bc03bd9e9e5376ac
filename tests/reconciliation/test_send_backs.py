"""Tokens that nobody is named for, sent back on a real chain: signed, mined, proved by our own indexer, their break resolved."""

import pytest

from ledger.queries.proofs import findings
from reconciliation.models import Break
from tests.reconciliation import outside
from tests.transfers.test_send_back import vote
from tests.transfers.world import FUNDS, UNIT, acting, drive_until, posted
from transfers.commands.deposits.stated import state_address
from transfers.models import Arrival, Transfer

pytestmark = pytest.mark.django_db
EVIDENCE = "Their signed letter of today, in the file of the case."


def test_what_a_stranger_sent_to_the_hot_wallet_goes_back_and_is_proved(read, rails):
    outside.pay_in(rails, 3 * UNIT)
    assert outside.read_and_match(rails).breaks == 1
    arrival = Arrival.objects.get()
    home = outside.stranger(rails, token=0).address
    for person in (read.maker, read.second_checker):
        with acting(person):
            said = state_address(arrival_id=arrival.pk, address=home, evidence=EVIDENCE, fee=UNIT, person_id=person.id)
    assert said.request is not None
    vote(read.checker, said.request)
    transfer = drive_until(Transfer.objects.get(), "CONFIRMED", between=rails.mine)
    assert rails.token_balance(home) == 2 * UNIT
    assert (posted("quarantine:arrivals:USDC.ethereum"), posted("wallet:hot-1:USDC.ethereum")) == (0, FUNDS + UNIT)
    run = outside.read_and_match(rails)
    transfer.refresh_from_db()
    assert (transfer.status, run.breaks, Break.objects.get().status) == ("RECONCILED", 0, "resolved")
    assert list(findings()) == []
