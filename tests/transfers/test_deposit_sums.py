"""Whatever a chain does and however often we look: in the end clients were credited exactly what is on it."""

from random import Random

import pytest

from audit import coverage
from ledger.queries.proofs import findings
from tests.transfers.incoming import FakeChain, address_of, fake_chain
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, USDC, World, posted
from transfers import driver
from transfers.commands.deposits.watching import watch
from transfers.models import Transfer

STEPS, DEEPEST = 40, 6


def look_at_everything() -> None:
    Transfer.objects.filter(due_at__isnull=False).update(due_at="2026-01-01T00:00:00Z")
    driver.run_due()


def on_chain(chain: FakeChain) -> int:
    return sum(log.transfer.amount for block in chain.blocks for log in block)


@pytest.mark.parametrize("seed", range(4))
def test_credits_are_what_the_chain_shows_at_the_end(world: World, seed: int) -> None:
    dice = Random(seed)
    with fake_chain() as chain:
        to = address_of().value
        for step in range(STEPS):
            match dice.randrange(6):
                case 0 | 1:
                    chain.pay(to, dice.randint(1, 900) * UNIT, tx=f"{seed}/{step}", log_index=dice.randrange(5))
                case 2:
                    chain.mine(dice.randint(1, 3))
                case 3:
                    chain.reorg(min(dice.randint(1, DEEPEST), len(chain.blocks) - 1))
                case 4:
                    watch()
                case _:
                    look_at_everything()
        # Nothing is rewritten any more: what is there becomes final, and is looked at until nothing changes.
        for _ in range(3):
            chain.mine(DEEPEST)
            watch()
            look_at_everything()
        credited = posted(ACCOUNT) - FUNDS
        assert credited == on_chain(chain) > 0
        assert posted(f"wallet:deposits:{USDC}") == credited
    assert list(findings()) == []
    assert list(coverage.findings()) == []
