"""The pages of the books beside each other."""

from django.urls import reverse

from backoffice.console.parts import Tab

_PAGES = (
    ("accounts", "Accounts", "console:ledger"),
    ("trial-balance", "Trial balance", "console:trial-balance"),
    ("proofs", "Proofs", "console:proofs"),
    ("periods", "Periods", "console:periods"),
    ("revenue", "Revenue", "console:revenue"),
    ("snapshots", "Snapshots", "console:snapshots"),
)


def tabs(current: str) -> list[Tab]:
    return [Tab(title, reverse(view), None, name == current) for name, title, view in _PAGES]
