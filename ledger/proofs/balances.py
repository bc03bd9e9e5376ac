"""Proofs of the balances: asked about every account each time, which costs as much as there are accounts, not entries."""

from ledger.proofs.registry import Proof, Rows, Since, asked
from ledger.queries.assets import UnknownAsset
from ledger.queries.client_money import client_money

_ACCOUNTING_EQUATION = """
    SELECT asset_id AS subject,
           format('assets and expenses %%s, liabilities, equity and revenue %%s', used, provided) AS message
      FROM (SELECT asset_id, coalesce(sum(posted) FILTER (WHERE type IN ('asset', 'expense')), 0) AS used,
                   coalesce(sum(posted) FILTER (WHERE type NOT IN ('asset', 'expense')), 0) AS provided
              FROM ledger_account_balance GROUP BY asset_id) AS sides
     WHERE used <> provided
"""
_EVERY_ACCOUNT_HAS_A_BALANCE = """
    SELECT code AS subject, 'the account has no balance row' AS message
      FROM ledger_account AS account
     WHERE NOT EXISTS (SELECT FROM ledger_balance AS balance WHERE balance.account_id = account.id)
"""
_HOLDS_MATCH_HELD = """
    SELECT account.code AS subject,
           format('held is %%s, the placed holds are %%s', balance.held, coalesce(placed.amount, 0)) AS message
      FROM ledger_balance AS balance
      JOIN ledger_account AS account ON account.id = balance.account_id
      LEFT JOIN (SELECT account_id, sum(amount) AS amount FROM ledger_hold WHERE status = 'placed' GROUP BY account_id) AS placed
        ON placed.account_id = balance.account_id
     WHERE balance.held <> coalesce(placed.amount, 0)
"""
_CHECKPOINTS_LIE_BEHIND = """
    SELECT account.code AS subject, format('its balance counts up to transaction %%s of epoch %%s, which has not begun',
                                           balance.as_of_txid, balance.as_of_epoch) AS message
      FROM ledger_balance AS balance JOIN ledger_account AS account ON account.id = balance.account_id
     WHERE (balance.as_of_epoch, balance.as_of_txid)
           >= (audit_current_epoch(), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
"""


def _uncovered(_: Since) -> Rows:
    try:
        rows = client_money()
    except UnknownAsset as error:
        return [("an asset", str(error))]
    return [
        (row.asset.id, f"owed to clients {row.owed}, covered by {row.covered_by}: {-row.surplus} are missing")
        for row in rows
        if not row.holds
    ]


def _figures() -> list[dict[str, str]]:
    try:
        rows = client_money()
    except UnknownAsset:
        return []
    return [
        {
            "asset": row.asset.id,
            "owed": str(row.owed),
            "covered_by": str(row.covered_by),
            "surplus": str(row.surplus),
            "overdrawn": str(row.overdrawn),
        }
        for row in rows
    ]


PROOFS = (
    Proof(
        name="accounting_equation",
        says="In every asset, assets and expenses equal liabilities, equity and revenue.",
        find=asked(_ACCOUNTING_EQUATION),
    ),
    Proof(
        name="client_money",
        says="In every asset, we hold at least what we owe to clients; what one client owes us covers nobody else.",
        find=_uncovered,
        figures=_figures,
    ),
    Proof(
        name="every_account_has_a_balance",
        says="Every account has a balance row.",
        find=asked(_EVERY_ACCOUNT_HAS_A_BALANCE),
    ),
    Proof(
        name="checkpoints_lie_behind",
        says="No balance counts up to a transaction that is yet to come.",
        find=asked(_CHECKPOINTS_LIE_BEHIND),
    ),
    Proof(
        name="holds_match_held",
        says="What an account has on hold is the sum of its open holds.",
        find=asked(_HOLDS_MATCH_HELD),
    ),
)
