"""Health checks by real transfers: one is ordered like a client's, driven like a client's and judged by what became of it.

What it moves is the house's own and comes back: between two accounts of the house, or on chain to a deposit address of the same
party. Fees that it is charged are taken off our fee income again; gas is spent, as for every transfer. At most one runs per route,
which the database sees to, so any number of processes may call `run_due`.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from approvals.errors import Halted
from audit import clock, context
from audit.commands import record
from audit.context import Actor
from ledger import chart
from ledger.commands import Line, Posting, post
from ledger.models import Asset
from ledger.queries import balance
from transfers import synthetic
from transfers.commands.create import create_withdrawal
from transfers.commands.orders import WithdrawalOrder
from transfers.commands.synthetic_setup import is_prepared
from transfers.errors import NotFound, Refused, Unavailable
from transfers.models import DepositAddress, ExternalReference, SyntheticRun, Transfer
from transfers.postings import dimensions
from transfers.queries.synthetic import newest
from transfers.states import TERMINAL, Route, Status
from transfers.synthetic import FAR, NEAR, Check

log = logging.getLogger(__name__)
Result = SyntheticRun.Result
STARTED, ENDED = "synthetic.started", "synthetic.ended"
AUDIT_TYPES = (STARTED, ENDED)
_FEES = {Route.INTERNAL_TRANSFER: "internal", Route.ON_CHAIN_WITHDRAWAL: "withdrawal"}
_BACK = (Status.CONFIRMED, Status.RECONCILED)


def run_due() -> int:
    """Judge what runs, also of checks that are switched off by now, and start what is due; how many were started.

    Before everything that they need is there none is due, and their page says so.
    """
    with context.bind(Actor.system("health-check")):
        for run_id in SyntheticRun.objects.filter(ended_at=None).values_list("pk", flat=True):
            _judge(run_id)
        return sum(_start(check) for check in synthetic.checks() if _is_due(check))


def _is_due(check: Check) -> bool:
    last = newest(check.route)
    if last is None:
        return is_prepared(check.asset_id)
    return last.ended_at is not None and last.started_at + check.every <= clock.now()


def _start(check: Check) -> bool:
    """False when somebody else was faster, or it could not even be ordered."""
    now = clock.now()
    run = SyntheticRun(route=check.route, started_at=now, deadline_at=now + check.limit)
    with transaction.atomic():
        try:
            with transaction.atomic():
                run.save(force_insert=True)
        except IntegrityError:
            return False
        record(type=STARTED, resource_type="synthetic_run", resource_id=str(run.pk), metadata={"route": check.route})
        try:
            run.transfer = create_withdrawal(_order(check, run))
        except (Refused, NotFound, Unavailable) as trouble:
            stopped = isinstance(trouble.__cause__, Halted)
            _end(run, Result.SKIPPED if stopped else Result.FAILED, f"It could not be ordered: {trouble}")
            return False
        run.save(update_fields=["transfer"])
    return True


def _order(check: Check, run: SyntheticRun) -> WithdrawalOrder:
    sender, destination = _within(check) if check.route is Route.INTERNAL_TRANSFER else (NEAR, _own_address(check))
    return WithdrawalOrder(
        client_id=sender,
        source_currency=check.asset_id,
        target_currency=check.asset_id,
        amount=check.amount,
        destination=destination,
        makers=(),
        made_by="health-check",
        made_by_type="system",
        reference=f"health-check/{run.pk}",
    )


def _within(check: Check) -> tuple[str, dict[str, str]]:
    """Whoever has more sends: so it goes back and forth."""
    near, far = (balance(chart.client_account_code(party, check.asset_id)).available for party in (NEAR, FAR))
    sender, receiver = (NEAR, FAR) if near >= far else (FAR, NEAR)
    return sender, {"type": "client_account", "client": receiver}


def _own_address(check: Check) -> dict[str, str]:
    network = Asset.objects.values_list("network", flat=True).get(pk=check.asset_id)
    own = DepositAddress.objects.filter(client_id=NEAR, kind=DepositAddress.Kind.CRYPTO_ADDRESS, network=network).first()
    if own is None:
        raise NotFound(f"The health check has no deposit address on {network}: run manage.py prepare_synthetic.")
    return {"type": "crypto_address", "network": network, "address": own.value}


@transaction.atomic
def _judge(run_id: UUID) -> None:
    """Nothing while its transfer is on its way, however late that is: an alert says so."""
    run = SyntheticRun.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=run_id, ended_at=None).first()
    if run is None or run.transfer is None:
        return
    transfer = run.transfer
    if transfer.status == Status.RECONCILED:
        if _came_back(transfer):
            _waive_fee(transfer)
            _end(run, Result.PASSED, "")
    elif transfer.status in TERMINAL:
        why = transfer.failure_code or transfer.failure_message or transfer.status_text
        _end(run, Result.FAILED, f"{Status(transfer.status).words}: {why}")


def _came_back(transfer: Transfer) -> bool:
    """On chain: the same transaction is a deposit that we have credited."""
    if transfer.route == Route.INTERNAL_TRANSFER:
        return True
    hashes = ExternalReference.objects.filter(transfer=transfer, kind="tx_hash").values("value")
    deposits = Transfer.objects.filter(route=Route.CHAIN_DEPOSIT, client=transfer.client_id, status__in=_BACK)
    return deposits.filter(external_references__kind="tx_hash", external_references__value__in=hashes).exists()


def _waive_fee(transfer: Transfer) -> None:
    """The house does not earn from itself."""
    if transfer.fee_amount:
        asset = transfer.source_asset_id
        post(
            Posting(
                reference=f"fee-waived/{transfer.reference}",
                kind="fee_waived",
                value_at=clock.now(),
                lines=(
                    Line.debit(chart.fee_account_code(_FEES[Route(transfer.route)], asset), transfer.fee_amount),
                    Line.credit(chart.client_account_code(transfer.client_id, asset), transfer.fee_amount),
                ),
                description=f"Fee of health check {transfer.reference}",
                transaction_id=transfer.pk,
                dimensions=dimensions(transfer.client_id, transfer.corridor_id or ""),
            )
        )


def _end(run: SyntheticRun, result: Result, detail: str) -> None:
    run.result, run.detail, run.ended_at = result, detail, clock.now()
    run.save(update_fields=["result", "detail", "ended_at"])
    took: timedelta = run.ended_at - run.started_at
    record(
        type=ENDED,
        resource_type="synthetic_run",
        resource_id=str(run.pk),
        reason=detail,
        metadata={"route": run.route, "result": run.result, "milliseconds": round(took / timedelta(milliseconds=1))},
        transaction_id=run.transfer_id,
    )
    if result is Result.FAILED:
        log.error("health check on route %s failed: %s", run.route, detail)
