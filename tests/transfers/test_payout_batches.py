"""Payouts gathered into one message, on the running sandbox bank: each with its own verdict, the whole handed over once."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from lxml import etree

from approvals.commands import place_halt
from ledger.queries import trial_balance
from tests.transfers.bank_faults import faulty
from tests.transfers.batches import all_until, close, drive, joined, legs_of, times_at_the_bank
from tests.transfers.stack import Stack
from tests.transfers.world import ACCOUNT, FUNDS, UNIT, World, history, posted
from transfers.models import BankAccount, ExternalReference, PayoutBatch, ProviderCall, Transfer
from transfers.rails.registry import rails as current

pytestmark = pytest.mark.stack


def test_payouts_of_one_day_go_as_one_message_and_each_settles(gathering: World, rails: Stack) -> None:
    transfers = joined(gathering, rails, 3)
    batch = PayoutBatch.objects.get()
    assert (batch.status, batch.legs.count(), batch.content) == ("open", 3, None)
    assert not ProviderCall.objects.filter(operation="pay").exists()
    close()
    all_until(transfers, rails, "FIAT_SETTLED")
    batch.refresh_from_db()
    legs = legs_of(transfers)
    assert (batch.status, batch.count, batch.total) == ("answered", 3, sum(leg.amount for leg in legs))
    assert {leg.request_state for leg in legs} == {"responded"}
    assert times_at_the_bank(rails, legs) == [1, 1, 1]
    names = ExternalReference.objects.filter(kind="batch_message_id").values_list("value", flat=True)
    assert list(names) == [batch.message_id] * 3
    assert ProviderCall.objects.filter(operation="pay", outcome="answered").count() == 3
    assert posted("payable:payouts:MXN") == 0
    assert posted(ACCOUNT) == FUNDS - (100 + 101 + 102) * UNIT - 3 * UNIT
    assert all(row.debits == row.credits for row in trial_balance())
    for transfer in transfers:
        told = [kind for kind, *_ in history(transfer.id)]
        assert told[-3:] == ["payout_ordered", "payout_accepted", "fiat_settled"]


def test_one_that_is_rejected_stops_none_of_the_others(gathering: World, rails: Stack) -> None:
    transfers = joined(gathering, rails, 3)
    with faulty(rails, "reject", code="AC04", only=transfers[1].reference):
        close()
        all_until(transfers, rails, "FIAT_SETTLED", "FAILED")
    assert [transfer.status for transfer in transfers] == ["FIAT_SETTLED", "FAILED", "FIAT_SETTLED"]
    assert transfers[1].failure_code == "bank_rejected"
    assert times_at_the_bank(rails, legs_of(transfers)) == [1, 0, 1]
    assert posted(ACCOUNT) == FUNDS - (100 + 102) * UNIT - 2 * UNIT


def test_a_message_the_bank_cannot_take_fails_them_all_and_gives_everything_back(gathering: World, rails: Stack) -> None:
    transfers = joined(gathering, rails, 2)
    BankAccount.objects.update(holder="\u4e2d\u6587")
    close()
    all_until(transfers, rails, "FAILED")
    assert {transfer.failure_code for transfer in transfers} == {"bank_rejected"}
    assert posted(ACCOUNT) == FUNDS
    assert PayoutBatch.objects.get().verdicts.keys() == {leg.reference for leg in legs_of(transfers)}


def _silence(transfers: list[Transfer]) -> list[tuple[str, str, int]]:
    """Of each: what its leg says of its order, what it says itself, how often it was told that nobody knows."""
    for one in transfers:
        one.refresh_from_db()
    told = [[kind for kind, *_ in history(one.id)].count("unanswered") for one in transfers]
    states = [leg.request_state for one in transfers for leg in legs_of([one])]
    return list(zip(states, [one.request_state for one in transfers], told, strict=True))


@pytest.mark.parametrize("kind", ["timeout", "lose"])
def test_a_message_whose_answer_never_came_is_asked_about_and_paid_once(gathering: World, rails: Stack, kind: str) -> None:
    transfers = joined(gathering, rails, 2)
    with faulty(rails, kind):
        close()
        drive(transfers[0])
        assert transfers[0].last_error.startswith("bank_unknown: ")
        sent = PayoutBatch.objects.get()
        assert (sent.status, sent.lease_until) == ("sent", None)
        assert _silence(transfers) == [("timed_out", "timed_out", 1)] * 2
        all_until(transfers, rails, "FIAT_SETTLED")
    assert _silence(transfers) == [("responded", "responded", 1)] * 2
    answered = PayoutBatch.objects.get()
    assert (answered.message_id, answered.content, answered.sent_at) == (sent.message_id, sent.content, sent.sent_at)
    assert times_at_the_bank(rails, legs_of(transfers)) == [1, 1]


def test_who_comes_later_joins_the_next(gathering: World, rails: Stack) -> None:
    (first,) = joined(gathering, rails, 1)
    close()
    (second,) = joined(gathering, rails, 1)
    assert sorted(PayoutBatch.objects.values_list("status", flat=True)) == ["full", "open"]
    close()
    all_until([first, second], rails, "FIAT_SETTLED")
    assert PayoutBatch.objects.filter(status="answered", count=1).count() == 2


def test_a_halt_that_comes_before_the_message_leaves_its_payouts_behind(gathering: World, rails: Stack) -> None:
    transfers = joined(gathering, rails, 2)
    place_halt(scope="client", target="acme", reason="looks wrong")
    close()
    drive(transfers[0])
    assert PayoutBatch.objects.get().status == "empty"
    assert [(leg.batch_id, leg.request_state) for leg in legs_of(transfers)] == [(None, "received")] * 2
    drive(transfers[0])
    assert "looks wrong" in transfers[0].stopped_by
    assert not ProviderCall.objects.filter(operation="pay").exists()


def test_while_one_hands_it_over_the_others_wait(gathering: World, rails: Stack) -> None:
    transfers = joined(gathering, rails, 2)
    close()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_payoutbatch SET lease_until = clock_timestamp() + interval '1 minute', fence = fence + 1")
    drive(transfers[0])
    assert (transfers[0].last_error, transfers[0].attempts) == ("", 0)
    assert PayoutBatch.objects.get().status == "open"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE transfers_payoutbatch SET lease_until = NULL")
    all_until(transfers, rails, "FIAT_SETTLED")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("content = '[]'", "transfers_payout_batch_content_is_fixed"),
        ("total = total + 1", "transfers_payout_batch_content_is_fixed"),
        ("status = 'open'", "transfers_payout_batch_goes_forward"),
        ("message_id = 'ANOTHER'", "transfers_payout_batch_names_never_change"),
        ("fence = 0", "transfers_payout_batch_fence_only_grows"),
    ],
)
def test_what_was_handed_over_is_never_rewritten(gathering: World, rails: Stack, change: str, constraint: str) -> None:
    transfers = joined(gathering, rails, 1)
    close()
    all_until(transfers, rails, "FIAT_SETTLED")
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE transfers_payoutbatch SET {change}")
    assert caught.value.__cause__.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_the_message_adds_up_and_names_every_order(gathering: World, rails: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    client = current().bank_of("bank")._client
    send = client.send

    def keeping(path: str, content: bytes, **kwargs: Any) -> Any:
        sent.append(content)
        return send(path, content, **kwargs)

    monkeypatch.setattr(client, "send", keeping)
    transfers = joined(gathering, rails, 2)
    close()
    all_until(transfers, rails, "FIAT_SETTLED")
    (content,) = sent
    root = etree.fromstring(content)
    batch = PayoutBatch.objects.get()
    assert root.findtext(".//{*}GrpHdr/{*}MsgId") == batch.message_id
    assert [root.findtext(f".//{{*}}{block}/{{*}}NbOfTxs") for block in ("GrpHdr", "PmtInf")] == ["2", "2"]
    assert root.findtext(".//{*}GrpHdr/{*}CtrlSum") == f"{batch.total // 100}.{batch.total % 100:02}"
    assert sorted(element.text or "" for element in root.iter("{*}EndToEndId")) == sorted(
        leg.reference for leg in legs_of(transfers)
    )
