"""Moments and days as filters take them: always UTC, so that an address means the same to whoever it is sent to."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError


class UtcMomentField(forms.CharField):
    """`2026-11-20T12:00`, with seconds or without, or a day alone, which is its beginning. Cleans to an aware datetime or None."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})

    def to_python(self, value: object) -> datetime | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValidationError("Write a time such as 2026-11-20T12:00, in UTC.", code="invalid") from None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def run_validators(self, value: object) -> None:
        """Those of text have run on the text."""


class UtcDayField(forms.DateField):
    """A day of UTC."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"invalid": "Write a day such as 2026-11-20."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)


def beginning_of(day: date) -> datetime:
    """Midnight UTC."""
    return datetime.combine(day, time(), UTC)
