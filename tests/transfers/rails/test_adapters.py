"""Every adapter in the registry keeps what it declares: kinds, verbs, pacing, its probe, and who errors and records name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.transfers.stack import free_port
from transfers.failures import FAILURES
from transfers.failures.rails import CODES
from transfers.models import Provider
from transfers.rails import adapters, registry
from transfers.rails.adapters import ASKED_OF, VERBS, Adapter, Connection, Kind, Sample
from transfers.rails.bank import CreditTransfer
from transfers.rails.base import Exchange, NotOffered, RailError
from transfers.rails.desk_order import DeskOrder
from transfers.rails.evm import EvmOrder, TransferCall
from transfers.rails.manual import AwaitingEntry, ManualRail
from transfers.rails.psp import CardOrder
from transfers.rails.registry import ADAPTERS, Further, Rails, RailSettings
from transfers.rails.settings import Address
from transfers.rails.signing import SignIntent

NOBODY = "0" * 26
ADDRESS = "0x" + "22" * 20
TOKEN = "token-that-nobody-may-read"
PRICED = DeskOrder(source_currency="USDC", target_currency="MXN", source_amount_minor=10**9, source_exponent=6, reference=NOBODY)
PAYMENT = TransferCall(ADDRESS, ADDRESS, ADDRESS, 1)
ORDERS: dict[Kind, Any] = {
    Kind.CHAIN: EvmOrder(PAYMENT, b"\x02\xc0"),
    Kind.SIGNER: SignIntent(NOBODY, 1, ADDRESS, 1, ADDRESS, ADDRESS, 1, 1, 1, 21_000),
    Kind.BANK: CreditTransfer(
        message_id=NOBODY,
        end_to_end_id=NOBODY,
        uetr="7b1c8d1e-6a0e-4f0a-9d1e-2f3a4b5c6d7e",
        debtor_iban="SE1190000000000000000001",
        debtor_bic="NORDSESSXXX",
        debtor_name="Countersign",
        creditor={"name": "Acme", "iban": "DE89370400440532013000", "country": "DE"},
        amount_minor=100,
        currency="EUR",
        exponent=2,
        execution_date=date(2026, 11, 27),
        remittance="x",
    ),
    Kind.PSP: CardOrder(reference=NOBODY, amount=100, currency="USD", card="tok"),
    Kind.DESK: PRICED,
}
every = pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)


@contextmanager
def built(adapter: Adapter, recorder: Callable[[Exchange], None] = lambda _: None) -> Iterator[Any]:
    """It leads to a port at which nobody is."""
    there = Connection("somebody", f"http://127.0.0.1:{free_port()}", TOKEN)
    rail = adapter.build(there, RailSettings(desk_timeout_s=2.0), recorder)
    yield rail
    rail.close()


def argument(adapter: Adapter, verb: str) -> Any:
    return NOBODY if verb in {"status", "cancel"} else ORDERS[adapter.kind]


@every
def test_what_it_declares_it_has(adapter: Adapter) -> None:
    with built(adapter) as rail:
        methods = {name for name in dir(rail) if callable(getattr(rail, name))}
    assert rail.name == "somebody"
    assert methods >= VERBS | ASKED_OF[adapter.kind] | adapter.new_work | adapter.here | {"close"}
    assert methods >= adapter.under_way
    assert adapter.verbs <= VERBS
    assert not adapter.new_work & adapter.under_way
    assert adapter.paced or not adapter.under_way


@every
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_verb_is_answered_in_the_errors_of_rails(adapter: Adapter, verb: str) -> None:
    with built(adapter) as rail, pytest.raises(RailError) as caught:
        getattr(rail, verb)(argument(adapter, verb))
    assert isinstance(caught.value, NotOffered) == (verb not in adapter.verbs)
    assert caught.value.provider == "somebody"
    assert str(caught.value)


@every
def test_it_is_tried_out_by_a_question_that_begins_nothing(adapter: Adapter) -> None:
    with built(adapter) as rail:
        question = adapter.probe(rail, Sample(NOBODY, PRICED))
        assert question is not None
        assert getattr(question, "func", question).__name__ not in adapter.new_work
        with pytest.raises(RailError):
            question()


@every
def test_what_it_says_is_on_record_under_its_own_name_and_without_its_token(adapter: Adapter) -> None:
    told: list[Exchange] = []
    verb = min(adapter.verbs)
    with built(adapter, told.append) as rail, pytest.raises(RailError):
        getattr(rail, verb)(argument(adapter, verb))
    assert {exchange.provider for exchange in told} == {"somebody"}
    assert all(exchange.error for exchange in told)
    texts = [text for exchange in told for text in (exchange.written().request, exchange.written().response, exchange.error)]
    assert not any(TOKEN in text for text in texts)


@every
def test_whatever_it_raises_has_an_entry_in_the_catalogue(adapter: Adapter) -> None:
    assert set(CODES[adapter.kind]) <= FAILURES.keys()


def test_kinds_are_those_of_the_providers_that_people_see() -> None:
    assert {kind.value for kind in Kind} == set(Provider.Kind.values)
    assert len({adapter.name for adapter in ADAPTERS}) == len(ADAPTERS)


class Empty:
    """A book in which nobody has entered anything."""

    def quote(self, *_: str) -> None:
        return None

    def trade_id(self, *_: str) -> str:
        return ""

    def is_settled(self, *_: str) -> bool:
        return False


def test_a_desk_by_phone_has_the_same_five() -> None:
    desk = ManualRail("otc", Empty())
    for verb, raised in (("quote", AwaitingEntry), ("submit", AwaitingEntry), ("reserve", NotOffered)):
        with pytest.raises(raised):
            getattr(desk, verb)(PRICED)
    with pytest.raises(NotOffered):
        desk.cancel(NOBODY)
    assert desk.status(NOBODY).stage == ""


def test_another_provider_is_a_module_and_a_registration() -> None:
    """Everything that a rail is built, guarded and recorded by comes from its declaration."""

    class Carrier:
        name = "pigeon"

        def quote(self, order: DeskOrder) -> Decimal:
            return order.source_amount

    pigeons = Adapter(
        name="pigeon-post",
        kind=Kind.DESK,
        build=lambda *_: Carrier(),
        named=lambda _: (),
        setting="",
        verbs=frozenset({"quote"}),
        probe=lambda *_: None,
    )
    settings = RailSettings(providers={"pigeon": Further("pigeon-post", Address("http://loft"))})
    assert Rails(settings, adapters=[*ADAPTERS, pigeons]).desks["pigeon"].quote(PRICED) == Decimal(1000)
    with pytest.raises(registry.BadSettings, match="only bank, desk, node can"):
        Rails(settings)


@pytest.mark.parametrize(
    ("code", "adapter"), [("bank", "bank"), ("Bank 2", "bank"), ("psp-2", "cards"), ("signer-2", "signer"), ("x", "no-such")]
)
def test_settings_that_contradict_themselves_stop_the_start(code: str, adapter: str) -> None:
    with pytest.raises(registry.BadSettings):
        Rails(RailSettings(bank_url="http://bank", providers={code: Further(adapter, Address("http://there", "t"))}))


def test_whom_nobody_has_connected_nothing_is_sent_to() -> None:
    rails = Rails(RailSettings(bank_url="http://bank", psp_url="http://psp"))
    for ask in (
        lambda: rails.at("bank-2"),
        lambda: rails.bank_of("psp"),
        lambda: rails.signer,
        lambda: rails.evm,
        lambda: rails.rates,
    ):
        with pytest.raises(registry.NotConfigured):
            ask()
    assert rails.connected["bank"].adapter.kind == adapters.Kind.BANK
