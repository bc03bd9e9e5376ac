"""The forms by which corrections are asked for."""

from typing import Any

from django import forms

from audit.identity import new_reference
from backoffice.console import amounts
from ledger.money import AssetUnit, Money, MoneyError

_READ_BY_DECIDERS = "Whoever decides reads it, and it stays with the posting for good: what was wrong, and how you know."


def reason_field(help_text: str = _READ_BY_DECIDERS) -> forms.CharField:
    return forms.CharField(label="Why", max_length=500, widget=forms.Textarea(attrs={"rows": 3}), help_text=help_text)


def amount_field(*, required: bool = True) -> forms.CharField:
    """Major units; `minor` reads them, once the asset is known."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(label="Amount", max_length=120, required=required, widget=widget)


def reference_field() -> forms.RegexField:
    """Made when the form is drawn: what is sent with it, however often, is one posting."""
    return forms.RegexField(r"^[0-9A-HJKMNP-TV-Z]{26}$", widget=forms.HiddenInput, initial=new_reference)


def minor(text: str, asset: AssetUnit) -> int:
    """Minor units of "1,000.00". Raises ValidationError for what is no amount of the asset, or not above zero."""
    try:
        money = Money.parse(text.strip().replace(",", ""), asset)
    except MoneyError as error:
        raise forms.ValidationError(f"{error}.") from error
    if money.minor <= 0:
        raise forms.ValidationError("The amount has to be above zero.")
    return money.minor


class ReversalForm(forms.Form):
    reason = reason_field()
    below_zero = forms.BooleanField(
        label="Book it even if it takes a client below zero",
        required=False,
        help_text="Only where the money is gone outside whatever we do. Two approvers decide; the client owes us what is missing.",
    )


class StepForm(forms.Form):
    """One step about an overdraft; `amount` is cleaned to minor units."""

    reference = reference_field()
    amount = amount_field()
    counter = forms.ChoiceField()
    reason = reason_field()

    def __init__(self, *args: Any, asset: AssetUnit, most: int, label: str, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"amount": Money(most, asset).format()}} | kwargs)
        self.asset = asset
        self.fields["amount"].help_text = f"In {asset.code}; at most {amounts.text(most, asset)}."
        if choices:
            self.fields["counter"].label = label
            self.fields["counter"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["counter"]

    def clean_amount(self) -> int:
        return minor(self.cleaned_data["amount"], self.asset)


class PeriodForm(forms.Form):
    reason = reason_field("Whoever decides reads it, and it stays with the month.")
