"""The forms of the transfer pages: the filter, the order, and the reasons and evidence that actions ask for."""

from collections.abc import Iterable
from typing import Any

from django import forms

from approvals.models import Client, Corridor, Destination
from backoffice.console import amounts
from backoffice.console.transfers.incoming import TITLES
from ledger.money import Money, MoneyError
from ledger.queries import unit
from transfers.commands.orders import MAX_REFERENCE_LENGTH
from transfers.commands.speed_up import GasRoom
from transfers.commands.verdicts import LEAST_EVIDENCE
from transfers.rails.bank.camt056 import REASONS
from transfers.states import Status


class TransferFilterForm(forms.Form):
    """The address of the page holds the whole filter, so that it can be sent to somebody."""

    status = forms.ChoiceField(label="State", required=False)
    client = forms.ChoiceField(label="Client", required=False)
    route = forms.ChoiceField(label="Kind", required=False)
    corridor = forms.ChoiceField(label="Corridor", required=False)
    stopped = forms.BooleanField(label="Only stopped by a halt", required=False)
    checks = forms.BooleanField(label="Health checks too", required=False)

    def __init__(self, *args: Any, clients: Iterable[Client], corridors: Iterable[Corridor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [(status.value, status.words.capitalize()) for status in Status]
        self._choices("status", "Any state", states)
        self._choices("client", "All clients", [(client.pk, client.name) for client in clients])
        self._choices("route", "Any kind", list(TITLES.items()))
        self._choices("corridor", "All corridors", [(corridor.pk, f"{corridor.name} ({corridor.pk})") for corridor in corridors])

    def _choices(self, name: str, everything: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", everything), *choices]  # type: ignore[attr-defined]

    def given(self) -> dict[str, str]:
        """What was filled in and understood, as it stands in the address."""
        self.is_valid()
        return {name: "on" if value is True else value for name, value in self.cleaned_data.items() if value}


class ClientChoiceForm(forms.Form):
    """Step one of a withdrawal: whose money."""

    client = forms.ChoiceField(label="Client")

    def __init__(self, *args: Any, clients: Iterable[Client], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Choose a client"), *((client.pk, client.name) for client in clients)]
        self.fields["client"].choices = choices  # type: ignore[attr-defined]


class WithdrawalForm(forms.Form):
    """Step two. `token` is made when the form is drawn: whatever is sent with it becomes one transfer at most."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    destination = forms.ModelChoiceField(Destination.objects.none(), error_messages={"required": "Choose where the money goes."})
    amount = forms.CharField(
        max_length=60,
        help_text="What the destination gets credited for, in major units, such as 1,000.00. Our fee comes on top.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Give an amount."},
    )
    corridor = forms.ChoiceField(label="Corridor", required=False)
    reference = forms.CharField(
        required=False,
        max_length=MAX_REFERENCE_LENGTH,
        label="Client's reference",
        help_text="An invoice or payroll number, so that the client recognises it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, client: Client, lanes: Iterable[Corridor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        destinations = Destination.objects.filter(client=client, status=Destination.Status.ALLOWED)
        self.fields["destination"].queryset = destinations  # type: ignore[attr-defined]
        choices = [("", "Resolve it from the destination"), *((lane.pk, f"{lane.name} ({lane.pk})") for lane in lanes)]
        self.fields["corridor"].choices = choices  # type: ignore[attr-defined]

    def clean_amount(self) -> str:
        """Thousands separators are how people write; the order wants none."""
        return str(self.cleaned_data["amount"]).strip().replace(",", "").replace(" ", "")


class ReasonForm(forms.Form):
    """Why somebody steps in: colleagues read it in the timeline."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Colleagues read it in the timeline.",
        error_messages={"required": "Give a reason. Nothing was done."},
    )


class EvidenceForm(ReasonForm):
    """What others decide on."""

    reason = forms.CharField(
        label="Evidence",
        min_length=LEAST_EVIDENCE,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What was seen or said, where, when and by whom. The approvers read exactly this.",
        error_messages={
            "required": "Give the evidence. Nothing was asked for.",
            "min_length": "Say what was seen, where and by whom: others decide on it. Nothing was asked for.",
        },
    )


class SpeedUpForm(ReasonForm):
    """What may be spent on gas, in major units of the gas asset: up to `room.alone` one operator decides, above it an approver."""

    gas = forms.CharField(
        label="Spend on gas at most",
        max_length=60,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"required": "Give what may be spent on gas. Nothing was done."},
    )
    field_order = ("gas", "reason")

    def __init__(self, *args: Any, room: GasRoom, **kwargs: Any) -> None:
        self._room = room
        super().__init__(*args, **kwargs)
        self.fields["gas"].initial = Money(room.after, unit(room.asset_id)).format()
        alone, most = (amounts.text(one, room.asset_id) for one in (room.alone, room.most))
        self.fields["gas"].help_text = f"Up to {alone} at once. Above it, up to {most}, an approver other than you decides first."

    def clean_gas(self) -> int:
        """In minor units."""
        try:
            gas = Money.parse(self.cleaned_data["gas"].strip().replace(",", ""), unit(self._room.asset_id)).minor
        except MoneyError as error:
            raise forms.ValidationError(f"{error}. Nothing was done.") from error
        if gas < self._room.reserved:
            raise forms.ValidationError(f"{amounts.text(self._room.reserved, self._room.asset_id)} are reserved for it already.")
        return gas


class RecallForm(ReasonForm):
    """Why a payout is called back: the code for the bank, the words for both."""

    reason_code = forms.ChoiceField(
        label="Why",
        choices=[("", "Choose a reason"), *REASONS.items()],
        error_messages={"required": "Choose why. Nothing was asked for."},
    )
    reason = forms.CharField(
        label="In words",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The approver reads it, and so does the bank.",
        error_messages={"required": "Give a reason. Nothing was asked for."},
    )


class CancelForm(forms.Form):
    """Why it is cancelled: the client's people ask, and colleagues read it in the timeline."""

    reason = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Colleagues read it in the timeline; the client is only told that it was cancelled.",
        error_messages={"required": "Give a reason. Nothing was cancelled."},
    )
