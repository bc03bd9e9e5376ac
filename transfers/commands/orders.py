"""What a client orders, and what we understand by it: amounts in minor units, one corridor, one destination of the client's own
list.

Everything here only reads. A refusal names the field and the way out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from approvals.destinations import CLIENT_ACCOUNT, OWN_BALANCE, NormalDestination, normalise
from approvals.errors import DestinationInvalid
from approvals.models import Client, Corridor, Destination
from approvals.queries.order_facts import OrderFacts, order_facts
from approvals.queries.policy import PolicyInForce
from audit import clock
from ledger import chart
from ledger.money import Money
from ledger.queries import balances_by_code, unit
from transfers.errors import NotFound, Refused, Stopped
from transfers.states import Route

MAX_METADATA_KEYS = 50
MAX_REFERENCE_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalOrder:
    """What a client orders: a withdrawal, a transfer to another client, or a conversion; the destination says which.

    `amount` in major units as text. `makers` are the persons who may not approve it: the operator, or whoever controls the key.
    `idempotency_key_id` is the key's row, taken by the caller; the transfer is tied to it in the transaction that makes it.
    `key_is_new`: the caller made that row in this very transaction and ties the transfer to it with its answer.
    `quote_id` names a firm quote of the client's."""

    client_id: str
    source_currency: str
    target_currency: str
    amount: str
    destination: Mapping[str, Any] | str
    makers: tuple[UUID, ...]
    made_by: str
    made_by_type: str
    corridor: str | None = None
    reference: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    idempotency_key_id: UUID | None = None
    key_is_new: bool = False
    quote_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """`destination_status` is a policy fact: allowed or cooling_off; the others are refused before. `destination` is None for a
    conversion, which stays with the client; `receiver` is the other client of an internal transfer. `seen` names the rows that all
    but the receiver was read from."""

    client: Client
    corridor: Corridor
    amount: int
    wanted: NormalDestination
    destination: Destination | None
    destination_status: str
    policy: PolicyInForce | None
    seen: str
    receiver: Client | None = None

    @property
    def route(self) -> Route:
        return Route(self.corridor.route)

    @property
    def details(self) -> dict[str, str]:
        """The destination as it is kept, shown and signed."""
        return dict(self.destination.details) if self.destination else self.wanted.details

    @property
    def country(self) -> str:
        return self.details.get("country", "")

    @property
    def destination_id(self) -> str:
        return str(self.destination.pk) if self.destination else ""


def understand(order: WithdrawalOrder, read: Callable[[str, str], OrderFacts] = order_facts) -> Understood:
    """What the order means, by the facts that `read` gives. Raises Refused: not_found, unsupported_currency, invalid_amount,
    invalid_destination, invalid_request, account_frozen."""
    wanted = _wanted(order)
    facts = read(order.client_id, "" if isinstance(wanted, Refused) else wanted.fingerprint)
    client = _active(facts.client, order.client_id)
    _check_free_text(order)
    if isinstance(wanted, Refused):
        raise wanted
    corridor = _corridor(order, facts.lanes, wanted)
    destination, status = (None, "allowed") if wanted.kind == OWN_BALANCE else listed(facts.destination, wanted)
    return Understood(
        client=client,
        corridor=corridor,
        amount=amount_of(order.amount, corridor.source_asset_id),
        wanted=wanted,
        destination=destination,
        destination_status=status,
        policy=facts.policy,
        seen=facts.seen,
        receiver=receiver_of(wanted, corridor.target_asset_id),
    )


def client_of(client_id: str) -> Client:
    return _active(Client.objects.filter(pk=client_id).first(), client_id)


def _active(client: Client | None, client_id: str) -> Client:
    if client is None:
        raise NotFound(f"There is no client {client_id}.")
    if client.status != Client.Status.ACTIVE:
        raise Stopped("account_frozen", "The account is not active. Please contact support.")
    return client


def _check_free_text(order: WithdrawalOrder) -> None:
    wrong: dict[str, str] = {}
    if len(order.reference) > MAX_REFERENCE_LENGTH:
        wrong["reference"] = f"Give at most {MAX_REFERENCE_LENGTH} characters."
    if len(order.metadata) > MAX_METADATA_KEYS or not all(isinstance(value, str) for value in order.metadata.values()):
        wrong["metadata"] = f"Give at most {MAX_METADATA_KEYS} keys with text values."
    if wrong:
        raise Refused("invalid_request", "The order cannot be read; see the fields.", wrong)


def amount_of(text: str, asset_id: str) -> int:
    """Minor units of a positive amount with no more decimals than the asset has."""
    try:
        amount = Money.parse(text, unit(asset_id)).minor
    except (TypeError, ValueError) as error:
        raise Refused(
            "invalid_amount", 'Give the amount as a decimal string in major units, such as "1000.00".', {"amount": str(error)}
        ) from error
    if amount <= 0:
        raise Refused("invalid_amount", "Give an amount above zero.", {"amount": "Give an amount above zero."})
    return amount


def _network_hint(order: WithdrawalOrder) -> str | None:
    """A bare address is on the named corridor's network, or on the one its asset id ends with, or on the only one there is."""
    if not isinstance(order.destination, str):
        return None
    if order.corridor:
        return Corridor.objects.filter(pk=order.corridor).values_list("network", flat=True).first() or None
    candidates = {corridor.network for corridor in _lanes(order) if corridor.route == Route.ON_CHAIN_WITHDRAWAL}
    return candidates.pop() if len(candidates) == 1 else None


