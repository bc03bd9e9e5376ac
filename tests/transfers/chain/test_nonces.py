"""A nonce that is missing or stuck keeps every later one waiting: it is found, its holder is woken, and somebody hears of it."""

import json
from datetime import timedelta

import pytest

from audit import clock
from backoffice.alerts.rules.nonces import StuckNonces
from tests.transfers.chain.weather import LONG_AGO, attempts, deep, sent, step
from tests.transfers.stack import Stack
from tests.transfers.world import World, drive_until
from transfers.commands.nonces import earliest, mend_gaps
from transfers.models import ChainTransaction, Leg, ProviderCall, Transfer
from transfers.rails.base import RetryableError
from transfers.rails.registry import rails as configured
from transfers.rails.signing import SignIntent

pytestmark = pytest.mark.stack


def away(*_: object, **__: object) -> None:
    raise RetryableError("it is away")


@pytest.mark.parametrize(("part", "verb"), [("evm", "broadcast"), ("signer", "sign_transfer")])
def test_whoever_holds_the_missing_nonce_is_woken(
    live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch, part: str, verb: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(getattr(configured(), part), verb, away)
        missing = step(live.order("10.00"))
    # The signer's bytes may exist although its answer never arrived.
    if part == "signer":
        configured().signer.sign_transfer(intent_of(missing))
    later = sent(live.order("20.00"))
    tomorrow = clock.now() + timedelta(days=1)
    Transfer.objects.filter(pk=missing.pk).update(due_at=tomorrow)
    assert mend_gaps() == 1
    missing.refresh_from_db()
    assert missing.due_at is not None
    assert missing.due_at < tomorrow
    drive_until(missing, "CONFIRMED", between=lambda: deep(rails))
    drive_until(later, "CONFIRMED", between=lambda: deep(rails))
    assert mend_gaps() == 0


def intent_of(transfer: Transfer) -> SignIntent:
    return SignIntent(**json.loads(ProviderCall.objects.get(transfer=transfer, operation="sign").request))


def test_a_wallet_that_waits_for_too_long_is_told(live: World, rails: Stack) -> None:
    first, second = sent(live.order("10.00")), sent(live.order("20.00"))
    assert StuckNonces().find() == []
    ChainTransaction.objects.filter(leg__transfer=first).update(broadcast_at=LONG_AGO)
    (found,) = StuckNonces().find() or []
    assert found.transfer_id == first.id
    assert found.detail.startswith(f"Transfer {first.reference} is “Sent on chain”. 1 later payment")
    waiting = earliest("hot-1")
    assert waiting is not None
    assert (waiting.nonce, waiting.behind) == (attempts(first)[0].nonce, 1)
    for transfer in (first, second):
        drive_until(transfer, "CONFIRMED", between=lambda: deep(rails))
    assert StuckNonces().find() == []
    assert Leg.objects.filter(transfer=second, money_state="posted").exists()
