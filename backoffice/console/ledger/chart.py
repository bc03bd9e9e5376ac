"""The chart of accounts: by asset and by side of the equation, with what each account holds.

A group shows its first accounts by code and says how many more there are, so that the page stays readable with any number of
clients; the filter finds the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from django import forms
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from backoffice.console.ledger.words import MEANINGS, TYPES, below_zero
from backoffice.console.parts import Badge
from ledger import queries
from ledger.models import Account
from ledger.money import AssetUnit
from ledger.queries import AccountBalance

_MOST_PER_GROUP = 60
_ORDER = Case(*(When(type=name, then=Value(place)) for place, name in enumerate(TYPES)), output_field=IntegerField())


class ChartFilterForm(forms.Form):
    q = forms.CharField(label="Name or code", required=False)
    asset = forms.ChoiceField(label="Asset", required=False)
    type = forms.ChoiceField(label="Side", required=False, choices=[("", "All"), *TYPES.items()])
    overdrawn = forms.BooleanField(label="Only overdrawn clients", required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        names = [(asset.id, asset.id) for asset in queries.assets()]
        self.fields["asset"].choices = [("", "All"), *names]  # type: ignore[attr-defined]

    def given(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(value).strip() for name, value in self.cleaned_data.items() if value}


@dataclass(frozen=True, slots=True)
class Line:
    """`flag` says what is wrong with a negative balance."""

    account: AccountBalance
    flag: Badge | None


@dataclass(frozen=True, slots=True)
class Group:
    """One side of the equation in one asset. `total` is known when every account of it is shown; `more` counts the others."""

    title: str
    meaning: str
    lines: list[Line]
    more: int

    @property
    def total(self) -> int | None:
        return None if self.more else sum(line.account.posted for line in self.lines)


@dataclass(frozen=True, slots=True)
class AssetChart:
    asset: AssetUnit
    groups: list[Group] = field(default_factory=list)


def charts(accounts: QuerySet[Account], given: dict[str, str], overdrawn: Sequence[str]) -> list[AssetChart]:
    """`accounts` are those that may be seen, `overdrawn` the codes of clients' accounts below zero. Two queries."""
    side = [F("asset_id"), F("type")]
    listed = (
        accounts.filter(_asked(given, overdrawn))
        .annotate(
            order=_ORDER,
            place=Window(RowNumber(), partition_by=side, order_by="code"),
            together=Window(Count("pk"), partition_by=side),
        )
        .filter(place__lte=_MOST_PER_GROUP)
        .order_by("asset_id", "order", "place")
    )
    found = list(listed.values_list("code", "asset_id", "type", "together"))
    balances = queries.balances_by_code([code for code, *_ in found])
    return [
        AssetChart(
            queries.unit(asset), [_group(side, list(rows), balances) for side, rows in groupby(of_asset, lambda row: row[2])]
        )
        for asset, of_asset in groupby(found, lambda row: row[1])
    ]


def _asked(given: dict[str, str], overdrawn: Sequence[str]) -> Q:
    asked = Q()
    if text := given.get("q"):
        asked &= Q(code__icontains=text) | Q(name__icontains=text)
    if "asset" in given:
        asked &= Q(asset_id=given["asset"])
    if "type" in given:
        asked &= Q(type=given["type"])
    return asked & Q(code__in=overdrawn) if "overdrawn" in given else asked


def _group(side: str, rows: list[tuple[str, str, str, int]], balances: dict[str, AccountBalance]) -> Group:
    accounts = [balances[code] for code, *_ in rows]
    lines = [Line(account, below_zero(account.kind, account.posted)) for account in accounts]
    return Group(TYPES[side], MEANINGS[side], lines, rows[0][3] - len(rows))
