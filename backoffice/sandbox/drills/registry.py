"""The simulators that take fault orders. A new one is one line here."""

from collections.abc import Iterator

from django.conf import settings

from backoffice.sandbox.chain.orders import KINDS
from backoffice.sandbox.drills import bank_words, desk_words, psp_words
from backoffice.sandbox.drills.base import Place, Source
from backoffice.sandbox.drills.chain import ChainDrills
from backoffice.sandbox.drills.counter import CounterDrills
from backoffice.sandbox.drills.desk import DeskDrills

_OF_ONE_NODE = tuple(kind for kind in KINDS.values() if kind.door)


def sources() -> tuple[Source, ...]:
    """In the order of the page."""
    return (
        CounterDrills(name="bank", title="The bank", url=settings.BANK_URL, token=settings.BANK_TOKEN, drills=bank_words.DRILLS),
        *_cards(),
        ChainDrills(name="chain", title="The chain", url=settings.CHAIN_RPC_URL),
        *_second_node(),
        *_desks(),
        *_rates(),
    )


def source(name: str) -> Source | None:
    return next((one for one in sources() if one.name == name), None)


def _cards() -> Iterator[Source]:
    if settings.PSP_URL:
        yield CounterDrills(
            name="psp", title="The card provider", url=settings.PSP_URL, token=settings.PSP_TOKEN, drills=psp_words.DRILLS
        )


def _second_node() -> Iterator[Source]:
    """It mines nothing, so it takes orders about itself only: those about the network go to the first node."""
    if settings.CHAIN_RPC_URL_2:
        yield ChainDrills(name="chain-2", title="The second node", url=settings.CHAIN_RPC_URL_2, kinds=_OF_ONE_NODE)


def _desks() -> Iterator[Source]:
    for name, url in settings.DESKS.items():
        words = desk_words.of_desk(Place(f"/providers/{name}/", f"The desk {name.title()}"))
        token = settings.DESK_TOKENS.get(name, "")
        yield DeskDrills(name=f"desk-{name}", title=f"The desk {name.title()}", who=name, url=url, token=token, drills=words)


def _rates() -> Iterator[Source]:
    if settings.RATES_URL:
        words = desk_words.of_rates(Place("/providers/rates/", "Reference rates"))
        yield DeskDrills(
            name="rates", title="The rate feed", who="rates", url=settings.RATES_URL, token=settings.RATES_TOKEN, drills=words
        )
