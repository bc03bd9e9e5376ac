"""Revenue and expense of an interval by group; only of clients that the operator sees.

Who sees some clients only is shown theirs and what belongs to no client; the page says that the rest is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.urls import reverse

from approvals.models import Client
from backoffice.console.ledger.intervals import Interval, IntervalForm
from backoffice.console.ledger.words import spaced
from ledger import queries
from ledger.models import Account
from ledger.money import AssetUnit
from ledger.queries import Figure

CLIENT = "client"
GROUPS = (
    ("account", "Account"),
    ("room", "Kind of account"),
    (CLIENT, "Client"),
    ("corridor", "Corridor"),
    ("kind", "Kind of posting"),
)
# Their values are words of ours, not names.
_OUR_WORDS = ("room", "kind")


class RevenueForm(IntervalForm):
    """Left out: the last 31 days by booking, by account."""

    group = forms.ChoiceField(label="Grouped by", required=False, choices=GROUPS)
    asset = forms.ChoiceField(label="Asset", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["at"]
        names = [(asset.id, asset.id) for asset in queries.assets()]
        self.fields["asset"].choices = [("", "All"), *names]  # type: ignore[attr-defined]

    @property
    def group_name(self) -> str:
        return (self.is_valid() and self.cleaned_data["group"]) or GROUPS[0][0]

    @property
    def asset_id(self) -> str | None:
        return (self.is_valid() and self.cleaned_data["asset"]) or None


@dataclass(frozen=True, slots=True)
class Line:
    """One figure with its group in words; `url` leads to the entries behind it."""

    title: str
    figure: Figure
    url: str


@dataclass(frozen=True, slots=True)
class AssetRevenue:
    """Totals are of the lines, in minor units of `asset`."""

    asset: AssetUnit
    lines: list[Line]

    @property
    def revenue(self) -> int:
        return sum(line.figure.revenue for line in self.lines)

    @property
    def expense(self) -> int:
        return sum(line.figure.expense for line in self.lines)

    @property
    def net(self) -> int:
        return self.revenue - self.expense


def by_asset(wanted: Interval, group: str, asset_id: str | None, clients: Sequence[str] | None) -> list[AssetRevenue]:
    """`clients` may be seen, None for all of them."""
    names = names_of(group)
    found: dict[str, AssetRevenue] = {}
    for figure in figures(wanted, group, asset_id, clients):
        value = figure.group[group]
        url = f"{reverse('console:revenue-behind')}?{query(wanted, group, value, figure.asset.id)}"
        line = Line(title_of(group, value, names), figure, url)
        found.setdefault(figure.asset.id, AssetRevenue(figure.asset, [])).lines.append(line)
    return list(found.values())


def title_of(group: str, value: str, names: dict[str, str]) -> str:
    return names.get(value) or (spaced(value) if group in _OUR_WORDS else value) or "belongs to none"


def figures(wanted: Interval, group: str, asset_id: str | None, clients: Sequence[str] | None) -> list[Figure]:
    groups = (group,) if clients is None or group == CLIENT else (CLIENT, group)
    found = queries.revenue(since=wanted.since, until=wanted.until, by=wanted.by, asset_id=asset_id, group_by=groups)
    if clients is None:
        return found
    return _folded((one for one in found if one.group[CLIENT] in ("", *clients)), group)


def _folded(found: Iterable[Figure], group: str) -> list[Figure]:
    """The figures of single clients added up by the group that was asked for."""
    sums: dict[tuple[str, str], Figure] = {}
    for one in found:
        key = (one.asset.id, one.group[group])
        before = sums.get(key)
        added = replace(one, group={group: one.group[group]})
        if before is not None:
            added = replace(
                added,
                revenue=before.revenue + one.revenue,
                expense=before.expense + one.expense,
                entries=before.entries + one.entries,
            )
        sums[key] = added
    return [sums[key] for key in sorted(sums)]


def query(wanted: Interval, group: str, value: str, asset_id: str) -> str:
    """The address of one figure."""
    return wanted.query(group=group, value=value, asset=asset_id)


def names_of(group: str) -> dict[str, str]:
    """What people call the values of a group."""
    if group == CLIENT:
        return dict(Client.objects.values_list("pk", "name"))
    if group == "account":
        return dict(Account.objects.filter(type__in=["revenue", "expense"]).values_list("code", "name"))
    return {}
