"""Looking: what opens an alert, once, and what resolves it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from audit import clock, context
from audit.context import Actor
from audit.models import AuditEvent
from backoffice.alerts import checks, commands, thresholds
from backoffice.alerts.models import Alert, Delivery
from backoffice.alerts.rules import all_rules, breaks, processes, time_in_state
from backoffice.console.runbooks import RUNBOOKS
from backoffice.health import heartbeats
from reconciliation.models import Break, Source
from tests.alerts.looking import in_state, later, opened
from tests.transfers.world import World
from transfers.models import Transfer
from transfers.states import Route, Status

STATES = [
    (Route.ON_CHAIN_WITHDRAWAL, "QUOTED", {"minutes": 5}, "transfer-stuck-quoted"),
    (Route.ON_CHAIN_WITHDRAWAL, "FUNDS_LOCKED", {"hours": 1}, "transfer-stuck-funds-locked"),
    (Route.ON_CHAIN_WITHDRAWAL, "SENT_ON_CHAIN", {"minutes": 10}, "transfer-stuck-sent-on-chain"),
    (Route.ON_CHAIN_WITHDRAWAL, "CONFIRMED", {"hours": 24}, "transfer-unreconciled"),
    (Route.OFF_RAMP, "SENT_ON_CHAIN", {"minutes": 10}, "transfer-stuck-sent-on-chain"),
    (Route.OFF_RAMP, "CONFIRMED", {"hours": 4}, "transfer-stuck-confirmed"),
    (Route.OFF_RAMP, "FIAT_SETTLED", {"hours": 24}, "transfer-unreconciled"),
]

pytestmark = pytest.mark.usefixtures("healthy")


@pytest.mark.parametrize(("route", "status", "span", "runbook"), STATES, ids=[f"{r}-{s}" for r, s, _, _ in STATES])
def test_each_state_has_its_time(world: World, route: Route, status: str, span: dict[str, float], runbook: str) -> None:
    transfer = world.order()
    moment = clock.now()
    in_state(transfer, status, moment, route=route)
    with clock.using(lambda: moment + timedelta(**span)):
        assert checks.look().opened == 0
    with clock.using(lambda: moment + timedelta(**span) + timedelta(seconds=1)):
        assert checks.look().opened == 1
        assert checks.look().opened == 0
    alert = Alert.objects.get()
    assert (alert.rule, alert.runbook) == (f"time in state: {route} {status}", runbook)
    assert alert.runbook in RUNBOOKS
    assert (alert.transfer_id, alert.client_id, alert.link) == (transfer.pk, "acme", f"/transfers/{transfer.pk}/")
    assert transfer.reference in alert.title


def test_one_that_waits_for_people_has_more_time(world: World) -> None:
    world.order("5000.00")
    assert opened(hours=1, minutes=59) == []
    assert opened(hours=2, seconds=1) == [("time in state: on_chain_withdrawal CREATED (approval)", "transfer-stuck-created")]


def test_one_that_waits_for_its_quote_has_less(world: World) -> None:
    world.order("100.00")
    assert opened(minutes=4) == []
    assert opened(minutes=5, seconds=1) == [("time in state: on_chain_withdrawal CREATED", "transfer-stuck-created")]


def test_after_the_approval_the_machine_s_time_begins_then(world: World) -> None:
    transfer = world.order("5000.00")
    in_state(transfer, "CREATED", clock.now() - timedelta(hours=1))
    world.approve(transfer)
    assert opened(minutes=4) == []
    assert opened(minutes=6) == [("time in state: on_chain_withdrawal CREATED", "transfer-stuck-created")]


def test_it_resolves_itself_and_says_why(world: World) -> None:
    transfer = world.order()
    opened(minutes=6)
    in_state(transfer, "QUOTED", clock.now() + timedelta(minutes=6))
    with later(minutes=7):
        looked = checks.look()
    assert (looked.opened, looked.resolved) == (0, 1)
    alert = Alert.objects.get()
    assert alert.resolved_at is not None
    assert alert.resolution == "The transfer moved on to “Quoted”."
    assert sorted(Delivery.objects.values_list("channel", "event")) == [("oncall", "opened"), ("oncall", "resolved")]
    told = AuditEvent.objects.filter(resource_type="alert").order_by("recorded_at")
    assert [(event.type, event.transaction_id) for event in told] == [
        ("alert.opened", transfer.pk),
        ("alert.resolved", transfer.pk),
    ]


def test_a_cause_that_comes_back_is_a_new_alert(world: World) -> None:
    transfer = world.order()
    opened(minutes=6)
    in_state(transfer, "QUOTED", clock.now() + timedelta(minutes=6))
    opened(minutes=7)
    in_state(transfer, "CREATED", clock.now() + timedelta(minutes=8))
    assert len(opened(minutes=20)) == 1
    assert Alert.objects.count() == 2


def test_ended_ones_alert_nobody(world: World) -> None:
    for status in (Status.RECONCILED, Status.FAILED, Status.CANCELLED, Status.EXPIRED):
        in_state(world.order(), status, clock.now())
    assert opened(days=30) == []


def test_the_reason_is_in_the_alert(world: World) -> None:
    in_state(world.order(), "FUNDS_LOCKED", clock.now(), last_error="the signer does not answer", stopped_by="Halt of US-ETH")
    opened(hours=2)
    detail = Alert.objects.get().detail
    assert detail.startswith("It has been “Funds locked” since")
    assert "waits for signature and broadcast" in detail
    assert "Stopped by: Halt of US-ETH." in detail
    assert "Last error: the signer does not answer" in detail


def test_a_thousand_stuck_ones_do_not_ring_a_thousand_times(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_in_state, "ALERTS_PER_RULE", 2)
    for _ in range(5):
        world.order()
    assert len(opened(minutes=6)) == 3
    rest = Alert.objects.get(cause_key="rest")
    assert rest.title == "3 more transfers are “Created” for over 5 minutes"
    assert rest.transfer_id is None
    for transfer in Transfer.objects.order_by("created_at")[:3]:
        in_state(transfer, "CANCELLED", clock.now())
    # Two are left: each has its alert now, and the one for the rest is gone.
    assert len(opened(minutes=7)) == 2
    rest.refresh_from_db()
    assert rest.resolution == "The others have alerts of their own now, or have moved on."


def test_thresholds_can_be_replaced_for_a_drill(world: World) -> None:
    world.order()
    world.order("5000.00")
    with override_settings(ALERT_THRESHOLDS={"on_chain_withdrawal:CREATED": "0", "CREATED": "900", "CREATED:approval": "3600"}):
        assert len(opened(seconds=1)) == 1
        assert len(opened(hours=1, seconds=1)) == 2


@pytest.mark.parametrize("given", [{"CREATE": "1"}, {"CREATED": "soon"}, {"CREATED": "-1"}, {"process": "nan"}])
def test_a_wrong_threshold_is_found_at_the_start(given: dict[str, str]) -> None:
    with override_settings(ALERT_THRESHOLDS=given):
        assert [error.id for error in thresholds.check_settings()] == ["alerts.E001"]


def test_right_thresholds_are_not(db: None) -> None:
    with override_settings(ALERT_THRESHOLDS={"CREATED": "1", "off_ramp:CONFIRMED": "2.5", "process": "5"}):
        assert thresholds.check_settings() == []


def test_a_dead_kind_of_process_raises_one_alert(monkeypatch: pytest.MonkeyPatch, bound: None) -> None:
    monkeypatch.setattr(processes, "looking_since_s", lambda: 61.0)
    _silent("beat", 61)
    _silent("worker", 59)
    assert (checks.look().opened, checks.look().opened) == (1, 0)
    alert = Alert.objects.get()
    assert (alert.cause_key, alert.runbook, alert.severity) == ("beat", "process-dead", "critical")
    heartbeats.sign(name="beat", kind="beat")
    assert checks.look().resolved == 1
    alert.refresh_from_db()
    assert alert.resolution == "The beat reports again."


def test_one_worker_of_two_is_no_alarm(monkeypatch: pytest.MonkeyPatch, bound: None) -> None:
    monkeypatch.setattr(processes, "looking_since_s", lambda: 61.0)
    heartbeats.sign(name="worker-2", kind="worker")
    _silent("worker", 600)
    assert checks.look().opened == 0


def test_after_a_cold_start_nobody_is_dead_yet(monkeypatch: pytest.MonkeyPatch, bound: None) -> None:
    _silent("beat", 6000)
    monkeypatch.setattr(processes, "looking_since_s", lambda: 59.0)
    assert checks.look().opened == 0


def _silent(name: str, seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE transfers_heartbeat SET seen_at = clock_timestamp() - make_interval(secs => %s) WHERE name = %s",
            [seconds, name],
        )


def test_a_break_past_its_deadline(bound: None) -> None:
    row = _break()
    assert opened(minutes=59) == []
    assert opened(hours=2) == [("break overdue", "transfer-unreconciled")]
    assert Alert.objects.get().title == f"Break {row.reference} is past its deadline"
    Break.objects.filter(pk=row.pk).update(status="resolved", resolved_at=clock.now(), resolution="matched")
    assert opened(hours=3) == []
    assert Alert.objects.get().resolution == "The break is resolved."


def _break() -> Break:
    with context.bind(Actor.system("test")):
        source = Source.objects.create(code="bank", name="Bank", kind="bank_statement")
    return Break.objects.create(
        reference="0123456789ABCDEFGHJKMNPQRS",
        type="external_only",
        severity="high",
        source=source,
        subject_key="line 1",
        title="A line matches nothing.",
        explanation="",
        currency="MXN",
        opened_at=clock.now(),
        deadline_at=clock.now() + timedelta(hours=1),
    )


def test_a_rule_that_breaks_stops_no_other_and_resolves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _break()
    assert len(opened(hours=2)) == 1

    def break_down(_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(breaks.OverdueBreaks, "find", break_down)
    world.order()
    with later(hours=2):
        looked = checks.look()
    assert (looked.broken, looked.opened, looked.resolved) == (1, 1, 0)


def test_no_two_rules_share_a_name() -> None:
    """It is part of an alert's identity."""
    names = [rule.name for rule in all_rules()]
    assert len(names) == len(set(names))


def test_what_somebody_opened_after_we_looked_is_not_ours_to_resolve(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = world.order()
    rule = time_in_state.TimeInState(Route.ON_CHAIN_WITHDRAWAL, Status.CREATED, "its quote")
    with later(minutes=6):
        found = rule.find()
    assert found
    mine = time_in_state.TimeInState.find

    def meanwhile(self: time_in_state.TimeInState) -> Any:
        seen = mine(self)
        if self.name == rule.name:
            commands.open_alert(rule.name, found[0])
        return seen

    monkeypatch.setattr(time_in_state.TimeInState, "find", meanwhile)
    assert checks.look().resolved == 0
    assert Alert.objects.get(resolved_at=None).transfer_id == transfer.pk
