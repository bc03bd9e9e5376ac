"""A small house with clients, corridors, policy and limits, made through commands; and what the stories do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from approvals import registry
from approvals.commands import (
    add_destination,
    create_client,
    create_corridor,
    create_person,
    publish_policy_set,
    set_limit,
)
from approvals.models import ApprovalRequest, Destination, Person, PolicySet
from approvals.registry import DecideInput, VoteOutcome
from audit import clock, context
from audit.context import Actor, ActorType
from audit.models import AuditEvent
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post, register_asset
from ledger.models import Entry, Hold
from ledger.queries import balance
from tests.transfers.prices import reference_rates
from transfers import driver
from transfers.commands.create import create_withdrawal
from transfers.commands.orders import WithdrawalOrder
from transfers.models import BankAccount, Transfer, TransferEvent, Wallet

USDC, ETH, MXN = "USDC.ethereum", "ETH.ethereum", "MXN"
PAYEE = "0x" + "ab" * 20
CLABE = "002010077777777771"
BANK_ACCOUNT = {"type": "bank_account", "clabe": CLABE, "name": "Acme Robotics", "country": "MX"}
UNIT = 10**6
FUNDS = 1_000_000 * UNIT
GAS = 5 * 10**18
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = chart.client_account_code("acme", USDC)
RULES: tuple[dict[str, Any], ...] = (
    {
        "code": "small",
        "title": "Below 1,000 USDC alone",
        "criteria": {"asset": [USDC], "destination_status": ["allowed"], "amount_below": str(1_000 * UNIT)},
        "outcome": "allow",
        "quorum": 0,
        "role": "",
    },
    {
        "code": "large",
        "title": "From 1,000 USDC two approvers",
        "criteria": {"asset": [USDC], "destination_status": ["allowed"], "amount_from": str(1_000 * UNIT)},
        "outcome": "require_approval",
        "quorum": 2,
        "role": "approver",
    },
    {
        "code": "listed",
        "title": "Payments to this address are reviewed",
        "criteria": {"asset": [USDC], "amount_from": str(500_000 * UNIT)},
        "outcome": "hold",
        "quorum": 1,
        "role": "approver",
    },
)


def request_of(transfer: Transfer) -> ApprovalRequest:
    """The request that the transfer waits for; fails the test when there is none."""
    assert transfer.approval_request_id is not None
    return ApprovalRequest.objects.get(pk=transfer.approval_request_id)


@dataclass(frozen=True)
class World:
    """The house and its people; `maker` made every order here."""

    maker: Person
    checker: Person
    second_checker: Person
    destination: Destination

    def order(self, amount: str = "100.00", **changes: Any) -> Transfer:
        """A withdrawal on chain, as the API would make it."""
        with acting(self.maker):
            return create_withdrawal(self.wanted(amount, **changes))

    def wanted(self, amount: str = "100.00", **changes: Any) -> WithdrawalOrder:
        usual: dict[str, Any] = {
            "client_id": "acme",
            "source_currency": "USDC",
            "target_currency": "USDC",
            "amount": amount,
            "destination": {"type": "crypto_address", "network": "ethereum", "address": PAYEE},
            "makers": (self.maker.id,),
            "made_by": "csk_test",
            "made_by_type": "api_client",
        }
        return WithdrawalOrder(**usual | changes)

    def off_ramp(self, amount: str = "100.00", **changes: Any) -> Transfer:
        return self.order(amount, target_currency="MXN", destination=BANK_ACCOUNT, **changes)

    def vote(self, transfer: Transfer, person: Person, decision: str = "approve", **changes: Any) -> VoteOutcome:
        return self.vote_on(request_of(transfer), person, decision, **changes)

    def vote_on(self, request: ApprovalRequest, person: Person, decision: str = "approve", **changes: Any) -> VoteOutcome:
        """Through the registry, as the console does it."""
        usual: dict[str, Any] = {
            "request_id": request.id,
            "person_id": person.id,
            "operator": person.name,
            "roles": {request.role: LONG_AGO},
            "decision": decision,
            "digest": bytes(request.digest),
            "revision": request.revision,
            "reason": "not as agreed" if decision == "reject" else "",
        }
        with acting(person):
            return registry.get(request.action).decide(DecideInput(**usual | changes))

    def approve(self, transfer: Transfer) -> None:
        self.vote(transfer, self.checker)
        self.vote(transfer, self.second_checker)


def acting(person: Person) -> Any:
    return context.bind(Actor(ActorType.OPERATOR, person.name, person_id=person.id))


def build(*, token: str = "0x" + "11" * 20, addresses: dict[str, str] | None = None, chain_id: int = 31337) -> World:
    """The whole house, booked: a client with FUNDS, a hot wallet that holds them, gas, a nostro with pesos.

    It was there before every clock that a test may set: what is young is refused in some places.
    """
    with clock.using(lambda: LONG_AGO):
        return _build(token, addresses, chain_id)


def _build(token: str, addresses: dict[str, str] | None, chain_id: int) -> World:
    wallets = addresses or {"hot-1": "0x" + "22" * 20, "settlement-1": "0x" + "33" * 20}
    _assets(token)
    _accounts()
    _wallets(wallets, chain_id)
    _opening_balances()
    _corridors()
    reference_rates()
    create_client(client_id="acme", name="Acme Robotics")
    if not PolicySet.objects.exists():
        publish_policy_set(version=1, rules=RULES)
    set_limit(asset_id=USDC, window="day", amount=FUNDS, client_id="acme")
    people = [create_person(name=name) for name in ("maker", "checker", "second_checker")]
    destination = add_destination(
        client_id="acme",
        kind="crypto_address",
        details={"type": "crypto_address", "network": "ethereum", "address": PAYEE},
        label="Treasury",
        cooling_off=timedelta(0),
    )
    add_destination(client_id="acme", kind="bank_account", details=BANK_ACCOUNT, label="Pesos", cooling_off=timedelta(0))
    maker, checker, second_checker = people
    return World(maker, checker, second_checker, destination)


def _assets(token: str) -> None:
    register_asset(code="USDC", name="USD Coin", network="ethereum", contract=token, exponent=6)
    register_asset(code="ETH", name="Ether", network="ethereum", exponent=18)
    register_asset(code="MXN")


def _accounts() -> None:
    kinds = {
        ACCOUNT: (AccountKind.CLIENT_MONEY, USDC),
        "wallet:hot-1:USDC.ethereum": (AccountKind.WALLET, USDC),
        "wallet:settlement-1:USDC.ethereum": (AccountKind.WALLET, USDC),
        "gas:hot-1:ETH.ethereum": (AccountKind.GAS_INVENTORY, ETH),
        "expense:network-fee:ETH.ethereum": (AccountKind.NETWORK_FEE_EXPENSE, ETH),
        "fees:withdrawal:USDC.ethereum": (AccountKind.FEE_INCOME, USDC),
        "house:funding:ETH.ethereum": (AccountKind.HOUSE_FUNDING, ETH),
        "house:funding:MXN": (AccountKind.HOUSE_FUNDING, MXN),
        "position:USDC.ethereum/MXN:USDC.ethereum": (AccountKind.POSITION, USDC),
        "position:USDC.ethereum/MXN:MXN": (AccountKind.POSITION, MXN),
        "payable:payouts:MXN": (AccountKind.PAYABLE, MXN),
        "nostro:nordbank-mxn:MXN": (AccountKind.NOSTRO, MXN),
    }
    for code, (kind, asset) in kinds.items():
        open_account(code=code, name=code, kind=kind, asset_id=asset, owner="client:acme" if code == ACCOUNT else "")


def _wallets(addresses: dict[str, str], chain_id: int) -> None:
    for code, purpose in (("hot-1", Wallet.Purpose.HOT), ("settlement-1", Wallet.Purpose.SETTLEMENT)):
        Wallet.objects.create(
            code=code,
            name=code,
            network="ethereum",
            chain_id=chain_id,
            address=addresses[code],
            purpose=purpose,
            token_account_code=chart.wallet_account_code(code, USDC),
            gas_account_code=chart.gas_account_code(code, ETH) if purpose == Wallet.Purpose.HOT else "",
        )
    BankAccount.objects.create(
        code="nordbank-mxn",
        name="Nordbank pesos",
        provider="bank",
        iban="SE1190000000000000000001",
        bic="NORDSESSXXX",
        holder="Countersign Payments",
        asset_id=MXN,
        account_code="nostro:nordbank-mxn:MXN",
    )


def _opening_balances() -> None:
    _opening("usdc", Line.debit("wallet:hot-1:USDC.ethereum", FUNDS), Line.credit(ACCOUNT, FUNDS))
    _opening("gas", Line.debit("gas:hot-1:ETH.ethereum", GAS), Line.credit("house:funding:ETH.ethereum", GAS))
    _opening("mxn", Line.debit("nostro:nordbank-mxn:MXN", 10**11), Line.credit("house:funding:MXN", 10**11))


def _opening(reference: str, *lines: Line) -> None:
    post(Posting(reference=f"opening/{reference}", kind="opening_balance", value_at=LONG_AGO, lines=lines))


def _corridors() -> None:
    create_corridor(
        corridor_id="US-ETH",
        name="USDC on Ethereum",
        route="on_chain_withdrawal",
        source_asset_id=USDC,
        target_asset_id=USDC,
        network="ethereum",
        fee_minimum=UNIT // 2,
    )
    create_corridor(
        corridor_id="US-MX",
        name="USDC to pesos",
        route="off_ramp",
        source_asset_id=USDC,
        target_asset_id=MXN,
        country="MX",
        fee_bps=25,
        fee_minimum=UNIT,
        slippage_bps=50,
        outlier_bps=500,
    )


def drive_until(transfer: Transfer, *statuses: str, between: Callable[[], None] = lambda: None, passes: int = 60) -> Transfer:
    """Drive, as `manage.py drive --once` does, until the transfer is in one of the states; every wait is skipped, not slept."""
    for _ in range(passes):
        Transfer.objects.filter(pk=transfer.pk, due_at__isnull=False).update(due_at=LONG_AGO)
        driver.advance_one(transfer.id)
        transfer.refresh_from_db()
        if transfer.status in statuses:
            return transfer
        between()
    raise AssertionError(f"still {transfer.status} after {passes} passes: {transfer.last_error or transfer.stopped_by}")


@dataclass(frozen=True)
class Books:
    """What a refusal must leave as it was."""

    transfers: int
    events: int
    entries: int
    holds: int
    posted: int
    held: int
    successes: int

    @classmethod
    def now(cls) -> "Books":
        account = balance(ACCOUNT)
        return cls(
            transfers=Transfer.objects.count(),
            events=TransferEvent.objects.count(),
            entries=Entry.objects.count(),
            holds=Hold.objects.count(),
            posted=account.posted,
            held=account.held,
            successes=AuditEvent.objects.filter(outcome="succeeded").count(),
        )


def available() -> int:
    return balance(ACCOUNT).available


def posted(code: str) -> int:
    return balance(code).posted


def history(transfer_id: UUID) -> list[tuple[str, str, str]]:
    """(type, from, to) of the events, oldest first."""
    events = TransferEvent.objects.filter(transfer_id=transfer_id).order_by("seq")
    return [(event.type.removeprefix("transfer."), event.from_status, event.to_status) for event in events]
