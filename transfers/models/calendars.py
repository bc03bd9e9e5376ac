"""Calendars of bank rails, as configuration: effective-dated, every version kept."""

from django.db import models

from approvals.models.history import Versioned, versions
from audit.identity import new_id


class BankCalendar(Versioned):
    """How the calendar `code` reads from `valid_from` on, until the next row with the same code begins. What the fields mean is
    said by transfers.calendars.Calendar, which also checks them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(max_length=40)
    valid_from = models.DateTimeField()
    title = models.TextField()
    zone = models.TextField()
    market = models.TextField(blank=True, default="", help_text="List of holidays: a payment system or exchange, or a country.")
    weekdays = models.CharField(max_length=7, default="01234", help_text="Working days, Monday is 0.")
    opens = models.TimeField()
    cut_off = models.TimeField(null=True, help_text="Orders before it are worked on the same day; empty: until it closes.")
    closes = models.TimeField(null=True, help_text="Empty is midnight.")
    settlement_days = models.PositiveSmallIntegerField(default=0)
    settlement_hours = models.PositiveSmallIntegerField(default=4)
    also_closed = models.JSONField(default=list)
    also_open = models.JSONField(default=list)

    history = versions()

    class Meta:
        verbose_name = "bank calendar"
        permissions = [("manage_calendar", "Can ask for changes of a bank's calendar")]
        constraints = [models.UniqueConstraint(fields=["code", "valid_from"], name="transfers_bank_calendar_begins_once")]
