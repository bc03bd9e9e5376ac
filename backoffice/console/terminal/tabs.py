"""The pages of the terminal."""

from django.urls import reverse

from backoffice.console.parts import Tab


def tabs(current: str, proposed: int) -> list[Tab]:
    """`proposed` is how many proposals there are."""
    return [
        Tab("Places", reverse("console:terminal"), None, current == "places"),
        Tab("Proposals", reverse("console:proposals"), proposed, current == "proposals"),
        Tab("Bank accounts", reverse("console:bank-accounts"), None, current == "banks"),
        Tab("Deposit addresses", reverse("console:sweeps"), None, current == "sweeps"),
    ]
