"""Attacks on the books by somebody who types SQL as the owner of the database: refused whatever the application thinks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction

from ledger.commands import Line, PlaceHold, ReleaseHold, apply_holds
from ledger.models import Account, Entry, Hold, LedgerTransaction
from ledger.queries.proofs import findings
from tests.ledger.house import ACME, DAY, FEES, GLOBEX, HOT, MXN, NOSTRO, USDC, book, deposit

pytestmark = pytest.mark.usefixtures("house")

# A posting with its entries in one statement, as the database wants it; each test spoils one thing about it.
POSTING = """
    WITH parent AS (
        INSERT INTO ledger_ledgertransaction (id, reference, content_hash, kind, description, transaction_id, correlation_id,
            value_at, booked_at, settled_at, created_txid, cluster_epoch, reverses_id, adjusts_id, forced_kind, metadata)
        VALUES (gen_random_uuid(), '{reference}', '', 'attack', '', NULL, 'attack', '2026-11-20T00:00:00Z', {booked_at}, NULL,
            {txid}, audit_current_epoch(), {reverses}, {adjusts}, '', '{{}}') RETURNING *
    ), entered AS ({entries})
    SELECT FROM parent
"""
ENTRIES = """
    INSERT INTO {table} (id, booked_at, value_at, transaction_id, ordinal, account_id, asset_id, debit, credit, balance_after,
        account_version, txid, cluster_epoch)
    SELECT gen_random_uuid(), {booked_at}, parent.value_at, parent.id, 100 + line.ordinal, account.id, line.asset, line.debit,
           line.credit, CASE WHEN account.guarded THEN 1 END, CASE WHEN account.guarded THEN 1 END, parent.created_txid,
           parent.cluster_epoch
      FROM {parent} AS parent, (VALUES {lines}) AS line (ordinal, code, asset, debit, credit)
      JOIN ledger_account AS account ON account.code = line.code
     WHERE parent.reference = '{reference}'
