"""Accepting a withdrawal, and every way to refuse one."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.commands import add_destination, block_destination, place_halt, set_client_status, set_limit
from approvals.models import ApprovalRequest, Destination, LimitUse
from approvals.queries.limits import limit_usage
from audit import clock
from audit.models import AuditEvent
from ledger.models import Hold
from ledger.queries import balance
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, USDC, Books, World, available, history, request_of
from transfers.errors import NotFound, Refused
from transfers.models import Transfer

OTHER = "0x" + "cd" * 20


def test_it_holds_amount_and_fee_and_is_due_at_once(world: World) -> None:
    transfer = world.order("100.00")
    assert (transfer.status, transfer.version, transfer.money_state) == ("CREATED", 1, "reserved")
    assert transfer.source_amount == 100 * UNIT
    assert transfer.max_fee == UNIT // 2
    assert transfer.due_at is not None
    assert transfer.due_at <= clock.now()
    assert balance(ACCOUNT).posted == FUNDS
    assert available() == FUNDS - 100 * UNIT - UNIT // 2
    assert Hold.objects.get(reference=transfer.hold_reference).amount == transfer.max_total_debit
    assert history(transfer.id) == [("created", "", "CREATED")]
    assert AuditEvent.objects.filter(type="transfer.created", transaction_id=transfer.id, outcome="succeeded").count() == 1


def test_it_counts_against_the_limit(world: World) -> None:
    world.order("100.00")
    (usage,) = limit_usage("acme", "US-ETH", USDC)
    assert usage.used == 100 * UNIT


def test_a_large_one_waits_for_people_until_its_time_is_up(world: World) -> None:
    transfer = world.order("1000.00")
    assert transfer.due_at == transfer.not_after
    request = request_of(transfer)
    assert (request.status, request.quorum, request.role) == ("pending", 2, "approver")
    assert request.expires_at == transfer.not_after
    assert "waiting for our approval" in transfer.status_text


def test_a_held_one_reads_like_any_other_and_only_compliance_lets_it_go(world: World) -> None:
    transfer = world.order("500000.00")
    request = request_of(transfer)
    assert request.role == "compliance"
    assert transfer.status_text == world.order("10.00").status_text


def test_a_bare_address_and_the_asset_id_are_understood(world: World) -> None:
    transfer = world.order(source_currency=USDC, target_currency=USDC, destination=world.destination.details["address"].lower())
    assert transfer.destination_id == world.destination.id
    assert transfer.corridor_id == "US-ETH"


Change = dict[str, Any]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": "0"}, "invalid_amount", "amount"),
        ({"amount": "-5"}, "invalid_amount", "amount"),
        ({"amount": "1.0000001"}, "invalid_amount", "amount"),
        ({"amount": "1e3"}, "invalid_amount", "amount"),
        ({"amount": "ten"}, "invalid_amount", "amount"),
        ({"target_currency": "EUR"}, "unsupported_currency", "target_currency"),
        ({"source_currency": "BTC"}, "unsupported_currency", "target_currency"),
        ({"corridor": "US-XX"}, "unsupported_currency", "corridor"),
        ({"destination": {"type": "crypto_address", "network": "ethereum", "address": "0x12"}}, "invalid_destination", None),
        (
            {"destination": {"type": "crypto_address", "network": "ethereum", "address": OTHER}},
            "invalid_destination",
            "destination",
        ),
        ({"destination": {"type": "pigeon"}}, "invalid_destination", None),
        ({"reference": "x" * 201}, "invalid_request", "reference"),
        ({"amount": "999999.60"}, "insufficient_funds", "amount"),
        ({"amount": "1000000.01"}, "limit_exceeded", "amount"),
    ],
)
def test_it_refuses_and_changes_nothing(world: World, change: Change, code: str, field: str | None) -> None:
    before = Books.now()
    with pytest.raises(Refused) as caught:
        world.order(**change)
    assert caught.value.code == code
    assert field is None or field in caught.value.fields
    assert Books.now() == before
    assert not LimitUse.objects.exists()
    assert not ApprovalRequest.objects.exists()
    refusal = AuditEvent.objects.get(type="transfer.refused")
    assert refusal.outcome == "refused"
    assert refusal.reason.startswith(code)


def test_an_unknown_client_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.order(client_id="nobody")


def test_a_suspended_client_is_frozen(world: World) -> None:
    set_client_status(client_id="acme", status="suspended", reason="asked by compliance")
    with pytest.raises(Refused, match="not active"):
        world.order()
    assert not Transfer.objects.exists()


def test_a_blocked_destination_is_refused(world: World) -> None:
    block_destination(destination_id=world.destination.id, reason="reported")
    with pytest.raises(Refused) as caught:
        world.order()
    assert caught.value.code == "invalid_destination"


def test_a_new_destination_is_refused_with_the_hour_it_opens(world: World) -> None:
    details = {"type": "crypto_address", "network": "ethereum", "address": OTHER}
    add_destination(client_id="acme", kind="crypto_address", details=details, label="New", cooling_off=timedelta(hours=24))
    before = Books.now()
    with pytest.raises(Refused, match="can be used from") as caught:
        world.order(destination=details)
    assert caught.value.code == "invalid_destination"
    assert Books.now() == before
    Destination.objects.filter(fingerprint__endswith="cd").update(cooling_off_until=clock.now())
    assert world.order(destination=details).status == "CREATED"


@pytest.mark.parametrize(
    ("scope", "target", "code"),
    [
        ("system", "", "system_halted"),
        ("client", "acme", "account_frozen"),
        ("account", ACCOUNT, "account_frozen"),
        ("corridor", "US-ETH", "corridor_halted"),
    ],
)
def test_a_halt_refuses_new_orders(world: World, scope: str, target: str, code: str) -> None:
    place_halt(scope=scope, target=target, reason="drill")
    before = Books.now()
    with pytest.raises(Refused) as caught:
        world.order()
    assert caught.value.code == code
    assert Books.now() == before


def test_a_limit_says_what_is_left(world: World) -> None:
    set_limit(asset_id=USDC, window="transaction", amount=50 * UNIT, client_id="acme")
    with pytest.raises(Refused, match=r"50\.00") as caught:
        world.order("51.00")
    assert caught.value.code == "limit_exceeded"
