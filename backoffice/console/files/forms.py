"""The forms of the file pages: the filter, the upload, and why a file is stopped."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from approvals.models import Client
from transfers.bulk.lines import MAX_BYTES, MAX_LINES
from transfers.commands.orders import MAX_REFERENCE_LENGTH
from transfers.models import BulkOrder
from transfers.queries.bulk import STATES

LONGEST_NAME = 120


class FileFilterForm(forms.Form):
    """The address of the page holds the whole filter."""

    status = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any state"), *((one, one.replace("_", " ").capitalize()) for one in BulkOrder.Status.values)],
    )
    client = forms.ChoiceField(label="Client", required=False)

    def __init__(self, *args: Any, clients: Iterable[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "All clients"), *((client.pk, client.name) for client in clients)]
        self.fields["client"].choices = choices  # type: ignore[attr-defined]

    def given(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class LinesForm(forms.Form):
    """Which lines of a file, in the address of its page. What makes no sense is as if it were not there."""

    state = forms.ChoiceField(required=False, choices=[("", ""), *((one, one) for one in STATES)])
    after = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)

    def given(self) -> tuple[str, int]:
        self.is_valid()
        return self.cleaned_data.get("state") or "", self.cleaned_data.get("after") or 0


class UploadForm(forms.Form):
    """Whose money, and the file."""

    client = forms.ChoiceField(label="Client", error_messages={"required": "Say whose money it is."})
    file = forms.FileField(
        label="File",
        help_text=f"Up to {MAX_LINES:,} lines and {MAX_BYTES // 1024**2} MiB.",
        error_messages={"required": "Choose the file.", "empty": "There is nothing in this file."},
    )
    reference = forms.CharField(
        required=False,
        max_length=MAX_REFERENCE_LENGTH,
        label="Client's reference",
        help_text="Such as the month of the payroll; whoever approves reads it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, clients: Iterable[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Choose a client"), *((client.pk, client.name) for client in clients)]
        self.fields["client"].choices = choices  # type: ignore[attr-defined]

    def clean_file(self) -> "UploadedFile[Any]":
        sent: UploadedFile[Any] = self.cleaned_data["file"]
        if (sent.size or 0) > MAX_BYTES:
            raise forms.ValidationError(f"A file may hold {MAX_BYTES // 1024**2} MiB. Split it.")
        return sent


class StopForm(forms.Form):
    """Why it is stopped."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays on the audit trail; the client sees only that it was stopped.",
        error_messages={"required": "Give a reason. Nothing was stopped."},
    )
