"""How the proofs stand, for reading: what is not known to hold is never shown as if it did."""

from dataclasses import dataclass
from datetime import timedelta

from audit import clock
from backoffice.access.models import Operator
from backoffice.access.roles import VIEW_CLIENT
from backoffice.console.parts import Badge, Tone
from ledger.models import ProofRun
from ledger.proofs.registry import all_proofs
from ledger.queries.client_money import ClientMoney, client_money
from ledger.queries.proofs import BROKEN, HOLDS, ProofStatus, latest_runs, proof_status, seconds_since_last_run

# The scheduled check runs every minute. A thorough proof runs once a day only.
STALE = timedelta(minutes=10)
THOROUGH_STALE = timedelta(hours=26)
_RUNS = 15


@dataclass(frozen=True, slots=True)
class ProofLine:
    """`badge` is holds, broken or unknown. `shows_findings` is False for those who may not see every client's accounts."""

    status: ProofStatus
    badge: Badge
    is_thorough: bool
    shows_findings: bool


@dataclass(frozen=True, slots=True)
class ProofsPage:
    """`silent` is how long ago the last run ended, None when there was none; `is_stale` that this is too long."""

    heading: str
    lines: list[ProofLine]
    money: list[ClientMoney]
    runs: list[ProofRun]
    silent: timedelta | None
    is_stale: bool


def page(operator: Operator) -> ProofsPage:
    seconds = seconds_since_last_run()
    silent = None if seconds is None else timedelta(seconds=seconds)
    is_stale = silent is None or silent > STALE
    lines = _lines(is_stale=is_stale, shows_findings=operator.has_perm(VIEW_CLIENT))
    money = client_money()
    return ProofsPage(_heading(lines, money), lines, money, latest_runs(_RUNS), silent, is_stale)


def _lines(*, is_stale: bool, shows_findings: bool) -> list[ProofLine]:
    thorough = {proof.name for proof in all_proofs() if proof.thorough}
    return [
        ProofLine(
            status,
            _badge(status, _is_old(status) if status.name in thorough else is_stale),
            status.name in thorough,
            shows_findings,
        )
        for status in proof_status()
    ]


def _is_old(status: ProofStatus) -> bool:
    return status.proved_at is None or clock.now() - status.proved_at > THOROUGH_STALE


def _badge(status: ProofStatus, is_old: bool) -> Badge:
    """Broken stays broken, however old; holding does not last."""
    if status.state == BROKEN:
        return Badge("broken", Tone.DANGER)
    if status.state == HOLDS and not is_old:
        return Badge("holds", Tone.DONE)
    return Badge("unknown", Tone.LOOK)


def _heading(lines: list[ProofLine], money: list[ClientMoney]) -> str:
    """The worst that is the case."""
    if short := [row.asset.id for row in money if not row.holds]:
        return f"Client money is not covered in {' and '.join(short)}"
    states = [line.badge.text for line in lines]
    if broken := states.count("broken"):
        return f"{broken} of {len(states)} proofs {'is' if broken == 1 else 'are'} broken"
    if unknown := states.count("unknown"):
        return f"It is not known whether the books hold: {unknown} of {len(states)} proofs are out of date"
    return f"All {len(states)} proofs hold"
