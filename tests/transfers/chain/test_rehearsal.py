"""What the token's issuer stops is found before anything is signed, and what reverts all the same keeps its reason."""

import pytest

from tests.transfers.chain.weather import attempts, final, nothing_taken, sent, step
from tests.transfers.stack import Stack
from tests.transfers.world import PAYEE, World, drive_until
from transfers.models import TransferEvent
from transfers.rails.registry import rails as configured

pytestmark = pytest.mark.stack


@pytest.mark.parametrize(
    ("order", "undo", "parameters", "code"),
    [
        ("pause_token", "unpause_token", {}, "token_paused"),
        ("block_address", "unblock_address", {"address": PAYEE}, "address_blocked"),
    ],
)
def test_it_fails_before_it_is_signed(
    live: World, rails: Stack, order: str, undo: str, parameters: dict[str, str], code: str
) -> None:
    rails.order(order, **parameters)
    try:
        transfer = drive_until(live.order(), "FAILED")
    finally:
        rails.order(undo, **parameters)
    assert (transfer.failure_code, attempts(transfer)) == (code, [])
    nothing_taken()


def test_what_reverts_on_chain_keeps_the_contract_s_words_and_gives_every_leg_back(live: World, rails: Stack) -> None:
    rails.order("pause_token")
    try:
        with pytest.MonkeyPatch.context() as patched:
            # The issuer was quicker than the rehearsal.
            patched.setattr(configured().evm, "simulate", lambda *_, **__: "")
            transfer = sent(live.off_ramp())
        final(rails)
        step(transfer)
    finally:
        rails.order("unpause_token")
    assert (transfer.status, transfer.failure_code) == ("FAILED", "token_paused")
    told = TransferEvent.objects.filter(transfer=transfer, type="transfer.failed").get()
    assert told.data["revert_reason"] == "Pausable: paused"
    assert {leg.money_state for leg in transfer.legs.all()} == {"none"}
    nothing_taken()
