"""What the terminal may be narrowed to."""

from collections.abc import Sequence

from django import forms

_KINDS = [("", "All"), ("wallet", "Wallets"), ("gas", "Gas"), ("bank", "Bank accounts"), ("pool", "Pools")]


class TerminalFilterForm(forms.Form):
    asset = forms.ChoiceField(label="Asset", required=False)
    kind = forms.ChoiceField(label="Kind", required=False, choices=_KINDS)
    differences = forms.BooleanField(label="Only what does not agree or is unknown", required=False)

    def __init__(self, *args: object, assets: Sequence[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["asset"].choices = [("", "All"), *((name, name) for name in assets)]  # type: ignore[attr-defined]

    def given(self) -> dict[str, str]:
        """An address of another day asks for what is no longer there: then that part of it counts for nothing."""
        self.is_valid()
        return {name: str(value) for name, value in self.cleaned_data.items() if value}
