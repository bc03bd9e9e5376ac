"""Looking at every attempt of a leg. They share a nonce, so at most one of them is ever mined, and nobody knows which."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from transfers.commands import calls
from transfers.commands.advance.lock_funds import CHAIN
from transfers.commands.advance.signing import NODE, find
from transfers.models import ChainTransaction
from transfers.rails.evm import ChainState
from transfers.rails.evm.nodes import CODE, NodesDisagree
from transfers.rails.registry import rails

Seen, Purpose = ChainTransaction.Status, ChainTransaction.Purpose


@dataclass(frozen=True, slots=True)
class Look:
    """What the chain shows of a leg's attempts, oldest first."""

    attempts: tuple[ChainTransaction, ...]
    states: Mapping[str, ChainState]

    @property
    def newest(self) -> ChainTransaction:
        return self.attempts[-1]

    @property
    def mined(self) -> ChainTransaction | None:
        """The attempt that is in a block, be it successful or not."""
        return next((attempt for attempt in self.attempts if self.states[attempt.hash].in_a_block), None)

    @property
    def forgotten(self) -> bool:
        """No node knows any of them."""
        return all(state.status == "unknown" for state in self.states.values())

    @property
    def pays_nobody(self) -> bool:
        """Whether what is mined used up the nonce, and that is all."""
        mined = self.mined
        return mined is not None and (mined.purpose == Purpose.CANCEL or self.states[mined.hash].status == "reverted")

    @property
    def final(self) -> bool:
        """A payment is watched beyond the depth at which it counts. What is given back is watched no more, and so it counts where
        the chain does not change any more."""
        mined = self.mined
        if mined is None:
            return False
        state = self.states[mined.hash]
        deep = not self.pays_nobody or state.confirmations >= rails().evm.final_depth
        return deep and rails().evm.is_deep_enough(state)


def look(transfer_id: UUID) -> Look:
    """Raises RetryableError when the chain cannot be asked, or says what cannot be."""
    sent = ChainTransaction.objects.select_related("leg__transfer", "wallet").filter(leg__transfer_id=transfer_id, leg__rail=CHAIN)
    attempts = tuple(sent.order_by("attempt"))
    states = {attempt.hash: find(attempt.leg, attempt) for attempt in attempts}
    if sum(state.in_a_block for state in states.values()) > 1:
        raise NodesDisagree("two transactions with one nonce are said to be mined", provider=NODE, code=CODE)
    return Look(attempts, states)


def keep(seen: Look) -> None:
    """What the chain shows now, in the caller's transaction; and once per different answer what we asked and heard."""
    for attempt in seen.attempts:
        state = seen.states[attempt.hash]
        final = seen.final and state.in_a_block
        if attempt.status == Seen.SIGNED and not state.in_a_block and not seen.final:
            continue
        mined = Seen.CONFIRMED if final else Seen.MINED
        status = {"mined": mined, "reverted": Seen.REVERTED}.get(state.status, Seen.REPLACED if seen.final else Seen.BROADCAST)
        ChainTransaction.objects.filter(pk=attempt.pk).update(
            status=status,
            block_number=state.block_number,
            block_hash=state.block_hash,
            confirmations=state.confirmations,
            gas_cost=state.gas_cost,
        )
        calls.asked(
            transfer_id=attempt.leg.transfer_id,
            leg=attempt.leg,
            provider=NODE,
            operation="find",
            question=attempt.hash,
            answer=json.dumps(dataclasses.asdict(state), default=str),
            summary=_words(attempt, state, final=final),
        )


def _words(attempt: ChainTransaction, state: ChainState, *, final: bool) -> str:
    which = "the transaction" if attempt.attempt == 1 else f"attempt {attempt.attempt}"
    where = f"{state.status} in block {state.block_number}" if state.block_number is not None else state.status
    return f"The node shows {which} {where}{', final' if final else ''}."
