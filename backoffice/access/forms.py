"""Settings that an operator makes for themselves."""

import zoneinfo

from django import forms

from backoffice.access.models import Operator

# One name per place people live in; the tz database's aliases and offsets would bury them.
_REGIONS = ("Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


def zone_choices() -> list[tuple[str, str]]:
    names = sorted(name for name in zoneinfo.available_timezones() if name.startswith(_REGIONS))
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


class SettingsForm(forms.ModelForm[Operator]):
    time_zone = forms.ChoiceField(choices=zone_choices, label="Time zone", help_text="Times are shown in UTC and in this zone.")
    theme = forms.ChoiceField(choices=[("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")], label="Appearance")
    single_key_shortcuts = forms.BooleanField(
        required=False,
        label="Single-key shortcuts",
        help_text="j, k, x, g and so on. Switch off if you use speech input. Ctrl-K always works.",
    )

    class Meta:
        model = Operator
        fields = ["time_zone", "theme", "single_key_shortcuts"]
