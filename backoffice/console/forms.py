"""Forms of the console's own pages."""

from django import forms

from ledger.models import Account
from reconciliation.models import Source

SYSTEM_PHRASE = "halt everything"


class AccountChoiceForm(forms.Form):
    """Step one of a freeze: which account."""

    account = forms.ChoiceField(label="Account", help_text="Clients' accounts, our wallets and our bank accounts.")

    def __init__(self, *args: object, accounts: list[Account], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [(account.code, f"{account.name} ({account.code})") for account in accounts]
        self.fields["account"].choices = [("", "Choose an account"), *choices]  # type: ignore[attr-defined]


class HaltForm(forms.Form):
    """Why, and the typed phrase: stopping is for one person alone, so the form makes sure that it is meant."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Everybody reads it on every page, and so does whoever must decide to lift it.",
    )
    confirm = forms.CharField()

    def __init__(self, *args: object, phrase: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.phrase = phrase

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if typed.strip() != self.phrase:
            raise forms.ValidationError(f"That is not “{self.phrase}”. Nothing was stopped.")
        return typed


class LiftForm(forms.Form):
    """Why it may go on: two approvers read it and decide."""

    reason = forms.CharField(
        label="Why it may go on",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What was wrong, what has changed, and how you know.",
    )


class ReasonForm(forms.Form):
    """Why: it stands on the audit trail."""

    reason = forms.CharField(label="Reason", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class _SourceField(forms.ModelChoiceField[Source]):
    def label_from_instance(self, obj: Source) -> str:
        return f"{obj.name} ({obj.account_identification})"


class StatementForm(forms.Form):
    """A statement file for one of our bank accounts."""

    source = _SourceField(
        label="Bank account",
        queryset=Source.objects.filter(kind=Source.Kind.BANK_STATEMENT, active=True).order_by("name"),
        empty_label="Choose a bank account",
    )
    file = forms.FileField(label="File", help_text="camt.053, as the bank sent it.")


class VoteForm(forms.Form):
    """A decision on exactly the bytes of the page. Approving needs the typed phrase, rejecting needs a reason."""

    decision = forms.ChoiceField(choices=[("approve", "approve"), ("reject", "reject")])
    digest = forms.RegexField(r"^[0-9a-f]{64}$")
    revision = forms.IntegerField(min_value=1)
    opened_at = forms.CharField(required=False, max_length=40)
    confirm = forms.CharField(required=False)
    reason = forms.CharField(required=False, max_length=1000)

    def __init__(self, *args: object, phrase: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.phrase = phrase

    def clean(self) -> dict[str, object]:
        given: dict[str, object] = super().clean() or {}
        decision = given.get("decision")
        if decision == "approve" and str(given.get("confirm", "")).strip() != self.phrase:
            self.add_error("confirm", f"That is not {self.phrase}. Nothing was decided.")
        if decision == "reject" and not str(given.get("reason", "")).strip():
            self.add_error("reason", "Say why: colleagues read the reason, and who asked needs it.")
        return given
