"""POST /v1/quotes, and transfers that name a quote."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from approvals.commands import create_client
from approvals.commands.halts import place_halt
from audit import clock
from tests.transfers.api.conftest import Caller, key_for, problem
from tests.transfers.tame import Tame, tame_outside
from tests.transfers.world import BANK_ACCOUNT, Books, World, drive_until
from transfers.models import Quote, Transfer

PESOS = {"source_currency": "USDC", "target_currency": "MXN", "amount": "200.00"}


@pytest.fixture(autouse=True)
def tame() -> Iterator[Tame]:
    with tame_outside() as outside:
        yield outside


def ask(caller: Caller, **changes: Any) -> Any:
    body = {name: value for name, value in (PESOS | changes).items() if value is not None}
    return caller.send("POST", "/v1/quotes", body)


def order(caller: Caller, quote_id: str, **changes: Any) -> Any:
    return caller.create(**PESOS | {"destination": BANK_ACCOUNT, "quote_id": quote_id} | changes)


def test_a_firm_quote_says_what_it_brings_what_it_costs_and_until_when(acme: Caller) -> None:
    response = ask(acme)

    assert response.status_code == 201
    body = response.json()
    quote = Quote.objects.get(pk=body.pop("quote_id"))
    assert datetime.fromisoformat(body.pop("expires_at")) == quote.expires_at
    assert body.pop("created_at").endswith("Z")
    assert body == {
        "type": "firm",
        "corridor": "US-MX",
        "source_amount": "200.000000",
        "source_currency": "USDC",
        "source_asset": "USDC.ethereum",
        "target_amount": "3400.00",
        "target_currency": "MXN",
        "target_asset": "MXN",
        "fees": [{"kind": "withdrawal", "amount": "1.000000", "currency": "USDC"}],
        "fx_rate": "17",
    }
    assert (quote.client_id, quote.kind, quote.provider) == ("acme", "firm", "desk")
    assert "desk" not in response.content.decode(), "whose desk it is, is ours to know"


def test_it_reserves_nothing_and_moves_nothing(acme: Caller) -> None:
    before = Books.now()
    ask(acme)
    assert Books.now() == before


def test_on_chain_it_brings_what_was_said_and_an_indicative_one_is_none_to_name(acme: Caller) -> None:
    body = ask(acme, target_currency="USDC", type="indicative").json()
    assert (body["target_amount"], body["fx_rate"], body["type"]) == ("200.000000", "1", "indicative")
    refused = acme.create(amount="200.00", quote_id=body["quote_id"])
    assert problem(refused)["code"] == "invalid_quote"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target_currency": "XXX"}, "unsupported_currency"),
        ({"corridor": "US-ETH"}, "unsupported_currency"),
        ({"amount": "0"}, "invalid_amount"),
        ({"amount": "0.0000001"}, "invalid_amount"),
        ({"amount": 200}, "invalid_request"),
        ({"type": "golden"}, "invalid_request"),
        ({"destination": "0x"}, "invalid_request"),
        ({"amount": None}, "invalid_request"),
    ],
)
def test_what_cannot_be_priced_is_refused_with_the_field(acme: Caller, changes: dict[str, Any], code: str) -> None:
    refused = problem(ask(acme, **changes))
    assert (refused["status"], refused["code"]) == (422, code)
    assert not Quote.objects.exists()


def test_a_halt_stops_quotes_too(acme: Caller) -> None:
    place_halt(scope="corridor", target="US-MX", reason="rates are wrong")
    assert problem(ask(acme))["code"] == "corridor_halted"


def test_a_key_that_may_only_read_gets_no_quote(acme: Caller, world: World) -> None:
    reader = Caller(key_for(world, "transfers:read"))
    assert problem(ask(reader))["status"] == 403


def test_a_transfer_takes_the_very_price_that_it_names(acme: Caller, tame: Tame) -> None:
    quoted = ask(acme).json()
    tame.desk_rate = Decimal("17.50")

    made = order(acme, quoted["quote_id"])

    assert made.status_code == 201
    transfer = drive_until(Transfer.objects.get(), "FIAT_SETTLED")
    assert transfer.quote is not None
    assert (transfer.target_amount, transfer.quote.rate) == (340_000, Decimal(17))
    assert transfer.quote.round_id == Quote.objects.get(pk=quoted["quote_id"]).round_id
    told = acme.get(made["Location"]).json()["quote"]
    assert told == {"quote_id": quoted["quote_id"], "expires_at": quoted["expires_at"]}


def test_one_that_ran_out_on_the_way_is_priced_anew_within_its_bounds(acme: Caller, tame: Tame) -> None:
    named = ask(acme).json()["quote_id"]
    made = order(acme, named)
    tame.desk_rate = Decimal("17.01")
    with clock.using(lambda: datetime.now(UTC) + timedelta(minutes=6)):
        transfer = drive_until(Transfer.objects.get(), "FIAT_SETTLED")
    assert transfer.target_amount == 340_200
    assert acme.get(made["Location"]).json()["quote"]["quote_id"] == str(transfer.quote_id) != named


def test_a_quote_is_good_for_one_transfer_of_its_own_client_amount_and_corridor(acme: Caller, world: World) -> None:
    quote_id = ask(acme).json()["quote_id"]
    assert problem(order(acme, quote_id, amount="200.01"))["code"] == "invalid_quote"
    assert problem(acme.create(amount="200.00", quote_id=quote_id))["code"] == "invalid_quote"
    assert problem(order(acme, "00000000-0000-7000-8000-000000000000"))["code"] == "invalid_quote"
    create_client(client_id="globex", name="Globex")
    other = Quote.objects.create(
        **{
            field.attname: "globex" if field.attname == "client_id" else getattr(Quote.objects.get(pk=quote_id), field.attname)
            for field in Quote._meta.concrete_fields
            if field.attname != "id"
        }
    )
    assert problem(order(acme, str(other.id)))["code"] == "invalid_quote"
    assert not Transfer.objects.exists()

    assert order(acme, quote_id).status_code == 201
    assert problem(order(acme, quote_id))["code"] == "invalid_quote"
    assert Transfer.objects.count() == 1


def test_one_that_has_run_out_is_refused_as_such(acme: Caller) -> None:
    quote_id = ask(acme).json()["quote_id"]
    before = Books.now()
    with clock.using(lambda: datetime.now(UTC) + timedelta(minutes=6)):
        assert problem(order(acme, quote_id))["code"] == "quote_expired"
    assert Books.now() == before
