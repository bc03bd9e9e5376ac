"""Deadlines on the row, value dates on the legs of banks, and the calendars both follow from."""

import simple_history.models
from django.db import migrations, models

import approvals.models.history
import audit.identity


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0004_versions_say_why"),
        ("ledger", "0013_quiet_summaries"),
        ("transfers", "0011_incoming"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankCalendar",
            fields=[
                ("id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("code", models.SlugField(max_length=40)),
                ("valid_from", models.DateTimeField()),
                ("title", models.TextField()),
                ("zone", models.TextField()),
                (
                    "market",
                    models.TextField(
                        blank=True, default="", help_text="List of holidays: a payment system or exchange, or a country."
                    ),
                ),
                ("weekdays", models.CharField(default="01234", help_text="Working days, Monday is 0.", max_length=7)),
                ("opens", models.TimeField()),
                (
                    "cut_off",
                    models.TimeField(help_text="Orders before it are worked on the same day; empty: until it closes.", null=True),
                ),
                ("closes", models.TimeField(help_text="Empty is midnight.", null=True)),
                ("settlement_days", models.PositiveSmallIntegerField(default=0)),
                ("settlement_hours", models.PositiveSmallIntegerField(default=4)),
                ("also_closed", models.JSONField(default=list)),
                ("also_open", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "bank calendar",
            },
        ),
        migrations.CreateModel(
            name="HistoricalBankCalendar",
            fields=[
                ("correlation_id", models.TextField(default=approvals.models.history.conversation)),
                ("request_id", models.TextField(default=approvals.models.history.request)),
                ("id", models.UUIDField(db_index=True, default=audit.identity.new_id, editable=False)),
                ("code", models.SlugField(max_length=40)),
                ("valid_from", models.DateTimeField()),
                ("title", models.TextField()),
                ("zone", models.TextField()),
                (
                    "market",
                    models.TextField(
                        blank=True, default="", help_text="List of holidays: a payment system or exchange, or a country."
                    ),
                ),
                ("weekdays", models.CharField(default="01234", help_text="Working days, Monday is 0.", max_length=7)),
                ("opens", models.TimeField()),
                (
                    "cut_off",
                    models.TimeField(help_text="Orders before it are worked on the same day; empty: until it closes.", null=True),
                ),
                ("closes", models.TimeField(help_text="Empty is midnight.", null=True)),
                ("settlement_days", models.PositiveSmallIntegerField(default=0)),
                ("settlement_hours", models.PositiveSmallIntegerField(default=4)),
                ("also_closed", models.JSONField(default=list)),
                ("also_open", models.JSONField(default=list)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_user_id", models.TextField()),
                ("history_id", models.UUIDField(default=audit.identity.new_id, editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
            ],
            options={
                "verbose_name": "historical bank calendar",
                "verbose_name_plural": "historical bank calendars",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="bankaccount",
            name="calendar_code",
            field=models.TextField(blank=True, default="", help_text="Calendar of the rail it pays over; empty: open at any time."),
        ),
        migrations.AddField(
            model_name="leg",
            name="expected_on",
            field=models.DateField(help_text="The day the beneficiary should have it.", null=True),
        ),
        migrations.AddField(
            model_name="leg",
            name="missed_cut_off",
            field=models.TextField(blank=True, default="", help_text="Why it is not worked on the day it was ordered, in words."),
        ),
        migrations.AddField(
            model_name="leg",
            name="value_date",
            field=models.DateField(help_text="The day the bank was asked to work on it.", null=True),
        ),
        migrations.AddField(
            model_name="transfer",
            name="deadline_at",
            field=models.DateTimeField(
                help_text="By when it should have left this state; null when nothing is awaited.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="transfer",
            index=models.Index(
                condition=models.Q(("deadline_at__isnull", False)), fields=["deadline_at"], name="transfers_transfer_deadline"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankcalendar",
            constraint=models.UniqueConstraint(fields=("code", "valid_from"), name="transfers_bank_calendar_begins_once"),
        ),
    ]
