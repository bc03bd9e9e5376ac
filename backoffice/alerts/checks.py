"""Looking: every rule finds its causes, new ones open an alert, those that are gone resolve theirs.

Any number of processes may look at once. A rule that breaks is logged and stops no other.
"""

from collections import defaultdict
from dataclasses import dataclass

import structlog

from backoffice.alerts.commands import open_alert, resolve
from backoffice.alerts.models import Alert
from backoffice.alerts.rules import all_rules
from backoffice.alerts.rules.base import Rule

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Looked:
    """What one look did."""

    opened: int = 0
    resolved: int = 0
    broken: int = 0


def look() -> Looked:
    """Evaluate every rule once. Must run with an actor bound, outside any transaction."""
    looked = Looked()
    # Read before the rules: an alert that another process opens meanwhile is not ours to resolve with what we had seen before it.
    already_open = defaultdict(list)
    for alert in Alert.objects.filter(resolved_at=None):
        already_open[alert.rule].append(alert)
    for rule in all_rules():
        try:
            _apply(rule, already_open[rule.name], looked)
        except Exception:
            looked.broken += 1
            log.exception("alert rule broke", rule=rule.name)
    return looked


def _apply(rule: Rule, already_open: list[Alert], looked: Looked) -> None:
    found = rule.find()
    if found is None:
        return
    known = {alert.cause_key for alert in already_open}
    lasting = {finding.cause_key for finding in found}
    looked.opened += sum(open_alert(rule.name, finding) for finding in found if finding.cause_key not in known)
    gone = [alert for alert in already_open if alert.cause_key not in lasting]
    if gone:
        reasons = rule.why_gone(gone)
        looked.resolved += sum(resolve(alert, reasons[alert.pk]) for alert in gone)
