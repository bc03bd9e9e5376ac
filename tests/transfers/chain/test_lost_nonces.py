"""What two people have declared lost leaves its nonce behind: it is used up, whoever dies meanwhile, and later payments go on."""

import pkgutil
from typing import Any

import pytest

from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from tests.transfers.chain.weather import attempts, deep, sent, step
from tests.transfers.deciding import decided
from tests.transfers.stack import Stack
from tests.transfers.world import PAYEE, UNIT, World, drive_until
from transfers.commands.nonces import mend_gaps
from transfers.commands.verdicts import Verdict
from transfers.crashpoints import Crashed
from transfers.models import Transfer
from transfers.rails.base import UnknownOutcome
from transfers.rails.registry import rails as configured

pytestmark = pytest.mark.stack
# What is done one after the other; the first two only where the signer gave no answer.
UNSIGNED = ("signing.sign", "signing.store")
DEEDS = (*UNSIGNED, "look", "cancel_instead", "signing.broadcast", "signing.mark_broadcast", "keep", "book_gas")


def silent(*_: object, **__: object) -> None:
    raise UnknownOutcome("no answer arrived")


def declared_lost(live: World, monkeypatch: pytest.MonkeyPatch, *, of: str = "evm", asked: str = "broadcast") -> Transfer:
    """Node or signer was asked, nobody knows what came of it, and two people have called it lost."""
    with monkeypatch.context() as patched:
        patched.setattr(getattr(configured(), of), asked, silent)
        transfer = step(live.order("10.00"))
    return decided(live, transfer, Verdict.LOST)


def used_up(lost: Transfer) -> None:
    assert (lost.status, lost.due_at, lost.last_error) == ("FAILED", None, "")
    assert [(one.purpose, one.status) for one in attempts(lost)] == [("payment", "replaced"), ("cancel", "confirmed")]
    assert LedgerTransaction.objects.filter(transaction_id=lost.id, kind="network_fee").count() == 1
    assert mend_gaps() == 0
    # The loss is the house's, which has no money of its own here.
    assert [found.proof for found in findings(thorough=True)] == ["client_money"]


def test_it_leaves_no_hole_behind(live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    had = rails.token_balance(PAYEE)
    lost = declared_lost(live, monkeypatch)
    later = sent(live.order("20.00"))

    def time_passes() -> None:
        step(lost)
        deep(rails)

    drive_until(later, "CONFIRMED", between=time_passes)
    for _ in range(3):
        time_passes()
    assert rails.token_balance(PAYEE) == had + 20 * UNIT
    used_up(lost)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_uses_it_up_may_die_at_every_step(
    live: World, rails: Stack, monkeypatch: pytest.MonkeyPatch, deed: str, when: str
) -> None:
    had = rails.token_balance(PAYEE)
    unknown = {"of": "signer", "asked": "sign_transfer"} if deed in UNSIGNED else {}
    lost = declared_lost(live, monkeypatch, **unknown)
    done = f"transfers.commands.advance.abandon.{deed}"
    original, died = pkgutil.resolve_name(done), list[str]()

    def die_once() -> None:
        if not died:
            died.append(deed)
            raise Crashed(deed)

    def dying(*given: Any, **named: Any) -> Any:
        if when == "before":
            die_once()
        result = original(*given, **named)
        die_once()
        return result

    monkeypatch.setattr(done, dying)
    for _ in range(8):
        step(lost)
        deep(rails)
    assert died == [deed]
    assert rails.token_balance(PAYEE) == had
    used_up(lost)
