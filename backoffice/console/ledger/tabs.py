"""The pages of the books beside each other."""

from django.urls import reverse

from backoffice.console.parts import Tab

_PAGES: tuple[tuple[str, str, str], ...] = (("accounts", "Accounts", "console:ledger"),)


def tabs(current: str) -> list[Tab]:
    return [Tab(title, reverse(view), None, name == current) for name, title, view in _PAGES]
