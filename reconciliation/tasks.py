"""Celery's way in. A lost or doubled message changes nothing: the sweeper runs the same command when nobody else does."""

from celery import shared_task

from reconciliation.commands.readings import read_balances
from reconciliation.commands.reconciling import reconcile


@shared_task(name="reconciliation.tasks.reconcile", ignore_result=True)
def reconcile_task() -> None:
    reconcile()


@shared_task(name="reconciliation.tasks.read_balances", ignore_result=True)
def read_balances_task() -> None:
    read_balances()
