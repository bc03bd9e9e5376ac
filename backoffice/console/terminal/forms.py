"""The form by which liquidity levels are asked for: amounts in major units, cleaned to minor ones."""

from typing import Any

from django import forms

from backoffice.console.corrections.forms import reason_field
from ledger.money import AssetUnit, Money, MoneyError
from transfers.models import LiquidityLevel
from transfers.queries.liquidity import Liquidity


class LevelsForm(forms.Form):
    funding = forms.ChoiceField(label="How it is funded", choices=LiquidityLevel.Funding.choices)
    minimum = forms.CharField(label="Minimum", max_length=120, help_text="Below it there is an alert.")
    target = forms.CharField(label="Target", max_length=120, help_text="What it is brought back to.")
    maximum = forms.CharField(label="Maximum", max_length=120, required=False, help_text="Above it there is an alert. Empty: none.")
    reason = reason_field("Whoever decides reads it, and it stays with this version of the levels for good.")

    def __init__(self, *args: Any, of: Liquidity, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(of)} | kwargs)
        self.asset: AssetUnit = of.asset
        for name in ("minimum", "target", "maximum"):
            self.fields[name].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_minimum(self) -> int:
        return self._minor("minimum")

    def clean_target(self) -> int:
        return self._minor("target")

    def clean_maximum(self) -> int | None:
        return self._minor("maximum") if self.cleaned_data["maximum"].strip() else None

    def clean(self) -> dict[str, Any]:
        """The command refuses the same; here it is said at the field."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if {"minimum", "target"} <= given.keys() and given["target"] < given["minimum"]:
            self.add_error("target", "At least the minimum.")
        most = given.get("maximum")
        if most is not None and given.get("target") is not None and most < given["target"]:
            self.add_error("maximum", "At least the target, or empty.")
        return given

    def _minor(self, name: str) -> int:
        try:
            money = Money.parse(self.cleaned_data[name].strip().replace(",", ""), self.asset)
        except MoneyError as error:
            raise forms.ValidationError(f"{error}.") from error
        if money.minor < 0:
            raise forms.ValidationError("Not below zero.")
        return money.minor


def _initial(of: Liquidity) -> dict[str, str]:
    if of.level is None:
        return {}
    amounts = {"minimum": of.level.minimum, "target": of.level.target, "maximum": of.level.maximum}
    shown = {name: Money(amount, of.asset).format() for name, amount in amounts.items() if amount is not None}
    return shown | {"funding": of.level.funding}
