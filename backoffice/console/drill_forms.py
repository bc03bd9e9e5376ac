"""The forms of the drill page: one per drill, with the settings that its kind has."""

from dataclasses import dataclass
from typing import Any

from django import forms

from backoffice.sandbox.drills.base import Drill, Setting, Source

_REASON_HELP = "It stands in the audit trail, so that nobody later takes the drill for an incident."


class ArmForm(forms.Form):
    """Why, how often, and the drill's own settings. Each form on the page has a prefix of its own."""

    reason = forms.CharField(label="Reason", max_length=300, help_text=_REASON_HELP)

    def __init__(self, data: Any = None, *, source: str, drill: Drill) -> None:
        super().__init__(data, prefix=f"{source}-{drill.kind}")
        self.drill = drill
        for setting in drill.settings:
            self.fields[f"set_{setting.name}"] = _field(setting)
        if drill.counted:
            self.fields["times"] = forms.IntegerField(label="How often", initial=1, min_value=1, max_value=1000)

    def settings(self) -> dict[str, str]:
        return {setting.name: self.cleaned_data[f"set_{setting.name}"].strip() for setting in self.drill.settings}

    def times(self) -> str:
        """Empty for one that is not counted."""
        return str(self.cleaned_data["times"]) if self.drill.counted else ""


def _field(setting: Setting) -> forms.Field:
    usual: dict[str, Any] = {"label": setting.label, "initial": setting.usual, "help_text": setting.help}
    usual["required"] = not setting.is_optional
    if setting.choices:
        return forms.ChoiceField(choices=list(setting.choices.items()), **usual)
    return forms.CharField(max_length=100, **usual)


class CallOffForm(forms.Form):
    reason = forms.CharField(label="Why it ends", max_length=300)


@dataclass(frozen=True, slots=True)
class Choice:
    """A drill with its form; `is_open` when the form came back with a mistake."""

    drill: Drill
    form: ArmForm
    is_open: bool

    @classmethod
    def of(cls, source: Source, drill: Drill, bound: ArmForm | None) -> "Choice":
        mine = bound if bound is not None and bound.prefix == f"{source.name}-{drill.kind}" else None
        return cls(drill, mine or ArmForm(source=source.name, drill=drill), mine is not None)
