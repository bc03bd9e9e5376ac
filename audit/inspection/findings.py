"""What a look found, and how much was looked at."""

from collections import Counter
from dataclasses import dataclass, field

# Of each check; the rest is counted. Whoever rewrote a million rows needs no million lines.
MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """`check` is the name of the check, `subject` what it is about, such as `leaf 7`."""

    check: str
    subject: str
    message: str


@dataclass(slots=True)
class Report:
    """Holds when there is no finding. `notes` are worth knowing and nothing is wrong with them."""

    events: int = 0
    checkpoints: int = 0
    anchored: int = 0
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _counts: Counter[str] = field(default_factory=Counter)

    def add(self, check: str, subject: str, message: str) -> None:
        self._counts[check] += 1
        if self._counts[check] <= MOST_LISTED:
            self.findings.append(Finding(check, subject, message))

    def close(self) -> None:
        """Say how many were not listed."""
        for check, count in self._counts.items():
            if count > MOST_LISTED:
                self.findings.append(Finding(check, "more", f"{count - MOST_LISTED} more of the same kind"))

    @property
    def holds(self) -> bool:
        return not self.findings
