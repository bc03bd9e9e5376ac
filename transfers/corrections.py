"""Corrections that this floor books by itself, since the outside took something back: named one by one for the proof that all
others went through four eyes."""

from approvals.corrections.machines import MachineCorrection


def _reversal(reference: str, kind: str = "%") -> MachineCorrection:
    return MachineCorrection(kind=f"{kind}.reversal", reference=reference)


CORRECTIONS = (
    # The chain replaced a block, or never delivered.
    _reversal("reorg/{of}"),
    _reversal("undelivered/{of}"),
    _reversal("{of}/reversed", "deposit"),
    _reversal("{of}/reversed", "allocation"),
    # The sender's bank took a deposit back.
    _reversal("{of}/taken-back", "deposit"),
    _reversal("{of}/taken-back", "allocation"),
    _reversal("{of}/taken-back", "unallocated"),
    # The bank rejected or returned a payout.
    _reversal("payout-return/%", "payout"),
    _reversal("conversion-return/%"),
    _reversal("conversion-reversal/%"),
    _reversal("send-back-return/%"),
    _reversal("send-back-reversal/%"),
    # The card's owner had money back, or lost a dispute.
    _reversal("{of}/won", "chargeback"),
    MachineCorrection(kind="card_refund", reference="card-refund/%"),
    MachineCorrection(kind="chargeback", reference="chargeback/%"),
)
