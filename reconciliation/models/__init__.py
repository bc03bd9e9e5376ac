"""Floor 5: what the outside says happened, held against what we say happened."""

from reconciliation.models.breaks import Break, Match
from reconciliation.models.chain import IndexedBlock
from reconciliation.models.items import ExternalItem
from reconciliation.models.readings import BalanceReading
from reconciliation.models.sources import Source, Statement, StatementFile

__all__ = ["BalanceReading", "Break", "ExternalItem", "IndexedBlock", "Match", "Source", "Statement", "StatementFile"]
