"""Words that clients rely on: how an approval stands, and what a fee is called."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from approvals.commands.expiry import expire_due
from audit import clock
from tests.transfers.api.conftest import Caller
from tests.transfers.tame import tame_outside
from tests.transfers.within import OWN, exchange
from tests.transfers.world import World, drive_until, request_of
from transfers.commands.cancel import cancel
from transfers.models import Transfer

Decision = Callable[[World, Transfer], None]


def _lapses(_: World, transfer: Transfer) -> None:
    after = transfer.good_until + timedelta(seconds=1)
    with clock.using(lambda: after):
        expire_due()


def _withdrawn(_: World, transfer: Transfer) -> None:
    cancel(transfer.pk, "changed our mind")


def _rejected(world: World, transfer: Transfer) -> None:
    world.vote(transfer, world.checker, "reject")


def _approved(world: World, transfer: Transfer) -> None:
    world.approve(transfer)


@pytest.mark.parametrize(
    ("decide", "ours", "told"),
    [
        (_lapses, "expired", "rejected"),
        (_withdrawn, "withdrawn", "rejected"),
        (_rejected, "rejected", "rejected"),
        (_approved, "approved", "approved"),
    ],
)
def test_an_approval_is_told_in_four_words(acme: Caller, world: World, decide: Decision, ours: str, told: str) -> None:
    location = acme.create(amount="5000.00")["Location"]
    assert acme.get(location).json()["approval"]["status"] == "pending"
    transfer = Transfer.objects.get()
    decide(world, transfer)
    assert request_of(transfer).status == ours
    assert acme.get(location).json()["approval"]["status"] == told


def test_the_description_knows_those_four_and_no_other(db: None) -> None:
    schemas = Client().get("/v1/openapi.json").json()["components"]["schemas"]
    status = schemas["ApprovalState"]["properties"]["status"]
    named = schemas[status["$ref"].rsplit("/", 1)[1]] if "$ref" in status else status
    assert sorted(named["enum"]) == ["approved", "not_required", "pending", "rejected"]


def test_a_quote_calls_the_fee_as_its_transfer_will(acme: Caller) -> None:
    exchange()
    wish = {"source_currency": "USDC", "target_currency": "USD", "amount": "900.00"}
    with tame_outside() as outside:
        outside.desk_rate = Decimal("0.999")
        quote = acme.send("POST", "/v1/quotes", wish).json()
        acme.create(**wish, destination=OWN, quote_id=quote["quote_id"])
        made = drive_until(Transfer.objects.get(), "CONFIRMED")
    told = acme.get(f"/v1/transfers/{made.pk}").json()
    assert [fee["kind"] for fee in quote["fees"]] == [fee["kind"] for fee in told["fees"]] == ["conversion"]