def _wanted(order: WithdrawalOrder) -> NormalDestination | Refused:
    """The destination in its normal form, or why it has none: who orders is judged before what."""
    try:
        return normalise(order.destination, network=_network_hint(order))
    except DestinationInvalid as error:
        fields = {f"destination.{name}": problem for name, problem in error.errors.items()}
        return Refused("invalid_destination", "The destination cannot be used; see the fields.", fields)


def _lanes(order: WithdrawalOrder) -> list[Corridor]:
    return lanes_between(order.source_currency, order.target_currency, order.corridor)


def lanes_between(source: str, target: str, corridor: str | None) -> list[Corridor]:
    """Active corridors between the two currencies; only the named one, if any."""
    return lanes_among(Corridor.objects.filter(active=True).order_by("id"), source, target, corridor or "")


def lanes_among(lanes: Iterable[Corridor], source: str, target: str, corridor: str) -> list[Corridor]:
    """Those of `lanes` between the two currencies, each given as a bare code or as an asset id."""
    return [
        lane
        for lane in lanes
        if corridor in ("", lane.pk)
        and source in (lane.source_asset_id, unit(lane.source_asset_id).code)
        and target in (lane.target_asset_id, unit(lane.target_asset_id).code)
    ]


def _corridor(order: WithdrawalOrder, lanes: Iterable[Corridor], wanted: NormalDestination) -> Corridor:
    fitting = lanes_among(lanes, order.source_currency, order.target_currency, order.corridor or "")
    return choose_lane(fitting, wanted, f"{order.source_currency} to {order.target_currency}", order.corridor or "")


def choose_lane(lanes: Iterable[Corridor], wanted: NormalDestination, pair: str, corridor: str) -> Corridor:
    """The one of `lanes` that reaches what is wanted. `pair` and `corridor` are what was asked for. Raises Refused."""
    fitting = [lane for lane in lanes if _reaches(lane, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise Refused(
            "unsupported_currency",
            f"We have no corridor from {pair} to that destination. Check the currencies, the network and the country.",
            {"corridor" if corridor else "target_currency": f"No active corridor for {pair}."},
        )
    names = ", ".join(lane.id for lane in fitting)
    raise Refused("corridor_ambiguous", f"More than one corridor fits: {names}. Name one.", {"corridor": f"Use one of {names}."})


def lanes_to(destination: Destination) -> list[Corridor]:
    """Active corridors that reach this destination, by id: what a form offers before there is an order."""
    return [lane for lane in Corridor.objects.filter(active=True).order_by("id") if _reaches(lane, destination)]


_KINDS = {
    Route.ON_CHAIN_WITHDRAWAL: Destination.Kind.CRYPTO_ADDRESS,
    Route.OFF_RAMP: Destination.Kind.BANK_ACCOUNT,
    Route.INTERNAL_TRANSFER: CLIENT_ACCOUNT,
    Route.CONVERSION: OWN_BALANCE,
}


def _reaches(lane: Corridor, wanted: NormalDestination | Destination) -> bool:
    if wanted.kind != _KINDS.get(Route(lane.route)):
        return False
    if lane.route == Route.ON_CHAIN_WITHDRAWAL:
        return bool(wanted.details["network"] == lane.network)
    return lane.route != Route.OFF_RAMP or lane.country in ("", wanted.details["country"])


def receiver_of(wanted: NormalDestination, asset_id: str) -> Client | None:
    """The client that receives, able to: None where nobody of ours does. Raises Refused."""
    if wanted.kind != CLIENT_ACCOUNT:
        return None
    receiver = Client.objects.filter(pk=wanted.details["client"], status=Client.Status.ACTIVE).first()
    if receiver is None or not can_take(receiver.pk, asset_id):
        raise Refused(
            "invalid_destination",
            f"The receiver cannot take {unit(asset_id).code} here at present.",
            {"destination.client": "Cannot receive this asset."},
        )
    return receiver


def can_take(client_id: str, asset_id: str) -> bool:
    """Whether the client has an open balance in this asset."""
    code = chart.client_account_code(client_id, asset_id)
    found = balances_by_code([code]).get(code)
    return found is not None and found.status == "open"


def listed(destination: Destination | None, wanted: NormalDestination) -> tuple[Destination, str]:
    """The entry of the client's own list and whether it may be used yet. Raises Refused."""
    if destination is None:
        raise Refused(
            "invalid_destination",
            "This destination is not on your list. Ask us to add it; a new destination can be used after its cooling-off.",
            {"destination": "Not on your list of destinations."},
        )
    if destination.status == Destination.Status.BLOCKED:
        raise Refused(
            "invalid_destination", "This destination may not be used. Please contact support.", {"destination": "May not be used."}
        )
    if wanted.kind == Destination.Kind.BANK_ACCOUNT and wanted.details["name"] != destination.details["name"]:
        raise Refused(
            "invalid_destination",
            "The account is on your list under another holder's name. Use that name, or ask us to add this one.",
            {"destination.name": "Differs from the name on your list."},
        )
    cooling = destination.cooling_off_until > clock.now()
    return destination, "cooling_off" if cooling else "allowed"
