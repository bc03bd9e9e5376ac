"""The same withdrawal as a locking ORM version would write it: lock the accounts, save the transaction, its entries, each balance.

Deliberately a good one: accounts are locked in one query and in order, the entries are one `bulk_create`, saves name their fields.
The models are made when this module is imported, by the processes of a benchmark alone; their tables are in sql/orm.sql.
"""

from collections.abc import Callable
from typing import Any

from django.db import models, transaction

from audit.clock import now
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


class Event(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id)
    recorded_at = models.DateTimeField()
    type = models.TextField()
    actor_type = models.TextField()
    actor_id = models.TextField()
    correlation_id = models.TextField()
    resource_type = models.TextField()
    resource_id = models.TextField()
    transaction_id = models.UUIDField(null=True)
    metadata = models.JSONField()
    objects: "models.Manager[Event]" = models.Manager()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_orm_event"


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
    lines = [(order.client, AMOUNT + FEE, 0), (order.wallet, 0, AMOUNT), (order.fees, 0, FEE)]
    codes = [code for code, _, _ in lines]
    accounts = {account.code: account for account in Account.objects.select_for_update().filter(code__in=codes).order_by("id")}
    moment, context = now(), current()
    booked = Transaction.objects.create(
        reference=order.reference,
        kind=KIND,
        transaction_id=order.transaction_id,
        correlation_id=context.correlation_id,
        value_at=moment,
        booked_at=moment,
    )
    entries = [_entry(booked, ordinal, accounts[code], debit, credit) for ordinal, (code, debit, credit) in enumerate(lines, 1)]
    Entry.objects.bulk_create(entries)
    for account in accounts.values():
        account.save(update_fields=["balance", "version"])
    Event.objects.create(
        recorded_at=moment,
        type="ledger.posted",
        actor_type=context.actor.type.value,
        actor_id=context.actor.id,
        correlation_id=context.correlation_id,
        resource_type="ledger_transaction",
        resource_id=str(booked.id),
        transaction_id=order.transaction_id,
        metadata=metadata(order, moment),
    )


def _entry(booked: Transaction, ordinal: int, account: Account, debit: int, credit: int) -> Entry:
    account.balance += credit - debit
    account.version += 1
    after: dict[str, Any] = {"balance_after": account.balance, "account_version": account.version, "booked_at": booked.booked_at}
    return Entry(transaction=booked, ordinal=ordinal, account=account, debit=debit, credit=credit, **after)
