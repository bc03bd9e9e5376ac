"""What a desk by phone is waited for, and the form for each thing that it may have said."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms

from approvals import queries as control
from approvals.models import ApprovalRequest
from backoffice.access.models import Operator
from ledger.money import Money
from ledger.queries import unit
from transfers.commands.desk_settlement import payments
from transfers.commands.manual_entry import ACTION, moment_in, why_not
from transfers.models import Arrival, ManualEntry, Transfer
from transfers.states import TERMINAL

Kind = ManualEntry.Kind
_MOST = 50


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing to enter; `asked` is the request that waits for a second person already."""

    transfer: Transfer
    kind: str
    asked: ApprovalRequest | None


class EntryForm(forms.Form):
    """Common to all: which transfer it is about, and where it can be seen."""

    def __init__(self, transfer: Transfer, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.transfer = transfer

    evidence = forms.CharField(
        label="Evidence",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Which message, file or recording shows it. Whoever confirms looks there.",
    )

    def figures(self) -> dict[str, str]:
        return {name: str(value) for name, value in self.cleaned_data.items() if name != "evidence"}


class QuoteForm(EntryForm):
    rate = forms.CharField(label="Rate", max_length=40, help_text="What one of ours brings, as a plain decimal.")
    target_amount = forms.CharField(label="We get", max_length=40, help_text="In whole, after everything the desk takes.")
    minutes = forms.IntegerField(label="Good for, in minutes", min_value=1, max_value=240)
    field_order = ["rate", "target_amount", "minutes", "evidence"]

    def figures(self) -> dict[str, str]:
        figures = super().figures()
        return figures | {"expires_at": moment_in(int(figures.pop("minutes")))}


class DealForm(EntryForm):
    trade_id = forms.CharField(label="Deal number", max_length=100, help_text="The desk's own.")
    field_order = ["trade_id", "evidence"]


class SettlementForm(EntryForm):
    """The desk's payment is chosen among what the bank shows: no amount is typed."""

    arrival = forms.ChoiceField(
        label="Their payment",
        help_text="What has arrived in this currency and is unallocated. Not there yet? Wait until the bank shows it.",
    )
    field_order = ["arrival", "evidence"]

    def __init__(self, transfer: Transfer, *given: Any, **named: Any) -> None:
        super().__init__(transfer, *given, **named)
        cast("forms.ChoiceField", self.fields["arrival"]).choices = [
            (one.reference, _in_words(one)) for one in payments(transfer.target_asset_id)[:_MOST]
        ]


def _in_words(arrival: Arrival) -> str:
    asset = unit(arrival.asset_id)
    who = arrival.sender.get("name") or "nobody named"
    amount = f"{Money(int(arrival.amount), asset).format()} {asset.code}"
    return f"{amount} from {who}, {arrival.value_date:%d %b %Y}, {arrival.facts.get('text') or 'no words'}"


FORMS: dict[str, type[EntryForm]] = {Kind.QUOTE: QuoteForm, Kind.DEAL: DealForm, Kind.SETTLEMENT: SettlementForm}


def awaited(provider: str, operator: Operator) -> list[Awaited]:
    """Of the clients that this operator sees, oldest first."""
    mine = Transfer.objects.select_related("client", "quote").filter(client_id__in=control.client_scope(operator).values("pk"))
    calls: Any = mine.filter(last_error__startswith="manual_quote_awaited").exclude(status__in=TERMINAL)
    priced: Any = mine.filter(quote__provider=provider, quote__kind="firm")
    found = [(transfer, Kind.QUOTE) for transfer in calls.order_by("created_at")[:_MOST]]
    found += [(transfer, kind) for kind in (Kind.DEAL, Kind.SETTLEMENT) for transfer in priced.order_by("-created_at")[:_MOST]]
    wanted = [(transfer, kind) for transfer, kind in found if not why_not(kind, provider, transfer)]
    pending = ApprovalRequest.objects.filter(action=ACTION, status=ApprovalRequest.Status.PENDING)
    asked = {request.subject_id: request for request in pending}
    return [Awaited(transfer, kind.value, asked.get(f"{transfer.id}:{kind}")) for transfer, kind in wanted]
