"""What the lines of a file mean: each resolved against corridors, the client's list of destinations, receivers and prices.

Every line is judged, not only up to the first that is wrong. Nothing is written; prices are asked from outside, so this runs
before any database transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from approvals.destinations import CLIENT_ACCOUNT, NormalDestination, normalise
from approvals.errors import DestinationInvalid
from approvals.models import Client, Corridor, Destination
from approvals.queries import destination_status
from audit.identity import new_id, new_reference
from ledger import chart
from ledger.queries import balances_by_code, unit
from transfers.bounds import client_fee, converted, minimum_target
from transfers.bulk.content import PlannedLine
from transfers.bulk.lines import LineProblem, OrderLine
from transfers.commands import pricing
from transfers.commands.orders import amount_of, choose_lane, lanes_among
from transfers.errors import Refused, Unavailable, Waiting
from transfers.rails.base import RailError
from transfers.states import Route


@dataclass(frozen=True, slots=True)
class Plan:
    """The lines that are sound, and what is wrong with the others. `cooling` are numbers of lines to destinations that cool off."""

    lines: tuple[PlannedLine, ...]
    problems: tuple[LineProblem, ...]
    cooling: frozenset[int]


def plan(client: Client, lines: Sequence[OrderLine]) -> Plan:
    """Raises Unavailable when a conversion in it cannot be priced at the moment."""
    house = _House(client, lines)
    planned: list[PlannedLine] = []
    problems: list[LineProblem] = []
    for line in lines:
        try:
            planned.append(house.planned(line))
        except Refused as refusal:
            problems += _told(line.number, refusal)
    return Plan(tuple(_priced(house.corridors, planned)), tuple(problems), frozenset(house.cooling))


def _told(number: int, refusal: Refused) -> list[LineProblem]:
    return [LineProblem(number, name, sentence) for name, sentence in refusal.fields.items()] or [
        LineProblem(number, "", refusal.detail)
    ]


class _House:
    """What lines are resolved against, read once for all of them."""

    def __init__(self, client: Client, lines: Iterable[OrderLine]) -> None:
        self.corridors = {lane.pk: lane for lane in Corridor.objects.filter(active=True).order_by("id")}
        self.cooling: set[int] = set()
        self._destinations = {one.fingerprint: one for one in Destination.objects.filter(client=client)}
        self._receivers = self._open_receivers(lines)

    def planned(self, line: OrderLine) -> PlannedLine:
        """Raises Refused."""
        lanes = lanes_among(self.corridors.values(), line.source_currency, line.target_currency, line.corridor)
        wanted = _normalised(line, lanes)
        lane = choose_lane(lanes, wanted, f"{line.source_currency} to {line.target_currency}", line.corridor)
        if lane.route == Route.CONVERSION:
            raise Refused("invalid_lines", "Conversions are ordered one by one.", {"destination": "Order a conversion by itself."})
        destination = self._own(wanted, line.number)
        amount = amount_of(line.amount, lane.source_asset_id)
        return PlannedLine(
            number=line.number,
            transfer_id=str(new_id()),
            reference=new_reference(),
            route=lane.route,
            corridor=lane.pk,
            source_asset=lane.source_asset_id,
            target_asset=lane.target_asset_id,
            amount=amount,
            max_fee=client_fee(amount, bps=lane.fee_bps, minimum=int(lane.fee_minimum)),
            min_target_amount=amount,
            destination_id=str(destination.pk),
            destination=dict(destination.details),
            receiver=self._receiver(wanted, lane.target_asset_id),
            client_reference=line.reference,
        )

    def _own(self, wanted: NormalDestination, number: int) -> Destination:
        destination = self._destinations.get(wanted.fingerprint)
        status = destination_status(destination)
        if destination is None:
            raise _no_destination("Not on your list of destinations. Ask us to add it.")
        if status == "blocked":
            raise _no_destination("May not be used. Please contact support.")
        if "name" in wanted.details and wanted.details["name"] != destination.details["name"]:
            raise Refused("invalid_destination", "", {"destination.name": "Differs from the name on your list."})
        if status == "cooling_off":
            self.cooling.add(number)
        return destination

    def _receiver(self, wanted: NormalDestination, asset_id: str) -> str:
        if wanted.kind != CLIENT_ACCOUNT:
            return ""
        receiver = wanted.details["client"]
        if chart.client_account_code(receiver, asset_id) not in self._receivers:
            raise Refused("invalid_destination", "", {"destination.client": f"Cannot receive {unit(asset_id).code} at present."})
        return receiver

    def _open_receivers(self, lines: Iterable[OrderLine]) -> set[str]:
        """Accounts that can take money, of the active clients that lines name."""
        named = {line.destination.get("client", "").lower() for line in lines if not isinstance(line.destination, str)}
        active = Client.objects.filter(pk__in=named, status=Client.Status.ACTIVE).values_list("pk", flat=True)
        assets = {lane.target_asset_id for lane in self.corridors.values() if lane.route == Route.INTERNAL_TRANSFER}
        codes = [chart.client_account_code(client, asset) for client in active for asset in assets]
        return {code for code, account in balances_by_code(codes).items() if account.status == "open"}


def _no_destination(sentence: str) -> Refused:
    return Refused("invalid_destination", sentence, {"destination": sentence})


def _normalised(line: OrderLine, lanes: Sequence[Corridor]) -> NormalDestination:
    """A bare address is on the only network that the line's currencies leave."""
    networks = {lane.network for lane in lanes if lane.route == Route.ON_CHAIN_WITHDRAWAL}
    network = networks.pop() if isinstance(line.destination, str) and len(networks) == 1 else None
    try:
        return normalise(line.destination, network=network)
    except DestinationInvalid as error:
        fields = {f"destination.{name}": problem for name, problem in error.errors.items()}
        raise Refused("invalid_destination", "The destination cannot be used.", fields) from error


def _priced(corridors: dict[str, Corridor], lines: Sequence[PlannedLine]) -> list[PlannedLine]:
    """Lines that convert get the least they may bring: each corridor is priced once, for its largest line."""
    largest: dict[str, int] = {}
    for line in lines:
        if line.route == Route.OFF_RAMP:
            largest[line.corridor] = max(largest.get(line.corridor, 0), line.amount)
    rates = {name: _rate(corridors[name], amount) for name, amount in largest.items()}
    return [
        replace(line, min_target_amount=_least(line, corridors[line.corridor], rates[line.corridor]))
        if line.corridor in rates
        else line
        for line in lines
    ]


def _rate(corridor: Corridor, amount: int) -> Decimal:
    try:
        return pricing.price(corridor, amount).rate
    except (RailError, Waiting) as error:
        raise Unavailable(f"We cannot price {corridor.name} at the moment: {error}") from error


def _least(line: PlannedLine, corridor: Corridor, rate: Decimal) -> int:
    source, target = unit(line.source_asset), unit(line.target_asset)
    indicative = converted(line.amount, source_exponent=source.exponent, rate=rate, target_exponent=target.exponent)
    return minimum_target(indicative, slippage_bps=corridor.slippage_bps)
