"""What a bank account holds by its newest statement. Kept in the transaction that imports it, so that the closing balance and the
lines that lead to it are never seen one without the other."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import F

from ledger.models import Account
from reconciliation.models import BalanceReading, Source, Statement


def keep_closing_balance(source: Source) -> bool:
    """Whether a figure is new. Nothing is kept for an account without books, or where the statement speaks of another asset."""
    last = _newest(source)
    asset_id = Account.objects.filter(code=source.account_code).values_list("asset_id", flat=True).first()
    if last is None or last.closing is None or asset_id is None or asset_id != last.currency:
        return False
    if BalanceReading.objects.filter(account_code=source.account_code, statement=last).exists():
        return False
    reading = BalanceReading(
        account_code=source.account_code,
        asset_id=asset_id,
        kind=BalanceReading.Kind.STATEMENT,
        source=f"statement {last.identification}",
        amount=last.closing,
        statement=last,
        as_of=_end_of(last),
        read_at=last.file.imported_at,
        raw={"file": last.file.name, "opening": str(last.opening), "closing": str(last.closing)},
    )
    BalanceReading.objects.bulk_create([reading], ignore_conflicts=True)
    return True


def _newest(source: Source) -> Statement | None:
    """By its last day, then by when it came; of those that say how they close."""
    statements = Statement.objects.filter(file__source=source).exclude(closing=None).select_related("file")
    return statements.order_by(F("to_date").desc(nulls_last=True), "-id").first()


def _end_of(statement: Statement) -> datetime:
    """The end of its last day, or when we were given it, whichever was first."""
    given = statement.file.imported_at
    if statement.to_date is None:
        return given
    return min(datetime.combine(statement.to_date, time(), UTC) + timedelta(days=1), given)
