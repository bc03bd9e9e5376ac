"""The same withdrawal as a locking ORM version would write it: look for the reference, lock the accounts, then save the
transaction, its entries and the accounts' balances, and record the event.

It does what ours does, and leaves what ours leaves: a posting that may be repeated, in an open month, on open accounts,
balanced by a check in the database, with its event on the same audit trail. The models are made when this module is imported,
by the processes of a benchmark alone; their tables are in sql/orm.sql.
"""

from collections.abc import Callable
from typing import Any

from django.db import models, transaction

from audit import vocabulary
from audit.clock import now
from audit.commands import record
from audit.context import current
from audit.identity import new_id
from backoffice.bench.crew import Seat
from backoffice.bench.load import AMOUNT, FEE, Withdrawal, withdrawals
from backoffice.bench.sides import KIND, metadata
from ledger.fields import MinorUnitsField


class Account(models.Model):
    id = models.UUIDField(primary_key=True)
    code = models.TextField(unique=True)
    asset_id = models.TextField()
    balance = MinorUnitsField()
    version = models.BigIntegerField()
    objects: "models.Manager[Account]" = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_orm_account"


class Transaction(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id)
    reference = models.TextField(unique=True)
    kind = models.TextField()
    description = models.TextField(default="")
    transaction_id = models.UUIDField(null=True)
    correlation_id = models.TextField()
    value_at = models.DateTimeField()
    booked_at = models.DateTimeField()
    metadata = models.JSONField(default=dict)
    objects: "models.Manager[Transaction]" = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_orm_transaction"


class Entry(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT)
    ordinal = models.IntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    debit = MinorUnitsField()
    credit = MinorUnitsField()
    balance_after = MinorUnitsField()
    account_version = models.BigIntegerField()
    booked_at = models.DateTimeField()
    objects: "models.Manager[Entry]" = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_orm_entry"


# Not a posting of the books, whose proofs would look for it.
EVENT = "bench.posted"
vocabulary.register(EVENT)


def locking(seat: Seat) -> Callable[[], None]:
    return _seated(seat, "orm", hot=False)


def locking_hot(seat: Seat) -> Callable[[], None]:
    return _seated(seat, "orm-hot", hot=True)


def _seated(seat: Seat, tag: str, *, hot: bool) -> Callable[[], None]:
    orders = withdrawals(tag, seat.number, scale=seat.wishes["scale"], hot=hot)

    def one() -> None:
        _withdraw(next(orders))

    return one


@transaction.atomic
def _withdraw(order: Withdrawal) -> None:
    if Transaction.objects.filter(reference=order.reference).exists():
        return
    lines = [(order.client, AMOUNT + FEE, 0), (order.wallet, 0, AMOUNT), (order.fees, 0, FEE)]
    codes = [code for code, _, _ in lines]
    accounts = {account.code: account for account in Account.objects.select_for_update().filter(code__in=codes).order_by("id")}
    booked = _booked(order)
    for ordinal, (code, debit, credit) in enumerate(lines, 1):
        _entry(booked, ordinal, accounts[code], debit, credit).save(force_insert=True)
    for account in accounts.values():
        account.save(update_fields=["balance", "version"])
    record(
        type=EVENT,
        resource_type="bench_transaction",
        resource_id=str(booked.id),
        transaction_id=order.transaction_id,
        metadata=metadata(order, booked.value_at),
    )


def _booked(order: Withdrawal) -> Transaction:
    moment = now()
    booked = Transaction(
        reference=order.reference,
        kind=KIND,
        transaction_id=order.transaction_id,
        correlation_id=current().correlation_id,
        value_at=moment,
        booked_at=moment,
    )
    booked.save(force_insert=True)
    return booked


def _entry(booked: Transaction, ordinal: int, account: Account, debit: int, credit: int) -> Entry:
    account.balance += credit - debit
    account.version += 1
    after: dict[str, Any] = {"balance_after": account.balance, "account_version": account.version, "booked_at": booked.booked_at}
    return Entry(transaction=booked, ordinal=ordinal, account=account, debit=debit, credit=credit, **after)
