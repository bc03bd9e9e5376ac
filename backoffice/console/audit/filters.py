"""The filter of the trail. All of it is in the address of the page, so that it can be sent to somebody."""

from typing import Any

from django import forms

from audit.queries import resource_types
from backoffice.console.audit import kinds, words
from backoffice.console.moments import UtcMomentField


class TrailFilterForm(forms.Form):
    actor_id = forms.CharField(label="Who", required=False)
    type = forms.ChoiceField(label="What", required=False)
    outcome = forms.ChoiceField(label="Outcome", required=False, choices=[("", "Any"), *words.OUTCOMES])
    resource_type = forms.ChoiceField(label="On what kind", required=False)
    resource_id = forms.CharField(label="Its name or id", required=False)
    since = UtcMomentField(label="From (UTC)", required=False)
    until = UtcMomentField(label="Before (UTC)", required=False)
    correlation_id = forms.CharField(label="Conversation", required=False)
    transaction_id = forms.UUIDField(label="Transfer id", required=False, error_messages={"invalid": "That is not an id."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("type", [("", "Anything"), *words.types_by_floor()])
        self._choices("resource_type", [("", "Any"), *((name, name.replace("_", " ")) for name in resource_types())])

    def _choices(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> dict[str, Any]:
        """What `audit.queries.events` takes; empty fields are left out."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def given(self) -> dict[str, str]:
        """What was filled in and makes sense, as it stands in the address."""
        self.is_valid()
        return {name: self.data[name].strip() for name in self.wanted()}


class ConfigurationFilterForm(forms.Form):
    kind = forms.ChoiceField(label="What", required=False)
    by = forms.CharField(label="Who", required=False)
    since = UtcMomentField(label="From (UTC)", required=False)
    until = UtcMomentField(label="Before (UTC)", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [("", "Everything"), *kinds.choices()]  # type: ignore[attr-defined]

    def given(self) -> dict[str, str]:
        """What was filled in and makes sense, as it stands in the address."""
        self.is_valid()
        return {name: self.data[name].strip() for name, value in self.cleaned_data.items() if value not in (None, "")}
