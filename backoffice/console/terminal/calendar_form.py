"""The form by which a change of a bank's calendar is asked for: days are lines of text, what is wrong is said at its field."""

from typing import Any

from django import forms

from backoffice.console.corrections.forms import reason_field
from transfers.calendars import Calendar


class CalendarForm(forms.Form):
    cut_off = forms.TimeField(
        label="Cut-off",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="What is handed over before it is worked on the same day. Empty: until it closes.",
    )
    also_closed = forms.CharField(
        label="Also closed",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Days that the list of holidays does not know, one a line: 2026-12-24, or 12-24 for every year.",
    )
    also_open = forms.CharField(
        label="Open all the same",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="Days on which the list of holidays is wrong, one a line: 2026-12-24.",
    )
    from_day = forms.DateField(
        label="From",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="From the beginning of that day at the bank. Empty: as soon as it is approved.",
    )
    reason = reason_field("Whoever decides reads it, and it stays with this reading of the calendar for good.")

    def __init__(self, *args: Any, of: Calendar, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _initial(of)} | kwargs)

    def clean_also_closed(self) -> list[str]:
        return _days(self.cleaned_data["also_closed"])

    def clean_also_open(self) -> list[str]:
        return _days(self.cleaned_data["also_open"])


def _days(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _initial(of: Calendar) -> dict[str, Any]:
    return {"cut_off": of.cut_off, "also_closed": "\n".join(sorted(of.also_closed)), "also_open": "\n".join(sorted(of.also_open))}
