"""Tests correct books and close months by the verbs of the ledger, which ask nobody. That people were asked is proved where people
are: in tests/approvals/test_four_eyes_proved.py, by the running stack, and of the machine's own corrections in tests/transfers/."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from approvals import proofs_four_eyes
from ledger.proofs import registry
from ledger.proofs.registry import Proof

CORRECTIONS, PERIODS = proofs_four_eyes.PROOFS


@contextmanager
def left_out(*proofs: Proof) -> Iterator[None]:
    """The other proofs alone."""
    left = {proof.name: proof for proof in registry.all_proofs() if proof not in proofs}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_proofs", left)
        yield


@contextmanager
def brought_in(*proofs: Proof) -> Iterator[None]:
    """These besides the others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_proofs", {proof.name: proof for proof in (*registry.all_proofs(), *proofs)})
        yield
