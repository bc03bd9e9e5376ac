"""The verbs of the ledger. Each is one call of one database function, in the caller's transaction or in its own."""

from ledger.commands.accounts import close_account, open_account, register_asset, set_account_guarded
from ledger.commands.carries import carry_forward, carry_forward_due
from ledger.commands.corrections import adjust, reverse
from ledger.commands.overdrafts import book_overdraft_receivable, recover_by_netting, repay, write_off
from ledger.commands.periods import close_period, reopen_period
from ledger.commands.postings import advance_checkpoints, apply_holds, hold_request, post, post_batch
from ledger.commands.snapshots import snapshot_closed_months, snapshot_month, take_snapshot
from ledger.posting import Batch, BatchLine, ExpireHold, HoldOp, Line, PlaceHold, Posted, Posting, ReleaseHold, SettleHold

__all__ = [
    "Batch",
    "BatchLine",
    "ExpireHold",
    "HoldOp",
    "Line",
    "PlaceHold",
    "Posted",
    "Posting",
    "ReleaseHold",
    "SettleHold",
    "adjust",
    "advance_checkpoints",
    "apply_holds",
    "book_overdraft_receivable",
    "carry_forward",
    "carry_forward_due",
    "close_account",
    "close_period",
    "hold_request",
    "open_account",
    "post",
    "post_batch",
    "recover_by_netting",
    "register_asset",
    "reopen_period",
    "repay",
    "reverse",
    "set_account_guarded",
    "snapshot_closed_months",
    "snapshot_month",
    "take_snapshot",
    "write_off",
]
