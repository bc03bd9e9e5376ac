"""What is asked about unallocated money: that it be a client's, or that it go back. A bank's goes to the account that is given, a
chain's to the address that two people state."""

from typing import Any

from django import forms

from ledger.money import AssetUnit, Money, MoneyError


class AllocationForm(forms.Form):
    client = forms.ChoiceField(label="Client", error_messages={"required": "Choose whose money it is."})
    reason = forms.CharField(
        label="How you know",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the payer or the client sent you, and where it is kept. The approver reads it.",
    )

    def __init__(self, *args: Any, clients: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client"].choices = [("", "Choose a client"), *clients]  # type: ignore[attr-defined]


class _Fee(forms.Form):
    fee = forms.CharField(label="Fee that we keep", max_length=80, initial="0", help_text="Booked as our income. 0 keeps nothing.")

    def __init__(self, *args: Any, asset: AssetUnit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asset = asset
        self.fields["fee"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_fee(self) -> int:
        try:
            return int(Money.parse(self.cleaned_data["fee"].strip().replace(",", ""), self.asset).minor)
        except MoneyError as error:
            raise forms.ValidationError(f"{error}.") from error


class ToDebtorForm(_Fee):
    reason = forms.CharField(
        label="Why it goes back",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the payer or the bank has said, and where it is kept. The approver reads it.",
    )


class StatedForm(_Fee):
    """The second person confirms the fee of the first, and is not asked for one."""

    address = forms.CharField(
        label="Address it belongs back to",
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
        help_text="From what was sent to you, not from the transaction: the sender may be an exchange that keeps it.",
    )
    evidence = forms.CharField(
        label="Your evidence",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Who told you this address, how you know that it was them, and where it is kept.",
    )
    field_order = ("address", "evidence", "fee")

    def __init__(self, *args: Any, is_second: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_second:
            del self.fields["fee"]
