"""Lines of an adjustment as a form: account, side, amount. A row without an amount is left out."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from backoffice.console import amounts
from backoffice.console.corrections.forms import amount_field, minor, reason_field, reference_field
from ledger.models import Account, LedgerTransaction
from ledger.posting import Line
from ledger.queries import unit

MOST_LINES = 12
_MORE, _SUGGESTED = 2, 200
_TOTAL = "lines-TOTAL_FORMS"


class LineForm(forms.Form):
    """Cleaned to a Line, None for a row that was left out."""

    account = forms.CharField(label="Account", required=False, max_length=200, widget=forms.TextInput(attrs={"list": "accounts"}))
    side = forms.ChoiceField(label="Side", required=False, choices=[("debit", "Debit"), ("credit", "Credit")])
    amount = amount_field(required=False)

    def __init__(self, *args: Any, accounts: QuerySet[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts = accounts
        self.line: Line | None = None
        self.asset_id = ""

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("amount"):
            account = self.accounts.filter(code=given.get("account", "").strip()).first()
            if account is None:
                raise forms.ValidationError({"account": "There is no open account of that code that you see."})
            try:
                amount = minor(given["amount"], unit(account.asset_id))
            except forms.ValidationError as error:
                raise forms.ValidationError({"amount": error}) from error
            self.asset_id = account.asset_id
            self.line = (Line.credit if given.get("side") == "credit" else Line.debit)(account.code, amount)
        return given


class _Lines(forms.BaseFormSet[LineForm]):
    def given(self) -> list[LineForm]:
        return [form for form in self.forms if form.line is not None]

    def clean(self) -> None:
        """Two lines at least, and debits equal credits in each asset; else the sums stand in the error."""
        if any(self.errors):
            return
        if len(self.given()) < 2:
            raise forms.ValidationError("An adjustment has at least two lines with an amount.")
        sums: dict[str, list[int]] = {}
        for form in self.given():
            both = sums.setdefault(form.asset_id, [0, 0])
            both[0] += form.line.debit_minor if form.line else 0
            both[1] += form.line.credit_minor if form.line else 0
        if wrong := [_differ(asset_id, *both) for asset_id, both in sums.items() if both[0] != both[1]]:
            raise forms.ValidationError(" ".join(wrong))


_Formset = forms.formset_factory(LineForm, formset=_Lines, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES)


class AdjustmentForm(forms.Form):
    """Why, and the lines. Without `data` it proposes the accounts of the original, each on the other side."""

    reference = reference_field()
    reason = reason_field()

    def __init__(self, data: Any, *, original: LedgerTransaction, accounts: QuerySet[Account]) -> None:
        is_sent = data is not None and data.get("step") != "more"
        super().__init__(data if is_sent else None, initial=data and {name: data.get(name) for name in ("reference", "reason")})
        proposed = _sent_so_far(data) if data is not None else _proposed(original)
        self.lines: Any = _Formset(
            data if is_sent else None,
            prefix="lines",
            initial=[] if is_sent else proposed,
            form_kwargs={"accounts": accounts.filter(status="open")},
        )
        self.suggested = _suggested(original, accounts)

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.lines.is_valid()])

    def given_lines(self) -> tuple[Line, ...]:
        """Of the valid form."""
        return tuple(form.line for form in self.lines.given())


def _differ(asset_id: str, debits: int, credits: int) -> str:
    return f"Debits are {amounts.text(debits, asset_id)}, credits {amounts.text(credits, asset_id)}: they have to be equal."


def _proposed(original: LedgerTransaction) -> list[dict[str, str]]:
    entries = original.entries.select_related("account").order_by("ordinal")[:MOST_LINES]
    return [{"account": entry.account.code, "side": "credit" if entry.debit else "debit"} for entry in entries]


def _sent_so_far(data: Any) -> list[dict[str, str]]:
    """What was typed, and a few empty rows after it."""
    text = data.get(_TOTAL, "")
    total = min(int(text) if text.isdecimal() else 0, MOST_LINES)
    rows = [{name: data.get(f"lines-{row}-{name}", "") for name in ("account", "side", "amount")} for row in range(total)]
    return rows + [{"side": "debit"}] * min(_MORE, MOST_LINES - total)


def _suggested(original: LedgerTransaction, accounts: QuerySet[Account]) -> list[Account]:
    """Accounts in the assets of the original, its own first."""
    entries = list(original.entries.values_list("account_id", "asset_id"))
    own = {account for account, _ in entries}
    found = accounts.filter(asset_id__in={asset for _, asset in entries}, status="open").order_by("code")[:_SUGGESTED]
    return sorted(found, key=lambda account: (account.pk not in own, account.code))
