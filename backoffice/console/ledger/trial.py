"""The trial balance: every account's balance on the side on which it stands, both sides added up, and the equation.

Accounts of clients that the operator does not see, and those beyond the first of a group, stand together in one line each, so that
the columns always add up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django import forms

from backoffice.console.ledger.intervals import BASES
from backoffice.console.ledger.words import MEANINGS, TYPES
from backoffice.console.moments import UtcMomentField
from ledger import queries
from ledger.chart import AccountType
from ledger.models import Account
from ledger.money import AssetUnit
from ledger.queries import AccountBalance, BalanceAsOf, TimeBasis

_MOST_PER_GROUP = 200
_GROWS_BY_DEBITS = (AccountType.ASSET, AccountType.EXPENSE)
_ORDER = {name: place for place, name in enumerate(TYPES)}
AnyBalance = AccountBalance | BalanceAsOf


class MomentForm(forms.Form):
    """Left out: as the books stand now."""

    at = UtcMomentField(label="As of just before (UTC)", required=False)
    by = forms.ChoiceField(label="By", required=False, choices=BASES)


@dataclass(frozen=True, slots=True)
class Line:
    """What stands on one of the two sides, in minor units. `code` is empty for a line that stands for several accounts."""

    name: str
    net: int
    code: str = ""

    @property
    def debit(self) -> int:
        return max(self.net, 0)

    @property
    def credit(self) -> int:
        return max(-self.net, 0)


@dataclass(frozen=True, slots=True)
class Group:
    """The accounts of one type. `posted` counts in the direction in which they grow."""

    type: str
    title: str
    meaning: str
    lines: list[Line]
    posted: int


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """One asset. `debits` and `credits` add up what stands in the columns; accounts at zero are left out and counted."""

    asset: AssetUnit
    groups: list[Group]
    debits: int
    credits: int
    at_zero: int

    @property
    def balances(self) -> bool:
        return self.debits == self.credits

    @property
    def used(self) -> list[Group]:
        """The left side of the equation."""
        return [group for group in self.groups if group.type in _GROWS_BY_DEBITS]

    @property
    def provided(self) -> list[Group]:
        return [group for group in self.groups if group.type not in _GROWS_BY_DEBITS]

    @property
    def used_total(self) -> int:
        return sum(group.posted for group in self.used)

    @property
    def provided_total(self) -> int:
        return sum(group.posted for group in self.provided)


def trial_balances(at: datetime | None, by: TimeBasis, seen: Sequence[str] | None) -> list[TrialBalance]:
    """Per asset. `seen` are the owners whose accounts may be named, None for everybody's."""
    found: list[AnyBalance] = [one for row in queries.trial_balance() for one in row.accounts] if at is None else [*_as_of(at, by)]
    found.sort(key=lambda one: (one.asset.id, _ORDER[one.type], one.code))
    trials = [_trial(list(accounts), seen) for _, accounts in groupby(found, lambda one: one.asset)]
    return _named(trials)


def _as_of(at: datetime, by: TimeBasis) -> list[BalanceAsOf]:
    return queries.balances_as_of(at, by)


def _trial(accounts: list[AnyBalance], seen: Sequence[str] | None) -> TrialBalance:
    standing = [account for account in accounts if _net(account)]
    groups = [_group(type_, list(of_type), seen) for type_, of_type in groupby(standing, lambda one: one.type)]
    nets = [_net(account) for account in standing]
    return TrialBalance(
        asset=accounts[0].asset,
        groups=groups,
        debits=sum(line.debit for group in groups for line in group.lines),
        credits=sum(line.credit for group in groups for line in group.lines),
        at_zero=len(accounts) - len(nets),
    )


def _group(type_: str, accounts: list[AnyBalance], seen: Sequence[str] | None) -> Group:
    visible = [account for account in accounts if seen is None or account.owner in seen]
    hidden = [account for account in accounts if seen is not None and account.owner not in seen]
    shown, rest = visible[:_MOST_PER_GROUP], visible[_MOST_PER_GROUP:]
    lines = [Line(account.code, _net(account), account.code) for account in shown]
    lines += _together("more", rest) + _together("of clients you do not see", hidden)
    return Group(type_, TYPES[type_], MEANINGS[type_], lines, sum(account.posted for account in accounts))


def _together(words: str, accounts: list[AnyBalance]) -> list[Line]:
    """Debits and credits apart: those that stand on the other side do not cancel them."""
    nets = [_net(account) for account in accounts]
    sides = [[net for net in nets if net > 0], [net for net in nets if net < 0]]
    return [Line(f"{len(side)} account{'s' if len(side) > 1 else ''} {words}", sum(side)) for side in sides if side]


def _net(account: AnyBalance) -> int:
    return account.debits - account.credits


def _named(trials: list[TrialBalance]) -> list[TrialBalance]:
    """With the names of the accounts that have a line of their own, in one query."""
    codes = [line.code for trial in trials for group in trial.groups for line in group.lines if line.code]
    names = dict(Account.objects.filter(code__in=codes).values_list("code", "name"))
    for trial in trials:
        for group in trial.groups:
            group.lines[:] = [Line(names.get(line.code, line.name), line.net, line.code) for line in group.lines]
    return trials
