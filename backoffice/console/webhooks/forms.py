"""Forms of the webhook pages: each act asks for its reason, which the audit trail keeps."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms

from approvals.models import Client
from transfers.outbox.destinations import MAX_URL_LENGTH
from transfers.outbox.vocabulary import CLIENT_EVENTS, EVERYTHING

_OVERLAPS = (("24", "For a day"), ("168", "For a week"), ("0", "Not at all: it has leaked"))
_SINCE = (("1", "The last hour"), ("24", "The last day"), ("72", "The last three days"), ("720", "The last thirty days"))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Reason", max_length=500, widget=forms.Textarea(attrs={"rows": 2}), help_text="The audit trail keeps it."
    )


class RotateForm(ReasonForm):
    overlap = forms.ChoiceField(label="The old secret signs too", choices=_OVERLAPS)
    # The newest secret when the form was drawn: sent again after a rotation, it rotates nothing.
    instead_of = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def overlap_time(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["overlap"]))


class ReplayForm(ReasonForm):
    hours = forms.ChoiceField(label="What happened in", choices=_SINCE, initial="24")

    def reach(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))


class NewWebhookForm(ReasonForm):
    client = forms.ChoiceField(label="Client")
    url = forms.CharField(
        label="Address",
        max_length=MAX_URL_LENGTH,
        help_text="An https address that anybody on the internet can reach, on port 443 or 8443.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label="Events",
        choices=[(EVERYTHING, "All, also those that come later"), *((name, name) for name in CLIENT_EVENTS)],
        initial=[EVERYTHING],
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    field_order = ["client", "url", "events", "reason"]

    def __init__(self, *args: Any, clients: Iterable[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Choose a client"), *((client.pk, client.name) for client in clients)]
        self.fields["client"].choices = choices  # type: ignore[attr-defined]
