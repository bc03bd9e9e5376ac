"""The pages of the trail beside each other."""

from django.urls import reverse

from backoffice.console.parts import Tab

_PAGES = (("events", "Events", "console:audit"), ("configuration", "Configuration", "console:configuration"))


def tabs(current: str) -> list[Tab]:
    return [Tab(title, reverse(view), None, name == current) for name, title, view in _PAGES]
