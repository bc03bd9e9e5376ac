"""One kind of work on its way through the house, and the processes that move it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.db.models import QuerySet

from backoffice.campaign import weather
from backoffice.campaign.hands import BEGIN, HANDS, PEOPLE
from backoffice.campaign.processes import Fate, Nursery
from backoffice.campaign.works import Work, client
from transfers.models import Transfer, TransferEvent
from transfers.states import Status

Act = Callable[[int], object]
# As many as a process takes in one pass; a rival takes fewer, and so what was left to it first.
USUALLY, RIVAL = 12, 2


@dataclass(slots=True)
class Crowd:
    """Everything begun of one kind under one `tag`; `begun` counts the pieces asked for."""

    nursery: Nursery
    work: Work
    tag: str
    begun: int = 0
    acts: dict[str, tuple[str, Act]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.acts = {hand.name: (hand.role, hand.act) for hand in HANDS}
        self.acts[BEGIN] = ("web", self._begin_all)
        self.acts[PEOPLE] = ("web", self._decide_all)

    @property
    def hands(self) -> list[str]:
        """In the order in which work meets them."""
        people = [PEOPLE] if self.work.then is not None else []
        return [BEGIN, *people, *(hand.name for hand in HANDS)]

    def ask_for(self, count: int) -> None:
        """The next pass of BEGIN asks for so many more; what was asked for before is asked for again, as clients do."""
        self.begun += count

    def process(self, hand: str, environment: dict[str, str], *, limit: int = USUALLY) -> int:
        role, act = self.acts[hand]
        return self.nursery.start(partial(act, limit), role=role, environment=environment)

    def pass_of(self, hand: str) -> Fate:
        """One healthy pass."""
        role, act = self.acts[hand]
        return self.nursery.run(partial(act, USUALLY), role=role)

    def everybody_passes(self, *but: str) -> None:
        """All others take a pass, and time goes on."""
        self._befall()
        for hand in self.hands:
            if hand not in but:
                self.pass_of(hand)
        weather.let_leases_lapse()
        weather.hasten()

    def in_flight(self) -> int:
        return self._mine().exclude(status__in=self.work.ends).count()

    def lacking(self) -> int:
        """Pieces asked for that are not there yet."""
        return self.begun - self._mine().count()

    def strays(self) -> list[str]:
        """What is not at rest, in words."""
        rows = self._mine().exclude(status__in=self.work.ends)
        return [
            f"{self.work.name} {row.reference} is {row.status}: {row.last_error or row.stopped_by or 'no error'}" for row in rows
        ]

    def routes(self) -> set[str]:
        """Those that its transfers go."""
        return set(self._mine().values_list("route", flat=True))

    def taken_back(self) -> int:
        """How often the chain took one of its payments back after we had called it confirmed."""
        return TransferEvent.objects.filter(transfer__in=self._mine(), to_status=Status.REORGED).count()

    def _mine(self) -> QuerySet[Transfer]:
        return Transfer.objects.filter(pk__in=self.work.found(self.tag))

    def _begin_all(self, _: int) -> None:
        client.listen()
        done = set(self._mine().values_list("client_reference", flat=True))
        for number in range(self.begun):
            if f"{self.tag}/{number}" not in done:
                self.work.begin(self.tag, number)

    def _befall(self) -> None:
        self._to_each(self.work.befalls)

    def _to_each(self, deed: Callable[[UUID], None] | None) -> None:
        """To each piece that is not at rest."""
        if deed is not None:
            for transfer_id in list(self._mine().exclude(status__in=self.work.ends).values_list("id", flat=True)):
                deed(transfer_id)

    def _decide_all(self, _: int) -> None:
        self._to_each(self.work.then)
