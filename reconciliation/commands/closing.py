"""Closing transfers whose evidence is complete, and saying which payments the outside has not shown in time, for as long as it
has not.

The queries name exactly the transfers that are due, so that one that can never be closed keeps no other from its turn.
"""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Substr

from audit import clock
from reconciliation.commands.breaks import open_break, resolve_break
from reconciliation.matching import Role
from reconciliation.models import Break, Match, Source
from reconciliation.queries import OPEN
from reconciliation.subjects import REWRITTEN
from transfers.commands.reconcile import mark_reconciled, reconcile_by_ledger
from transfers.errors import Conflict
from transfers.machines import ROUTES
from transfers.models import Arrival, Leg, Transfer
from transfers.states import EvidenceState, MoneyState

log = structlog.get_logger(__name__)

TRANSFERS_PER_RUN = 200
# Those within our own books are closed as a set.
WITHIN_PER_RUN = 2_000
BY_PEOPLE = "two-people/1"

_MISSING = "missing-external:"
# Two people have said, on evidence, that the outside will show no such movement.
_DECIDED = Q(evidence_state=EvidenceState.REPAIRED)


def close_proved_transfers() -> int:
    """Mark transfers of which every leg is proved and about which no difference is open; how many. One that another process holds
    is left for the next run. What stays within our own books, the ledger alone proves."""
    return reconcile_by_ledger(WITHIN_PER_RUN) + sum(
        _close(transfer_id) for transfer_id in _proved().values_list("pk", flat=True)[:TRANSFERS_PER_RUN]
    )


def _awaiting() -> Q:
    """Transfers whose books have moved as far as they will, and that wait for evidence."""
    condition = Q(pk__in=[])
    for route, machine in ROUTES.items():
        condition |= Q(route=route, status=machine.settled)
    return condition


def _undisputed() -> Q:
    return _awaiting() & ~Q(money_state=MoneyState.EXCEPTION)


def _proved() -> "QuerySet[Transfer]":
    """On a chain the payment and what its sending cost must be proved, at a bank the payment."""
    unpaid = Q(direction="out") & (~_has_match(Role.PAYMENT) | (Q(rail="evm") & ~_has_match(Role.GAS)))
    unproved = unpaid | Q(direction="in") & ~_has_receipt() & ~_has_match(Role.RECEIPT)
    lacking = Leg.objects.filter(unproved, ~_DECIDED, transfer=OuterRef("pk"))
    differing = Break.objects.filter(transfer_id=OuterRef("pk"), status__in=OPEN).exclude(type=Break.Type.MISSING_EXTERNAL)
    in_doubt = Break.objects.filter(subject_key__startswith=REWRITTEN, status__in=OPEN).values_list("source__network", flat=True)
    on_doubtful_chain = Leg.objects.filter(transfer=OuterRef("pk"), counterparty__network__in=list(in_doubt))
    has_legs = Exists(Leg.objects.filter(transfer=OuterRef("pk")))
    return Transfer.objects.filter(
        _undisputed(), has_legs, ~Exists(lacking), ~Exists(differing), ~Exists(on_doubtful_chain)
    ).order_by("state_entered_at", "pk")


def _has_match(role: Role) -> Exists:
    return Exists(Match.objects.filter(leg_reference=OuterRef("reference"), role=role))


def _has_receipt() -> Exists:
    """Money that came in is matched by the arrival, which outlives a transfer that failed."""
    return Exists(Match.objects.filter(leg_reference=OuterRef("transfer__arrival__reference"), role=Role.RECEIPT))


@transaction.atomic
def _close(transfer_id: UUID) -> bool:
    """Whether this call closed it."""
    held = Transfer.objects.select_for_update(skip_locked=True, of=("self",)).filter(_awaiting(), pk=transfer_id).first()
    if held is None:
        return False
    evidence = {
        f"{match.role}:{match.leg_reference}": {"item": str(match.item_id), "source": match.item.source_id, "rule": match.rule}
        for match in _matches_of(held).select_related("item")
    }
    decided = Leg.objects.filter(_DECIDED, transfer=held).values_list("reference", flat=True)
    evidence |= {f"decided:{reference}": {"rule": BY_PEOPLE} for reference in decided}
    try:
        mark_reconciled(transfer_id=transfer_id, evidence=evidence)
    except Conflict as conflict:
        log.warning("reconciliation.not_closed", transfer=str(transfer_id), error=str(conflict))
        return False
    return True


def _matches_of(transfer: Transfer) -> "QuerySet[Match]":
    arrived = Arrival.objects.filter(transfer=transfer).values("reference")
    return Match.objects.filter(Q(transfer_id=transfer.pk) | Q(leg_reference__in=arrived))


@transaction.atomic
def end_what_has_shown() -> int:
    """Resolve the breaks about missing payments that the outside has shown since, or about which two people have decided; how
    many."""
    proved = Leg.objects.filter(_has_match(Role.PAYMENT) | _has_receipt() | _DECIDED, reference=OuterRef("leg_reference"))
    missing = Break.objects.filter(type=Break.Type.MISSING_EXTERNAL, status__in=OPEN)
    named = missing.annotate(leg_reference=Substr("subject_key", len(_MISSING) + 1))
    ended = named.filter(Exists(proved)).order_by("id").select_for_update(skip_locked=True, of=("self",))
    for found in ended:
        resolve_break(found, "The outside shows the payment, or two people have decided.", transaction_id=found.transfer_id)
    return len(ended)


def report_missing() -> int:
    """Open a break for each payment that we believe made and the outside has not shown in time; how many are new. A payment
    that was shown otherwise than ordered has a break of its own."""
    shown_otherwise = Break.objects.filter(
        transfer_id=OuterRef("transfer_id"), item__direction="debit", item__source__account_code=OuterRef("account_code")
    ).exclude(item__kind="gas")
    told = Break.objects.filter(subject_key=Concat(Value(_MISSING), OuterRef("reference")))
    source = Source.objects.filter(account_code=OuterRef("account_code"))
    # What is in doubt has people's attention, and a deadline that says no more than that.
    late = Transfer.objects.filter(_undisputed(), deadline_at__lt=clock.now())
    legs = Leg.objects.filter(
        Exists(source),
        ~_has_match(Role.PAYMENT),
        ~_has_receipt(),
        ~_DECIDED,
        ~Exists(shown_otherwise),
        ~Exists(told),
        transfer__in=late.values("pk"),
    )
    return sum(_report(leg) for leg in legs.select_related("transfer").order_by("transfer__state_entered_at", "ordinal"))


def _report(leg: Leg) -> int:
    source = Source.objects.filter(account_code=leg.account_code).earliest("code")
    open_break(
        type=Break.Type.MISSING_EXTERNAL,
        severity=Break.Severity.HIGH,
        source=source,
        subject_key=f"{_MISSING}{leg.reference}",
        title=f"Transfer {leg.transfer.reference}: the outside does not show the payment",
        explanation=f"It should have been shown by {leg.transfer.deadline_at:%Y-%m-%d %H:%M} UTC; {source.name} has no such line.",
        currency=leg.asset_id,
        expected=leg.amount,
        actual=None,
        transfer_id=leg.transfer_id,
    )
    return 1