"""
NOW, THIS_TXID = "clock_timestamp()", "pg_current_xact_id()::text::bigint"


@pytest.fixture(autouse=True)
def _some_business(house: None) -> None:
    deposit("deposit-1", ACME, 1_000)
    deposit("deposit-2", GLOBEX, 500)
    apply_holds(PlaceHold("hold-1", ACME, 300))
    apply_holds(PlaceHold("hold-2", ACME, 100))
    apply_holds(ReleaseHold("hold-2"))
    with connection.cursor() as cursor:
        # As at a commit: no check of what went before is left to run.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def refused(house: None) -> Callable[..., str]:
    """Run SQL up to and including the checks at commit; it must be refused, and nothing may remain of it."""

    def attempt(*statements: str, error: type[DatabaseError] = IntegrityError) -> str:
        before = _everything()
        with pytest.raises(error) as refusal:
            _run(*statements, "SET CONSTRAINTS ALL IMMEDIATE")
        assert _everything() == before
        assert list(findings()) == []
        return str(refusal.value)

    return attempt


def _run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _everything() -> list[object]:
    return [list(model.objects.order_by("pk").values_list()) for model in (LedgerTransaction, Entry, Hold, Account)]


def _posting(*lines: tuple[str, str, int, int], **spoiled: str) -> str:
    parts = {"reference": "attack", "booked_at": NOW, "txid": THIS_TXID, "reverses": "NULL", "adjusts": "NULL"} | spoiled
    where = {"table": spoiled.get("table", "ledger_entry"), "booked_at": spoiled.get("entries_booked_at", "parent.booked_at")}
    entries = _entries(*lines, parent="parent", reference=parts["reference"], **where) if lines else "SELECT 1"
    return POSTING.format(**(parts | {"entries": entries}))


def _entries(
    *lines: tuple[str, str, int, int],
    reference: str,
    parent: str = "ledger_ledgertransaction",
    table: str = "ledger_entry",
    booked_at: str = "parent.booked_at",
) -> str:
    values = ", ".join(f"({n}, '{code}', '{asset}', {debit}, {credit})" for n, (code, asset, debit, credit) in enumerate(lines))
    return ENTRIES.format(table=table, lines=values, reference=reference, booked_at=booked_at, parent=parent)


TABLES = ["ledger_entry", "ledger_ledgertransaction", "ledger_asset"]
KEPT = [*TABLES, "ledger_account", "ledger_balance", "ledger_hold", "ledger_period"]


@pytest.mark.parametrize("table", KEPT)
def test_nothing_is_deleted_or_truncated(table: str, refused: Callable[..., str]) -> None:
    if table != "ledger_period":  # a row trigger needs a row; no month is closed here
        assert "DELETE is refused" in refused(f"DELETE FROM {table}", error=OperationalError)
    assert "TRUNCATE is refused" in refused(f"TRUNCATE {table} CASCADE", error=OperationalError)


@pytest.mark.parametrize(
    "column", ["ledger_entry SET debit = debit * 2", "ledger_ledgertransaction SET kind = 'x'", "ledger_asset SET exponent = 2"]
)
def test_nothing_booked_is_changed(column: str, refused: Callable[..., str]) -> None:
    assert "UPDATE is refused" in refused(f"UPDATE {column}", error=OperationalError)


def test_every_partition_of_the_entries_refuses_by_itself(refused: Callable[..., str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('ledger_entry') WHERE isleaf")
        leaves = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM ledger_entry")
        (holder,) = cursor.fetchone()
    assert len(leaves) == 14
    for leaf in leaves:
        assert "TRUNCATE is refused" in refused(f"TRUNCATE {leaf}", error=OperationalError)
    assert "DELETE is refused" in refused(f"DELETE FROM {holder}", error=OperationalError)
    assert "UPDATE is refused" in refused(f"UPDATE {holder} SET debit = 1", error=OperationalError)


def test_replica_mode_does_not_lift_the_guards(refused: Callable[..., str]) -> None:
    assert "DELETE is refused" in refused(
        "SET LOCAL session_replication_role = replica", "DELETE FROM ledger_entry", error=OperationalError
    )


GOOD = ((HOT, USDC, 10, 0), (FEES, USDC, 0, 10))


def test_a_sound_posting_passes_so_that_the_refusals_below_mean_something() -> None:
    _run(_posting(*GOOD), "SET CONSTRAINTS ALL IMMEDIATE")
    assert LedgerTransaction.objects.filter(reference="attack").exists()


def test_a_posting_without_entries_is_refused(refused: Callable[..., str]) -> None:
    assert "has 0 entries" in refused(_posting())


def test_entries_do_not_come_after_their_posting(refused: Callable[..., str]) -> None:
    assert "has 0 entries" in refused(_posting(), _entries(*GOOD, reference="attack"))


def test_an_unbalanced_posting_is_refused(refused: Callable[..., str]) -> None:
    assert "does not balance" in refused(_posting((HOT, USDC, 10, 0), (FEES, USDC, 0, 9)))


def test_two_assets_do_not_balance_each_other(refused: Callable[..., str]) -> None:
    assert "does not balance" in refused(_posting((HOT, USDC, 10, 0), (NOSTRO, MXN, 0, 10)))


def _partition() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM ledger_entry")
        return str(cursor.fetchone()[0])


def test_an_unbalanced_posting_is_refused_in_a_partition_of_its_own(refused: Callable[..., str]) -> None:
    assert "does not balance" in refused(_posting((HOT, USDC, 10, 0), (FEES, USDC, 0, 9), table=_partition()))


def test_entries_of_a_posting_of_now_stand_in_the_partition_of_now(refused: Callable[..., str]) -> None:
    """Also the check of the entries themselves runs in a partition: without a posting of their own they are alone."""
    alone = _entries(*GOOD, reference="deposit-1", table=_partition()).replace("parent.id,", "gen_random_uuid(),")
    assert "only together with their posting" in refused(alone)


def test_a_balanced_pair_cannot_be_appended_to_an_older_posting(refused: Callable[..., str]) -> None:
    # For the check, this test's one transaction is the one that made deposit-1; so age it by hand, guards off and on again.
    with connection.cursor() as cursor:
        for table, column in (("ledger_ledgertransaction", "created_txid"), ("ledger_entry", "txid"), ("audit_event", "txid")):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER refuse_change")
            cursor.execute(f"UPDATE {table} SET {column} = {column} - 1")
            cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
    words = refused(_entries((HOT, USDC, 7, 0), (FEES, USDC, 0, 7), reference="deposit-1"))
    assert "only together with their posting" in words


def test_a_lone_entry_cannot_slip_in_after_the_checks_ran(refused: Callable[..., str]) -> None:
    late = _entries((HOT, USDC, 1, 0), reference="attack").replace("100 + line.ordinal", "200 + line.ordinal")
    assert "do not balance" in refused(_posting(*GOOD), late)


def test_an_entry_needs_its_posting(refused: Callable[..., str]) -> None:
    assert "only together" in refused(_entries(*GOOD, reference="deposit-1").replace("parent.id,", "gen_random_uuid(),"))


def test_an_entry_needs_its_account(refused: Callable[..., str]) -> None:
    assert "not in that asset" in refused(_posting(*GOOD).replace("account.id,", "gen_random_uuid(),"))


@pytest.mark.parametrize(("debit", "credit"), [(5, 5), (0, 0), (-5, 0), (0, -5)])
def test_an_entry_is_a_debit_or_a_credit(debit: int, credit: int, refused: Callable[..., str]) -> None:
    words = refused(_posting((HOT, USDC, debit, credit), (FEES, USDC, credit, debit)))
    assert "ledger_entry_is_a_debit_or_a_credit" in words


def test_an_entry_is_in_the_asset_of_its_account(refused: Callable[..., str]) -> None:
    assert "which is not in that asset" in refused(_posting((HOT, MXN, 10, 0), (FEES, MXN, 0, 10)))


def test_an_entry_of_a_guarded_account_carries_its_running_balance(refused: Callable[..., str]) -> None:
    bare = _posting((HOT, USDC, 10, 0), (ACME, USDC, 0, 10)).replace("CASE WHEN account.guarded THEN 1 END", "NULL")
    assert "running balance" in refused(bare, error=OperationalError)


def test_an_entry_of_a_collecting_account_carries_none(refused: Callable[..., str]) -> None:
    full = _posting(*GOOD).replace("CASE WHEN account.guarded THEN 1 END", "1")
    assert "running balance" in refused(full, error=OperationalError)


def test_a_posting_is_not_dated_back_by_hand(refused: Callable[..., str]) -> None:
    assert "booked now" in refused(_posting(*GOOD, booked_at="clock_timestamp() - interval '40 days'"))


def test_a_posting_does_not_claim_another_transaction(refused: Callable[..., str]) -> None:
    # The entries repeat the lie, and are caught first or second, whichever check comes first.
    words = refused(_posting(*GOOD, txid="1"))
    assert "by this transaction" in words or "only together with their posting" in words


def test_an_entry_has_the_times_of_its_posting(refused: Callable[..., str]) -> None:
    assert refused(_posting(*GOOD, entries_booked_at="parent.booked_at - interval '1 second'"))


def test_a_reference_stands_for_one_posting(refused: Callable[..., str]) -> None:
    assert "unique" in refused(_posting(*GOOD, reference="deposit-1"))


def test_a_posting_adjusts_another_or_reverses_it_but_not_both_and_not_itself(refused: Callable[..., str]) -> None:
    other = "(SELECT id FROM ledger_ledgertransaction WHERE reference = 'deposit-1')"
    assert "ledger_transaction_adjusts_another" in refused(_posting(*GOOD, reverses=other, adjusts=other))


def test_a_hold_only_ever_ends(refused: Callable[..., str]) -> None:
    for attack in (
        "UPDATE ledger_hold SET amount = 1 WHERE reference = 'hold-1'",
        "UPDATE ledger_hold SET account_id = (SELECT id FROM ledger_account WHERE code = 'client:globex:USDC.ethereum')",
        "UPDATE ledger_hold SET status = 'placed', ended_at = NULL WHERE reference = 'hold-2'",
        "UPDATE ledger_hold SET status = 'expired' WHERE reference = 'hold-2'",
    ):
        assert "only ever changes once" in refused(attack, error=OperationalError)
    assert "ledger_hold_ends_with_its_time" in refused("UPDATE ledger_hold SET status = 'released' WHERE reference = 'hold-1'")
    settled = "UPDATE ledger_hold SET status = 'settled', ended_at = now() WHERE reference = 'hold-1'"
    assert "ledger_hold_settles_an_amount" in refused(settled)


@pytest.mark.parametrize(
    "change", ["code = 'x'", "asset_id = 'MXN'", "type = 'asset'", "owner = 'client:globex'", "guarded = false", "kind = 'wallet'"]
)
def test_an_account_stays_what_it_is(change: str, refused: Callable[..., str]) -> None:
    assert "keeps what it was opened as" in refused(
        f"UPDATE ledger_account SET {change} WHERE code = '{ACME}'", error=OperationalError
    )


def test_amounts_with_a_fraction_are_refused_by_the_posting_function() -> None:
    half = [{"account": HOT, "debit": "1.5", "credit": "0"}, {"account": ACME, "debit": "0", "credit": "1.5"}]
    request: dict[str, Any] = {
        "reference": "r",
        "kind": "k",
        "description": "",
        "value_at": "2026-11-20T00:00:00Z",
        "forced_kind": "",
        "metadata": {},
    }
    request |= {"context": {"correlation_id": "c"}, "holds": [], "lines": half}
    with pytest.raises(DatabaseError, match="whole number of minor units"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_post(%s)", [json.dumps(request)])


def test_the_largest_amount_fits_and_one_more_does_not() -> None:
    largest = 10**78 - 1
    book("huge", Line.debit(HOT, largest), Line.credit(FEES, largest), value_at=DAY)
    assert Entry.objects.filter(debit=largest).count() == 1
    with pytest.raises(DatabaseError, match="whole number of minor units"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT ledger_amount(%s)", [str(10**78)])
