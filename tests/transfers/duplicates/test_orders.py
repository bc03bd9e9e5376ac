"""Everything is said twice and in any order: API calls, votes, tasks, hints, messages, commands. Nothing happens twice."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from standardwebhooks import Webhook

from ledger.models import LedgerTransaction
from ledger.queries.proofs import findings
from reconciliation.tasks import reconcile_task
from tests.transfers import world as worlds
from tests.transfers.api.conftest import Caller, key_for
from tests.transfers.duplicates.shuffling import REFUSED, covers
from tests.transfers.whole import Whole, whole_outside
from tests.transfers.world import BANK_ACCOUNT, FUNDS, LONG_AGO, UNIT, World, posted
from transfers import driver, tasks
from transfers.api.views.transfers import TransferCancel, Transfers
from transfers.commands.cancel import cancel
from transfers.commands.create import create_withdrawal
from transfers.commands.nonces import mend_gaps
from transfers.commands.nudge import resume, retry
from transfers.commands.reconcile import mark_reconciled
from transfers.commands.reference import fetch_rates
from transfers.commands.watching import watch_confirmed
from transfers.models import ChainTransaction, IdempotencyKey, InboundWebhook, Leg, Transfer
from transfers.webhooks.commands import process, process_or_mark, process_stored, reprocess, store
from transfers.webhooks.views import receive

pytestmark = pytest.mark.django_db
SECRET = "whsec_c2hhcmVkIGluIHRoZSB0ZXN0IGFsb25l"
ORDERS: dict[str, dict[str, Any]] = {
    "on-chain": {"amount": "100.00"},
    "off-ramp": {"amount": "200.00", "target_currency": "MXN", "destination": BANK_ACCOUNT},
    "large": {"amount": "5000.00"},
}


DEEDS = 28


class Story:
    """Three orders, and everything that anybody may say about them; each thing may be said at any time."""

    def __init__(self, world: World, whole: Whole) -> None:
        self.world, self.whole = world, whole
        self.api = Caller(key_for(world))
        self.answers: dict[str, set[str]] = {name: set() for name in ORDERS}

    def deeds(self) -> list[Callable[[], object]]:
        found: list[Callable[[], object]] = []
        for name in ORDERS:
            found += [partial(deed, name) for deed in self._of_each()]
        votes = [partial(self.vote, person) for person in (self.world.checker, self.world.second_checker)]
        everybody: list[Callable[[], object]] = [
            tasks.drive_due,
            tasks.watch_chain,
            reconcile_task,
            tasks.reference_rates,
            self.read_again,
            self.whole.mine,
        ]
        return [*found, *votes, self.cancel_what_was_sent, lambda: driver.run_due(5), *everybody]

    def _of_each(self) -> list[Callable[[str], object]]:
        return [self.create, self.advance, self.task, self.bank_says, self.reconcile, self.nudge]

    def of(self, name: str) -> Transfer | None:
        key = IdempotencyKey.objects.filter(key=name).first()
        return key.transfer if key else None

    def create(self, name: str) -> None:
        answer = self.api.create(key=name, **ORDERS[name])
        assert answer.status_code == 201, answer.content
        self.answers[name].add(json.loads(answer.content)["transaction_id"])

    def advance(self, name: str) -> None:
        transfer = self.of(name)
        if transfer is not None:
            Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
            driver.advance_one(transfer.pk)

    def task(self, name: str) -> None:
        transfer = self.of(name)
        if transfer is not None:
            tasks.advance(transfer_id=str(transfer.pk))

    def vote(self, person: Any) -> None:
        transfer = self.of("large")
        if transfer is not None:
            with suppress(*REFUSED), transaction.atomic():
                self.world.vote(transfer, person)

    def bank_says(self, name: str) -> None:
        """The same message under the same id, over HTTP, whatever the payment is at."""
        leg = Leg.objects.filter(transfer=self.of(name), rail="bank").first()
        body = f"<EndToEndId>{leg.reference if leg else 'unknown'}</EndToEndId>".encode()
        message = f"msg-{name}-{leg is not None}"
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(int(time.time())),
            "webhook-signature": Webhook(SECRET).sign(message, datetime.now(UTC), body.decode()),
        }
        answer = Client().post("/hooks/bank", body, content_type="application/xml", headers=headers)
        assert answer.status_code in (200, 202), answer.content

    def read_again(self) -> None:
        process_stored(older_than=timedelta(0))
        reprocess(source="bank", only_failed=False, reason="again", limit=10)

    def nudge(self, name: str) -> None:
        transfer = self.of(name)
        if transfer is None:
            return
        for press in (retry, resume):
            with suppress(*REFUSED), transaction.atomic():
                press(transfer.pk, "again")

    def reconcile(self, name: str) -> None:
        transfer = self.of(name)
        if transfer is not None:
            with suppress(*REFUSED), transaction.atomic():
                mark_reconciled(transfer_id=transfer.pk, evidence={"said": "by a test"})

    def cancel_what_was_sent(self) -> None:
        """By the client, and by an operator."""
        transfer = self.of("off-ramp")
        if transfer is None or transfer.status not in ("SENT_ON_CHAIN", "CONFIRMED", "FIAT_SETTLED", "RECONCILED"):
            return
        assert self.api.cancel(str(transfer.pk)).status_code == 409
        with suppress(*REFUSED), transaction.atomic():
            cancel(transfer.pk, "too late")

    def to_the_end(self) -> None:
        """What is left to be done, in its order."""
        for name in ORDERS:
            self.create(name)
        for person in (self.world.checker, self.world.second_checker):
            self.vote(person)
        for _ in range(6):
            self.whole.mine()
            for name in ORDERS:
                self.advance(name)
                self.reconcile(name)
        # Chance alone may never have asked for it in time.
        for _ in range(2):
            self.cancel_what_was_sent()


@contextmanager
def _undone() -> Iterator[None]:
    block = transaction.atomic()
    # As the test's own: the API's transaction is durable, and would refuse to be inside of any other.
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


@covers(
    Transfers.post,
    TransferCancel.post,
    receive,
    create_withdrawal,
    cancel,
    retry,
    resume,
    mark_reconciled,
    watch_confirmed,
    mend_gaps,
    fetch_rates,
    store,
    process,
    process_or_mark,
    process_stored,
    reprocess,
    tasks.advance,
    tasks.drive_due,
    tasks.watch_chain,
    tasks.reference_rates,
    reconcile_task,
)
def test_whatever_is_repeated_in_whatever_order_has_one_effect(world: World, settings: Any) -> None:
    settings.WEBHOOK_SECRETS = {"bank": SECRET}

    @examples(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(order=st.permutations(range(DEEDS)), again=st.lists(st.integers(0, DEEDS - 1), min_size=5, max_size=12))
    def shuffled(order: list[int], again: list[int]) -> None:
        with _undone(), whole_outside() as whole:
            story = Story(world, whole)
            deeds = story.deeds()
            for number in (*order, *again):
                deeds[number]()
            story.to_the_end()
            _one_effect_each(story, whole)

    shuffled()


def _one_effect_each(story: Story, whole: Whole) -> None:
    assert list(whole.tame.handed_over().values()) == [1] * 4
    assert {name: len(found) for name, found in story.answers.items()} == dict.fromkeys(ORDERS, 1)
    assert sorted(Transfer.objects.values_list("status", flat=True)) == ["RECONCILED"] * 3
    assert ChainTransaction.objects.count() == 3
    kinds = list(LedgerTransaction.objects.exclude(kind="opening_balance").values_list("kind", flat=True))
    assert sorted(kinds) == sorted(["withdrawal"] * 2 + ["conversion", "wallet_movement", "payout"] + ["network_fee"] * 3)
    fees = sum(int(one.fee_amount) for one in Transfer.objects.all())
    assert posted(worlds.ACCOUNT) == FUNDS - 5300 * UNIT - fees
    assert InboundWebhook.objects.count() <= 6
    assert list(findings()) == []
