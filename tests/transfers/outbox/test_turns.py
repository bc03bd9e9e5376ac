"""Whose message is next: an address with many waiting, or one that takes its time, keeps no other waiting."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from backoffice.alerts.jobs import all_jobs
from tests.transfers.bulk.payroll import carry_out, released, staff, wage
from tests.transfers.outbox.receivers import Receiver
from tests.transfers.outbox.story import dispatch_all, hurry, listen
from tests.transfers.world import World
from transfers.models import WebhookDelivery, WebhookEndpoint
from transfers.outbox import deliver
from transfers.outbox.deliver import HANDS_PER_ADDRESS, Claim, take
from transfers.outbox.queries import oldest_untold

ELSEWHERE = "https://example.com/in"


def address_of(claim: Claim | None) -> WebhookEndpoint:
    assert claim is not None
    return WebhookDelivery.objects.select_related("endpoint").get(pk=claim.delivery_id).endpoint


def test_one_with_many_waiting_keeps_no_other_waiting(house: World, server: Receiver) -> None:
    busy, _ = listen(server.url)
    for _ in range(6):
        house.order()
    dispatch_all()
    hurry()
    quiet, _ = listen(ELSEWHERE)
    house.order()
    dispatch_all()
    assert {address_of(take()), address_of(take())} == {busy, quiet}
    assert address_of(take()) == busy


def test_an_address_has_so_many_hands_and_the_sweep_more(house: World, server: Receiver) -> None:
    listen(server.url)
    for _ in range(HANDS_PER_ADDRESS + 2):
        house.order()
    dispatch_all()
    claims = [take() for _ in range(HANDS_PER_ADDRESS + 2)]
    assert [claim is not None for claim in claims] == [True] * HANDS_PER_ADDRESS + [False] * 2
    assert sum(job.name.startswith("messages") for job in all_jobs()) > HANDS_PER_ADDRESS


def test_of_one_address_the_longest_due_goes_first(house: World, server: Receiver) -> None:
    listen(server.url)
    made = [house.order().pk for _ in range(HANDS_PER_ADDRESS)]
    dispatch_all()
    claims = [take() for _ in made]
    events = [WebhookDelivery.objects.select_related("event").get(pk=claim.delivery_id).event for claim in claims if claim]
    assert [event.transfer_id for event in events] == made


def test_a_single_transfer_is_told_before_what_waits_of_a_file(house: World, server: Receiver) -> None:
    listen(server.url)
    released(house, [wage(name) for name in staff(HANDS_PER_ADDRESS)])
    carry_out()
    dispatch_all()
    single = house.order()
    dispatch_all()
    claim = take()
    assert claim is not None
    assert WebhookDelivery.objects.get(pk=claim.delivery_id).event.transfer_id == single.pk
    assert take() is not None


def test_a_claim_reads_a_few_rows_however_many_wait(house: World, server: Receiver) -> None:
    listen(server.url)
    for _ in range(40):
        house.order()
    dispatch_all()
    plan = explained()
    looked_at = sum(rows_of(node) for node in nodes(plan) if node.get("Relation Name") == "transfers_webhookdelivery")
    assert 0 < looked_at < 10, json.dumps(plan, indent=1)


def explained() -> dict[str, Any]:
    """The claim as the server carries it out when its tables are too long to be read whole."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {deliver._CLAIM}", deliver.CLAIMING)
        plan: dict[str, Any] = cursor.fetchone()[0][0]["Plan"]
    return plan


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def rows_of(node: dict[str, Any]) -> float:
    return float((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])


def test_what_waits_the_longest_is_seen_at_whichever_address_it_is(house: World, server: Receiver) -> None:
    assert oldest_untold() is None
    first, _ = listen(server.url)
    house.order()
    dispatch_all()
    hurry()
    listen(ELSEWHERE)
    house.order()
    dispatch_all()
    oldest = WebhookDelivery.objects.order_by("next_try_at")[0]
    assert oldest.endpoint == first
    assert oldest_untold() == oldest.next_try_at
    WebhookEndpoint.objects.filter(pk=first.pk).update(failures=1)
    assert oldest_untold() == WebhookDelivery.objects.exclude(endpoint=first).earliest("next_try_at").next_try_at


@pytest.mark.parametrize("state", ["paused", "removed"])
def test_nothing_goes_to_one_that_is_left_alone(house: World, server: Receiver, state: str) -> None:
    endpoint, _ = listen(server.url)
    house.order()
    dispatch_all()
    with connection.cursor() as cursor:
        column = {"paused": "paused_until = clock_timestamp() + interval '1 hour'", "removed": "deleted_at = clock_timestamp()"}[
            state
        ]
        cursor.execute(f"UPDATE transfers_webhookendpoint SET {column} WHERE id = %s", [endpoint.pk])
    assert take() is None
