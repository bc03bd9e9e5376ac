"""A house with wallets for cold storage and for what is its own, and moves between them as people ask for and approve them."""

from approvals.models import ApprovalRequest
from audit import context
from audit.context import Actor
from ledger import chart
from ledger.chart import AccountKind
from ledger.commands import Line, Posting, open_account, post
from tests.transfers.levels import vote_on
from tests.transfers.world import LONG_AGO, USDC, World, acting
from transfers.commands.rebalance import request_move
from transfers.models import Transfer, Wallet

HOT, SETTLEMENT, COLD, HOUSE = (chart.wallet_account_code(code, USDC) for code in ("hot-1", "settlement-1", "cold-1", "house-1"))


def add_wallets() -> None:
    """Nobody holds their keys: they only receive."""
    with context.bind(Actor.system("test")):
        _add_wallets()


def _add_wallets() -> None:
    for code, purpose, digit in (("cold-1", Wallet.Purpose.COLD, "4"), ("house-1", Wallet.Purpose.HOUSE, "5")):
        account = chart.wallet_account_code(code, USDC)
        open_account(code=account, name=code, kind=AccountKind.WALLET, asset_id=USDC)
        Wallet.objects.create(
            code=code,
            name=code,
            network="ethereum",
            chain_id=31337,
            address="0x" + digit * 40,
            purpose=purpose,
            token_account_code=account,
        )


def book(reference: str, target: str, source: str, amount: int) -> None:
    lines = (Line.debit(target, amount), Line.credit(source, amount))
    with context.bind(Actor.system("test")):
        post(Posting(reference=reference, kind="wallet_movement", value_at=LONG_AGO, lines=lines))


def ask(world: World, key: str) -> ApprovalRequest:
    with acting(world.maker):
        return request_move(key=key, maker=world.maker.id)


def approve_move(world: World, request: ApprovalRequest) -> Transfer:
    for person in (world.checker, world.second_checker):
        vote_on(request, person)
    return Transfer.objects.latest("created_at")
